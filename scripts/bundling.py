"""What scripts/bundle does with a folder of wheels: compare it with the lock, describe it, pack it."""

from __future__ import annotations

import gzip
import hashlib
import platform
import re
import shutil
import sysconfig
import tarfile
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$", re.MULTILINE)


def machine() -> str:
    """For whom the wheels are: cp311-linux_x86_64."""
    return f"cp{platform.python_version_tuple()[0]}{platform.python_version_tuple()[1]}-" + re.sub(
        r"[-.]", "_", sysconfig.get_platform()
    )


def locked(lock: str) -> dict[str, str]:
    """What of the lock is for this Python and machine: {name: version}."""
    found = {}
    for name, version, condition in _PINNED.findall(lock):
        wanted = Requirement(f"{name}; {condition}" if condition else name)
        if wanted.marker is None or wanted.marker.evaluate():
            found[str(canonicalize_name(name))] = version
    return found


def metadata(wheel: Path) -> Message:
    """METADATA of a wheel (core metadata)."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


def herald(wheels: Path) -> str:
    """The file of Herald's own wheel."""
    return next(wheels.glob("herald-*.whl")).name


def faults(wheels: Path, lock: str) -> list[str]:
    """What is not as the lock says, or is asked for by a wheel and not there; a sentence each."""
    told = {str(canonicalize_name(m["Name"])): m for m in map(metadata, sorted(wheels.glob("*.whl")))}
    have = {name: str(m["Version"]) for name, m in told.items()}
    wanted = locked(lock) | {"herald": have.get("herald", "none")}
    wrong = [
        f"{name}: {have.get(name, 'no wheel')} is here, and {version} is locked"
        for name, version in wanted.items()
        if have.get(name) != version
    ]
    wrong += [f"{name}: is not locked" for name in have.keys() - wanted.keys()]
    asked = [(name, needed) for name, message in told.items() for needed in needs(message)]
    return wrong + [
        f"{name} needs {needed}, which is not here" for name, needed in asked if needed not in have
    ]


def needs(message: Message) -> list[str]:
    """Names of what a wheel cannot do without, for this Python and machine."""
    wanted = [Requirement(text) for text in message.get_all("Requires-Dist", [])]
    ours = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return sorted({str(canonicalize_name(one.name)) for one in ours})


def describe(folder: Path, texts: Path, commit: str) -> None:
    """Write beside `folder`/wheels what they are and how they are installed."""
    wheels = sorted((folder / "wheels").glob("*.whl"))
    lines = [
        f"{m['Name']}=={m['Version']} --hash=sha256:{_sum(wheel)}\n"
        for wheel in wheels
        for m in [metadata(wheel)]
    ]
    (folder / "requirements.txt").write_text("".join(lines))
    (folder / "sbom.cdx.json").write_text(sbom(wheels, commit))
    (folder / "python").write_text(f"{machine()}\n")
    for text in sorted(texts.iterdir()):
        shutil.copy(text, folder / text.name)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = [f"{_sum(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(sums))


def sbom(wheels: list[Path], commit: str) -> str:
    """CycloneDX 1.6 as JSON: each wheel with its hash and licence, and what needs what. No time and no number of its
    own, so that the same wheels give the same text.
    """
    told = {str(canonicalize_name(m["Name"])): (wheel, m) for wheel in wheels for m in [metadata(wheel)]}
    parts = {name: _component(wheel, m) for name, (wheel, m) in told.items()}
    bom = Bom(components=[part for name, part in parts.items() if name != "herald"])
    bom.metadata.component = parts["herald"]
    bom.metadata.properties.add(Property(name="herald:commit", value=commit))
    bom.metadata.timestamp = None  # type: ignore[assignment]
    bom.serial_number = None  # type: ignore[assignment]
    for name, (_, message) in told.items():
        below = [Dependency(parts[one].bom_ref) for one in needs(message) if one in parts]
        bom.dependencies.add(Dependency(parts[name].bom_ref, dependencies=below))
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2) + "\n"


def _component(wheel: Path, message: Message) -> Component:
    name, version = str(canonicalize_name(message["Name"])), str(message["Version"])
    url = PackageURL("pypi", name=name, version=version)
    said = message.get("License-Expression") or (message.get("License") or "").strip().partition("\n")[0]
    return Component(
        type=ComponentType.APPLICATION if name == "herald" else ComponentType.LIBRARY,
        name=name,
        version=version,
        description=message.get("Summary"),
        bom_ref=str(url),
        purl=url,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=_sum(wheel))],
        properties=[Property(name="herald:licence", value=said)] if said else [],
    )


def pack(folder: Path, target: Path, name: str, epoch: int) -> None:
    """`folder` as the archive `target`, all of it below `name`: the same bytes for the same files."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = epoch
        entry.mode = 0o755 if entry.isdir() or entry.name.endswith(".sh") else 0o644
        return entry

    with (
        target.open("wb") as file,
        gzip.GzipFile("", "wb", 6, file, epoch) as packed,
        tarfile.open(None, "w", packed) as archive,
    ):
        for path in [folder, *sorted(folder.rglob("*"))]:
            below = path.relative_to(folder).as_posix()
            archive.add(path, f"{name}/{below}".removesuffix("/."), recursive=False, filter=plain)


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

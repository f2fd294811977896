"""The file of a backup: what is in it, written whole or not at all, and believed only if every byte is as it was."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import zstandard

from notifier.backups.dumping import BackupFault

SUFFIX = ".tar.zst"
MANIFEST, DATABASE, ERASURES, CONFIG = "manifest.json", "database", "erasures", "config/"
_LEVEL = 3
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `made_at`: aware, UTC. `migrations`: the last one of each app. `keys`: what tells
    the keys that were in use from others, and names none. `files`: name -> (bytes, SHA-256 in hex).
    """

    herald: str
    made_at: datetime
    kind: str
    migrations: Mapping[str, str]
    keys: Mapping[str, str]
    releases: int
    subscribers: int
    files: Mapping[str, tuple[int, str]]

    def to_bytes(self) -> bytes:
        values = asdict(self) | {"made_at": self.made_at.isoformat()}
        return json.dumps(values, indent=2).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Raises ValueError, TypeError or KeyError for what is none."""
        values = json.loads(data)
        values["made_at"] = datetime.fromisoformat(values["made_at"])
        values["files"] = {name: (int(size), str(sha)) for name, (size, sha) in values["files"].items()}
        return cls(**values)


def measured(path: Path) -> tuple[int, str]:
    """(bytes, SHA-256 in hex)"""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def write(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Readable by its owner alone; it has its name only once it is on the disk."""
    draft = target.with_name(f".{target.name}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with (
                zstandard.ZstdCompressor(level=_LEVEL).stream_writer(raw, closefd=False) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
            ):
                _add(tar, MANIFEST, manifest.to_bytes(), manifest.made_at)
                for name, path in files.items():
                    tar.add(path, name, recursive=False, filter=_plain)
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def manifest_of(source: Path) -> Manifest:
    """Raises BackupFault for a file that is no backup."""
    with _opened(source) as tar:
        return _manifest(tar, source)


def unpack(source: Path, folder: Path) -> Manifest:
    """Its files, under their names, in `folder`. Raises BackupFault unless each is there as it was."""
    with _opened(source) as tar:
        manifest = _manifest(tar, source)
        found = set()
        for member in tar:
            if member.name == MANIFEST:  # a tar that is read as a stream begins with those it has shown
                continue
            if member.name not in manifest.files or not member.isfile():
                raise BackupFault(f"{source}: holds {member.name!r}, which no backup of Herald has")
            tar.extract(member, folder, filter="data")
            if measured(folder / member.name) != manifest.files[member.name]:
                raise BackupFault(f"{source}: {member.name} is not as it was written; take another backup")
            found.add(member.name)
    if missing := manifest.files.keys() - found:
        raise BackupFault(f"{source}: lacks {', '.join(sorted(missing))}; take another backup")
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with (
            source.open("rb") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw) as plain,
            tarfile.open(fileobj=plain, mode="r|") as tar,
        ):
            yield tar
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise BackupFault(
            f"{source}: is no backup of Herald, or was cut off ({error}); expected a file that `herald backup` made"
        ) from None


def _manifest(tar: tarfile.TarFile, source: Path) -> Manifest:
    first = tar.next()
    inside: IO[bytes] | None = tar.extractfile(first) if first and first.name == MANIFEST else None
    try:
        if inside is None:
            raise ValueError("its first member is another")
        return Manifest.from_bytes(inside.read(_CHUNK))
    except (ValueError, TypeError, KeyError) as error:
        raise BackupFault(f"{source}: is no backup of Herald ({MANIFEST}: {error})") from None


def _add(tar: tarfile.TarFile, name: str, data: bytes, at: datetime) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(data), int(at.timestamp()), 0o600
    tar.addfile(member, io.BytesIO(data))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Who made it is nobody's business."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member

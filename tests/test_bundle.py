"""The archive for machines without Internet: compared with the lock, described, packed; at length really installed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("bundling", ROOT / "scripts" / "bundling.py")
bundling = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bundling)

LOCK = """one==1.0 \\
    --hash=sha256:00
two-parts==2.0 ; sys_platform != 'win32' \\
    --hash=sha256:00
only-there==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:00
"""


def wheel(folder: Path, name: str, version: str, *needs: str) -> Path:
    file = folder / f"{name}-{version}-py3-none-any.whl"
    lines = [f"Name: {name}", f"Version: {version}", "Summary: A thing", "License-Expression: MIT"]
    with zipfile.ZipFile(file, "w") as archive:
        text = "\n".join(["Metadata-Version: 2.4", *lines, *(f"Requires-Dist: {one}" for one in needs)])
        archive.writestr(f"{name}-{version}.dist-info/METADATA", f"{text}\n")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bundle of three wheels that is as it should be."""
    wheels = tmp_path / "bundle" / "wheels"
    wheels.mkdir(parents=True)
    wheel(
        wheels, "herald", "0.1.0", "one~=1.0", "only-there; sys_platform == 'win32'", "more; extra == 'more'"
    )
    wheel(wheels, "one", "1.0", "Two_Parts>=1")
    wheel(wheels, "two_parts", "2.0")
    return wheels.parent


def test_what_is_locked_for_this_machine_is_here_and_nothing_else(folder):
    assert bundling.faults(folder / "wheels", LOCK) == []


def test_what_is_missing_other_or_too_much_is_said(folder):
    wheels = folder / "wheels"
    (wheels / "one-1.0-py3-none-any.whl").unlink()
    wheel(wheels, "two_parts", "2.0").unlink()
    wheel(wheels, "two_parts", "2.1", "four")
    wheel(wheels, "other", "5")
    assert set(bundling.faults(wheels, LOCK)) == {
        "one: no wheel is here, and 1.0 is locked",
        "two-parts: 2.1 is here, and 2.0 is locked",
        "other: is not locked",
        "herald needs one, which is not here",
        "two-parts needs four, which is not here",
    }


def test_the_lock_of_this_checkout_is_read_whole():
    text = (ROOT / "requirements.lock").read_text()
    pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    elsewhere = [line for line in pinned if "win32" in line or "emscripten" in line or "darwin" in line]
    assert len(bundling.locked(text)) >= len(pinned) - len(elsewhere) > 60


def test_the_list_of_parts_is_valid_and_says_what_each_is(folder):
    text = bundling.sbom(sorted((folder / "wheels").glob("*.whl")), "abc")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    told = json.loads(text)
    assert told["metadata"]["component"]["purl"] == "pkg:pypi/herald@0.1.0"
    one = next(part for part in told["components"] if part["name"] == "one")
    file = folder / "wheels" / "one-1.0-py3-none-any.whl"
    assert one["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(file.read_bytes()).hexdigest()}]
    assert {below["ref"]: below.get("dependsOn", []) for below in told["dependencies"]} == {
        "pkg:pypi/herald@0.1.0": ["pkg:pypi/one@1.0"],
        "pkg:pypi/one@1.0": ["pkg:pypi/two-parts@2.0"],
        "pkg:pypi/two-parts@2.0": [],
    }


def test_the_same_files_make_the_same_archive(folder, tmp_path):
    made = []
    for name, touched in (("a", 1_000), ("b", 2_000)):
        bundling.describe(folder, ROOT / "scripts" / "bundled", "abc")
        for path in folder.rglob("*"):
            os.utime(path, (touched, touched))
        bundling.pack(folder, tmp_path / name, "herald-0.1.0", 500)
        made.append((tmp_path / name).read_bytes())
        (folder / "SHA256SUMS").unlink()
    assert made[0] == made[1]
    with tarfile.open(tmp_path / "a") as archive:
        assert archive.getmember("herald-0.1.0/install.sh").mode == 0o755
        assert {entry.mtime for entry in archive.getmembers()} == {500}


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_file_that_was_changed_or_lost_on_its_way_is_not_installed(folder, tmp_path, harm):
    bundling.describe(folder, ROOT / "scripts" / "bundled", "abc")
    file = folder / "wheels" / "one-1.0-py3-none-any.whl"
    file.write_bytes(b"other") if harm == "changed" else file.unlink()
    done = _install(folder, tmp_path / "opt")
    assert (done.returncode, "Something is missing or was changed" in done.stderr) == (1, True)
    assert not (tmp_path / "opt").exists()


def test_another_python_is_refused_in_words(folder, tmp_path):
    bundling.describe(folder, ROOT / "scripts" / "bundled", "abc")
    (folder / "SHA256SUMS").write_text("".join(
        line for line in (folder / "SHA256SUMS").read_text().splitlines(True) if not line.endswith("  python\n")
    ))  # fmt: skip
    (folder / "python").write_text("cp399-linux_x86_64\n")
    done = _install(folder, tmp_path / "opt")
    assert (done.returncode, "These wheels are for cp399-linux_x86_64" in done.stderr) == (1, True)


def _install(folder: Path, target: Path, *before: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
    command = [*before, "sh", str(folder / "install.sh"), str(target)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


OFFLINE = """
ip link set lo up
cd "$1" && export HERALD_HOME="$1/home" HERALD_PORT=18431
opt/.venv/bin/herald --version && opt/.venv/bin/herald run >log 2>&1 & running=$!
for _ in $(seq 300); do curl -sf -o page http://127.0.0.1:18431/ && break; sleep 1; done
opt/.venv/bin/herald check
kill $running; wait $running
grep '<title>' page
"""


@pytest.mark.skipif(not os.environ.get("HERALD_DRILL"), reason="minutes; `make drill` does it")
@pytest.mark.skipif(
    os.getuid() != 0 or not shutil.which("unshare"), reason="needs root for a network of its own"
)
def test_it_is_installed_and_runs_where_there_is_no_network(tmp_path):
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    (source / ".venv").symlink_to(Path(sys.prefix))
    built = subprocess.run(
        [source / "scripts" / "bundle"], cwd=source, capture_output=True, text=True, check=True
    )
    name = built.stdout.split()[0]
    with tarfile.open(source / name) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = [path.parent for path in tmp_path.glob("*/install.sh")]
    text = (unpacked / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    done = _install(unpacked, tmp_path / "opt", "unshare", "-n")
    assert done.returncode == 0, done.stderr
    told = subprocess.run(
        ["unshare", "-n", "bash", "-c", OFFLINE, "bash", str(tmp_path)],
        env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "<title>" in told.stdout, told.stdout + told.stderr
    assert "migrations: all applied" in told.stdout

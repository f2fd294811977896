"""What we have agreed on and a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from config.environment import Environment

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "feeds", "notifier")
CLOCK = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("timezone", "now"),
    ("time", "time"), ("time", "time_ns"),
}  # fmt: skip
SUFFIXES = {
    ".py",
    ".md",
    ".toml",
    ".html",
    ".txt",
    ".xml",
    ".css",
    ".js",
    ".yml",
    ".sh",
    ".cfg",
    ".json",
    ".lock",
    "",
}


@lru_cache(maxsize=1)
def files() -> tuple[Path, ...]:
    """All that is or will be tracked; in a copy without git, all there is but what .gitignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = listed.stdout.splitlines() if listed.returncode == 0 else _walked()
    return tuple(path for name in names if (path := ROOT / name).is_file())


def _walked() -> list[str]:
    skipped = {".venv", ".python", ".cache", "var", "build", "dist"}
    return [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*")
        if not skipped & set(path.relative_to(ROOT).parts) and "__pycache__" not in path.parts
    ]


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """(name, text) of our Python files, migrations left out."""
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if (
            path.suffix == ".py"
            and name.startswith(tuple(f"{f}/" for f in folders))
            and "/migrations/" not in name
        ):
            yield name, path.read_text(encoding="utf-8")


def texts() -> Iterator[tuple[str, str]]:
    for path in files():
        if path.suffix in SUFFIXES and path.name != "LICENSE":
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def calls_of_the_clock(text: str) -> list[int]:
    """Line numbers where the clock is asked, however the module was imported."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = (
                owner.id
                if isinstance(owner, ast.Name)
                else owner.attr
                if isinstance(owner, ast.Attribute)
                else ""
            )
            if (name, node.attr) in CLOCK:
                found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module in {"time", "django.utils.timezone"}:
            found += [node.lineno for alias in node.names if alias.name in {"time", "time_ns", "now"}]
    return sorted(found)


def reads_of_the_environment(text: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "putenv"})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {"environ", "getenv"} & {a.name for a in node.names}
        )
    ]


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Environment.model_fields.items() if not field.description] == []


def test_only_the_clock_asks_what_time_it_is() -> None:
    found = [
        f"{name}:{line}"
        for name, text in sources(*PACKAGES)
        if name != "config/clock.py"
        for line in calls_of_the_clock(text)
    ]
    assert found == []


def test_only_the_environment_reads_the_environment() -> None:
    found = [
        f"{name}:{line}"
        for name, text in sources(*PACKAGES)
        if name != "config/environment.py"
        for line in reads_of_the_environment(text)
    ]
    assert found == []


def test_the_checks_see_what_they_look_for() -> None:
    assert calls_of_the_clock("import datetime as d\nd.datetime.now()\nfrom time import time\n") == [2, 3]
    assert calls_of_the_clock("clock.now()\ntime.monotonic()\n") == []
    assert reads_of_the_environment("import os\nos.environ['A']\nos.getenv('B')\n") == [2, 3]


def test_arrows() -> None:
    # In a process of its own: within this one import-linter would switch off every logger there is.
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_file_is_longer_than_400_lines() -> None:
    assert [name for name, text in sources(*PACKAGES, "tests") if text.count("\n") > 400] == []


def test_no_function_is_longer_than_60_lines() -> None:
    found = [
        f"{name}:{node.lineno} {node.name}"
        for name, text in sources(*PACKAGES)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert found == []


def test_nothing_tracked_knows_a_machine_or_an_index() -> None:
    machine = re.compile(
        r"(?<![\w.~$}])/(?:home|root|Users|work|mnt)/\w|--(?:extra-)?index-url[ =]+\S*://|find-links[ =]"
    )
    found = [
        f"{name}:{number}"
        for name, text in texts()
        if name != "tests/test_conventions.py"
        for number, line in enumerate(text.splitlines(), 1)
        if machine.search(line)
    ]
    assert found == []


def test_locks_have_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pinned = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==", text, re.M)
        assert len(pinned) > 30
        assert len(re.findall(r"^    --hash=sha256:[0-9a-f]{64}", text, re.M)) >= len(pinned)


def test_every_line_that_a_test_says_it_proves_is_in_the_list() -> None:
    acceptance = (ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| ([A-Z]\d+) \|", acceptance, re.M))
    assert len(known) > 50
    marked = {
        identifier
        for _, text in sources("tests")
        for arguments in re.findall(r"mark\.holds\(([^)]*)\)", text)
        for identifier in re.findall(r"\"([^\"]+)\"", arguments)
    }
    assert marked - known == set()


def test_the_list_says_where_each_proven_line_is_proven() -> None:
    acceptance = (ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([A-Z]\d+) \|.*\| ([^|]*) \|$", acceptance, re.M))
    named = {
        (identifier, file) for identifier, cell in rows.items() for file in re.findall(r"`([^`]+\.py)`", cell)
    }
    marked = {
        (identifier, name.removeprefix("tests/"))
        for name, text in sources("tests")
        if name != "tests/test_conventions.py"
        for arguments in re.findall(r"mark\.holds\(([^)]*)\)", text)
        for identifier in re.findall(r"\"([^\"]+)\"", arguments)
    }
    assert marked == named

"""What was done at the desk, and what became of it: a JSON file for each action, in this home."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings

from config import clock

FOLDER = "demo-desk"
KILLS = "kills"
_ID = re.compile(r"[0-9]{20}")


@dataclass
class Action:
    """One thing done. `kind` is published, corrected, withdrawn or crowd; `at` the demo's clock when it was committed,
    `written` the machine's (seconds since 1970, as files have it); `seq` the last change Herald had numbered before.

    `feeds` are paths of feed files and the seconds after which they showed it; None: it was not seen at once.
    """

    id: str
    kind: str
    release: int
    title: str
    at: str
    written: float
    seq: int
    statements: list[str] = field(default_factory=list)
    noticed: float | None = None
    feeds: dict[str, float | None] = field(default_factory=dict)

    @property
    def instant(self) -> datetime:
        """When, aware, UTC, by the demo's clock."""
        return datetime.fromisoformat(self.at)


def begin(kind: str, release: int, title: str, at: datetime, seq: int, statements: list[str]) -> Action:
    """Note an action that has just been committed."""
    action = Action(
        id=f"{clock.nanoseconds():020}", kind=kind, release=release, title=title, at=at.isoformat(),
        written=clock.machine().timestamp(), seq=seq, statements=statements,
    )  # fmt: skip
    save(action)
    return action


def save(action: Action) -> None:
    """Write it, atomically."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{action.id}.new"
    draft.write_text(json.dumps(asdict(action)), encoding="utf-8")
    draft.replace(folder / f"{action.id}.json")


def find(id: str) -> Action | None:
    """The action of that id, if there is one."""
    path = _folder() / f"{id}.json"
    return _read(path) if _ID.fullmatch(id) and path.exists() else None


def latest(limit: int = 20) -> list[Action]:
    """The last actions, newest first."""
    return [_read(path) for path in sorted(_folder().glob("*.json"), reverse=True)[:limit]]


@dataclass(frozen=True, slots=True)
class Kill:
    """A worker that was killed here: when, by the demo's clock, and its process id."""

    at: datetime
    pid: int


def note_kill(pid: int, now: datetime) -> None:
    """Note that a worker was killed."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / KILLS).open("a", encoding="utf-8") as file:
        file.write(f"{now.isoformat()} {pid}\n")


def kills(limit: int = 10) -> list[Kill]:
    """The last ones, newest first."""
    path = _folder() / KILLS
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    return [
        Kill(datetime.fromisoformat(at), int(pid)) for at, pid in map(str.split, lines[: -limit - 1 : -1])
    ]


def _folder() -> Path:
    return Path(settings.HERALD_HOME) / FOLDER


def _read(path: Path) -> Action:
    return Action(**json.loads(path.read_text(encoding="utf-8")))

"""A folder that is watched: whoever may write to it publishes by laying a file in it. Every format that
`feeds.sources.files` reads will do.

    look -> what has changed and is complete -> read -> items; what could not be read is moved aside

A file that is one release (Markdown, a JSON object) has its path without suffix for a key where it names none, so that
editing the file edits the release. Deleting a file withdraws nothing.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from django.conf import settings
from pydantic import Field

from feeds.models import Newsroom
from feeds.sources import files, folder_aside, folder_look, listing_options, way
from feeds.sources.files import Manner
from feeds.sources.folder_look import Seen, Waiting, named
from feeds.sources.item import Fault, RawItem, Reading
from feeds.sources.listing_options import DateOptions, LabelOptions
from feeds.sources.way import Fetched, Hold, Memory, Origin, Tools, Unusable
from feeds.web.answer import Unreachable

EVERY_SECONDS = 5
PATIENCE_NS = 60_000_000_000  # how long the first look is put off while files are still being written
ONE_RELEASE = {".md", ".markdown", ".json"}


class FolderHold(Hold):
    """A look brings only what has changed, so that all known ones it brings have: no reason to hold it."""

    changed_percent: int = Field(100, ge=0, le=100, description="More than this share of known ones changed.")


class Options(way.Options):
    hold: FolderHold = Field(default_factory=FolderHold, description="When a fetch is held.")
    base_url: str = Field("", description="What relative links are resolved against; empty: the newsroom's.")
    labels: LabelOptions = Field(
        default_factory=LabelOptions, description="The words before each value of a listing."
    )
    dates: DateOptions = Field(default_factory=DateOptions, description="How dates are written in a listing.")


@dataclass(slots=True)
class _State:
    """What is known of the files, as stamps by path; the source's memory.

    `refused`: nothing could be taken from them, and they could not be moved aside; `unread`: may not be opened.
    """

    taken: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    since_ns: int = 0  # of the first look; 0 once all has been taken that lay there at first

    @classmethod
    def of(cls, memory: Memory, now_ns: int) -> _State:
        if not memory:
            return cls(since_ns=now_ns)
        taken, refused, unread = (dict(memory.get(name, {})) for name in ("taken", "refused", "unread"))
        waiting = {path: Waiting(*one) for path, one in memory.get("waiting", {}).items()}
        return cls(taken, refused, unread, waiting, memory.get("since_ns", 0))

    def to_json(self) -> Memory:
        """Only what is there: with 30,000 files, every word counts."""
        waiting = {path: [one.stamp, one.since_ns] for path, one in self.waiting.items()}
        rest = {"refused": self.refused, "unread": self.unread, "waiting": waiting, "since_ns": self.since_ns}
        return {"taken": self.taken} | {name: value for name, value in rest.items() if value}

    def forget_but(self, seen: Collection[str]) -> None:
        self.taken = {path: stamp for path, stamp in self.taken.items() if path in seen}
        self.refused = {path: stamp for path, stamp in self.refused.items() if path in seen}


def fetch(origin: Origin, memory: Memory, tools: Tools) -> Fetched:
    """What has come or changed since the last look. The first look that takes anything has all, and is complete."""
    root, now_ns = place(origin.address), int(tools.now.timestamp() * 1e9)
    state, seen = _State.of(memory, now_ns), look(root)
    known = state.taken | state.refused
    ready, state.waiting = folder_look.settled(seen, known, state.waiting, now_ns)
    state.forget_but(seen)
    if state.since_ns and state.waiting and now_ns - state.since_ns < PATIENCE_NS:
        return Fetched(memory=state.to_json(), complete=False, unchanged=True)
    first, state.since_ns = bool(state.since_ns), 0
    taking = _Taking(root, state, manner_of(origin.options) if ready else Manner(), tools.now)
    for one in sorted(ready, key=lambda one: one.path):
        taking.take(one)
    state.unread = taking.unread
    items = tuple(reversed(taking.items))  # the newest first, as in a listing: names mostly grow with time
    unchanged = not items and not first
    return Fetched(items, tuple(taking.faults), state.to_json(), complete=first, unchanged=unchanged)


def place(address: str) -> Path:
    """The folder of a source: an absolute path, or one relative to HERALD_HOME. Raises Unusable."""
    if not address.strip():
        raise Unusable("no folder; expected its path as the source's address")
    root = Path(settings.HERALD_HOME) / address
    try:
        if root.is_dir():
            return root
        found = "is no folder" if root.exists() else "does not exist"
    except (OSError, ValueError):
        found = "cannot be looked at"
    raise Unusable(f"{named(str(root))} {found}; expected a folder that Herald may read")


def read_file(root: Path, one: Seen, manner: Manner) -> Reading | None:
    """What a file says, with its path as a key where it is one release; None if it has changed. Raises OSError."""
    real = folder_look.within(os.path.realpath(root), one.path)
    if real is None:
        return None
    # Not a link any more, and never a pipe to wait for.
    number = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as file:
        if folder_look.stamp_of(os.fstat(number)) != one.stamp:
            return None
        name = named(one.path)
        reading = files.read_open(file, name, replace(manner, key=key_of(name)))
        return reading if folder_look.stamp_of(os.fstat(number)) == one.stamp else None


def key_of(name: str) -> str:
    """The key of a file that is one release: its path in the folder without the suffix."""
    return PurePosixPath(name).with_suffix("").as_posix()


def look(root: Path) -> dict[str, Seen]:
    """All that lies in it, by name. Raises Unusable and Unreachable."""
    try:
        return folder_look.at(root)
    except folder_look.TooMany:
        raise Unusable(f"{root} holds more than {folder_look.MOST:,} files; expected fewer") from None
    except OSError as error:
        raise Unreachable(
            f"{root} cannot be read ({error.strerror}); expected a folder that Herald may read"
        ) from None


def manner_of(options: Options) -> Manner:
    """How the files of a folder with these options are read."""
    listing = listing_options.Options(labels=options.labels, dates=options.dates)
    home = options.base_url or Newsroom.objects.values_list("home_url", flat=True).first() or ""
    return Manner(listing.words, home, listing=listing)


@dataclass(slots=True)
class _Taking:
    """One round through the files that are ready."""

    root: Path
    state: _State
    manner: Manner
    now: datetime
    items: list[RawItem] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)

    def take(self, one: Seen) -> None:
        name = named(one.path)
        if one.odd:
            self.state.refused[name] = one.stamp
            self.faults.append(Fault(name, None, one.odd, "files, and folders of them"))
            return
        try:
            reading = read_file(self.root, one, self.manner)
        except OSError as error:
            self.unread[name] = one.stamp
            if self.state.unread.get(name) != one.stamp:
                self.faults.append(Fault(name, None, f"cannot be read ({error.strerror})", "a file"))
            return
        if reading is not None:  # else it is being written to again: the next look has it
            self._keep(one, name, self._without_rival(name, reading))

    def _without_rival(self, name: str, reading: Reading) -> Reading:
        """Two files that differ in their suffix alone would have one key, and each would undo the other."""
        key = key_of(name)
        if [item.key for item in reading.items] != [key] or PurePosixPath(name).suffix not in ONE_RELEASE:
            return reading
        for rival in (key + suffix for suffix in ONE_RELEASE):
            if rival != name and rival in self.state.taken:
                fault = Fault(name, None, f'the name of "{rival}"', "a name or a key of its own")
                return Reading(faults=(fault,))
        return reading

    def _keep(self, one: Seen, name: str, reading: Reading) -> None:
        self.items += reading.items
        self.faults += reading.faults
        for known in (self.state.taken, self.state.refused):
            known.pop(name, None)
        if reading.items or not reading.faults:
            self.state.taken[name] = one.stamp
        if reading.faults:
            self._set_aside(one, name, reading)

    def _set_aside(self, one: Seen, name: str, reading: Reading) -> None:
        put = folder_aside.copy if reading.items else folder_aside.move
        try:
            put(self.root, one.path, reading.faults, self.now)
        except OSError as error:
            found = f"could not be put into {folder_look.REJECTED}/ ({error.strerror})"
            self.faults.append(Fault(name, None, found, "a folder that Herald may write to"))
            if not reading.items:
                self.state.refused[name] = one.stamp

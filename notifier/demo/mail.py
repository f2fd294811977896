"""The demo's mail: a file for each message, and an index that lists thousands of them quickly.

A message's file is `<id>.eml`: its envelope as one line of JSON, then the bytes as they came over SMTP. It is
written under another name and renamed, so a reader sees whole messages only. Ids are instants and sort as they
came. The index has a line for each message; what a crash left out of it is added when the catcher starts again.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from config import clock

FOLDER = "demo-mail"
_INDEX = "index.jsonl"
_ID = re.compile(r"[0-9]{20}")
# The new policies parse each header by its grammar; that takes longer than all the rest of catching a message.
_HEADERS = BytesHeaderParser(policy=policy.compat32)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the list shows. `to` is the recipient SMTP named, `at` the machine's time of arrival."""

    id: str
    to: str
    sender: str
    subject: str
    message_id: str
    size: int
    at: float

    @property
    def when(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message whole: its envelope and the bytes as received."""

    envelope: Envelope
    source: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.source, policy=policy.default)

    def part(self, kind: str) -> str:
        """The text of the first part of `kind` ("plain" or "html"), or ""."""
        found = self.message.get_body((kind,))
        return str(found.get_content()) if found is not None else ""


class Mailbox:
    """All messages below `folder`. One process writes (the catcher), any may read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = folder / _INDEX
        self._last = 0

    def put(self, recipients: list[str], sender: str, source: bytes) -> list[Envelope]:
        """Store one message for each recipient; returns once they would survive the death of this process."""
        headers = _HEADERS.parsebytes(source)
        subject, message_id = _words(headers["Subject"]), _words(headers["Message-ID"])
        return [self._put_one(to, sender, subject, message_id, source) for to in recipients]

    def repair(self) -> int:
        """Make the folder, and add to the index what is not in it; returns how many those were."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write(b"\n")  # ends a line that a crash left in the middle
        known = {envelope.id for envelope in self.envelopes()}
        missing = [path for path in sorted(self.folder.glob("*.eml")) if path.stem not in known]
        for path in missing:
            self._write(_line(asdict(_read(path).envelope)))
        return len(missing)

    def envelopes(self) -> list[Envelope]:
        """All of them, newest first."""
        return list(_lines(self._index))[::-1]

    def letter(self, id: str) -> Letter | None:
        """The message of that id, if there is one."""
        path = self.folder / f"{id}.eml"
        return _read(path) if _ID.fullmatch(id) and path.exists() else None

    def duplicates(self) -> int:
        """How many messages came once more to the same recipient with the same Message-ID."""
        times = Counter((envelope.to, envelope.message_id) for envelope in self.envelopes())
        return sum(count - 1 for count in times.values())

    def _put_one(self, to: str, sender: str, subject: str, message_id: str, source: bytes) -> Envelope:
        id, at = self._next()
        envelope = Envelope(id, to, sender, subject, message_id, len(source), at)
        draft = self.folder / f"{id}.new"
        draft.write_bytes(_line(asdict(envelope)) + source)
        draft.replace(self.folder / f"{id}.eml")
        self._write(_line(asdict(envelope)))
        return envelope

    def _next(self) -> tuple[str, float]:
        self._last = max(self._last + 1, clock.nanoseconds())
        return f"{self._last:020}", self._last / 1e9

    def _write(self, line: bytes) -> None:
        descriptor = os.open(self._index, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


def _words(header: object) -> str:
    """A header in plain words; what cannot be decoded is shown as it came."""
    text = "" if header is None else str(header)
    with suppress(ValueError, LookupError, HeaderParseError):
        text = str(make_header(decode_header(text)))
    return " ".join(text.split())


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=True).encode("ascii") + b"\n"


def _read(path: Path) -> Letter:
    first, _, source = path.read_bytes().partition(b"\n")
    return Letter(Envelope(**json.loads(first)), source)


def _lines(index: Path) -> Iterator[Envelope]:
    try:
        text = index.read_bytes()
    except FileNotFoundError:
        return
    for line in text.split(b"\n"):
        if line.endswith(b"}"):  # else it is being written, or a crash cut it
            yield Envelope(**json.loads(line))

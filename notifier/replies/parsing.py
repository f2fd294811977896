"""Bytes from anybody into a message of the standard library's email parser, within bounds. Pure; never raises."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser

SIZE_LIMIT = 1_000_000  # bytes of a message that is taken at all
LOOKED_AT = 300_000  # of which so many are looked at; what matters stands before the message that came back
LONGEST_LINE = 4_000
MOST_BLOCKS = 200  # of a report; one for each recipient
MOST_PARTS = 25  # the parser's work grows with parts within parts
_PARTS = re.compile(rb"(?:multipart|message)/", re.I)
_BLANK = re.compile(r"\n[ \t]*\n")


def parse(data: bytes) -> Message | None:
    """None: there is more nesting in it than any machine makes that tells of a failure."""
    data = data[:LOOKED_AT].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"")
    if len(_PARTS.findall(data)) > MOST_PARTS:
        return None
    lines = (line[:LONGEST_LINE] for line in data.split(b"\n"))
    try:
        return email.message_from_bytes(b"\n".join(lines))
    except (ValueError, LookupError, TypeError, RecursionError):  # what a parser of any age has let out
        return None


def value(message: Message, name: str) -> str:
    """A header in one line of plain text, as good as it can be read; empty if there is none."""
    try:
        raw = message.get(name, "")
        return " ".join(str(make_header(decode_header(raw))).split())
    except (ValueError, LookupError, TypeError):
        return " ".join(str(message.get(name, "")).split())


def parts(message: Message, *kinds: str) -> Iterator[Message]:
    """The parts of one of these content types, in order; not those within a message that came back."""
    if message.get_content_type() in kinds:
        yield message
    elif message.is_multipart() and message.get_content_maintype() != "message":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from parts(part, *kinds)


def text(part: Message) -> str:
    """What a part says, whatever its charset claims to be."""
    if part.is_multipart():
        payload = part.get_payload()
        return "\n\n".join(str(inner) for inner in payload) if isinstance(payload, list) else ""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def said(message: Message) -> str:
    """The words that a person would read: the texts before the message that came back."""
    return "\n".join(text(part) for part in parts(message, "text/plain", "text/html"))[:100_000]


def blocks(part: Message) -> list[Message]:
    """The groups of fields in a report (RFC 3464 section 2.1), however the part was encoded."""
    payload = part.get_payload()
    whole = text(part)
    if part.get("Content-Transfer-Encoding", "").strip().lower() in {"base64", "quoted-printable"}:
        plain = Message()
        plain["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"]
        plain.set_payload("".join(map(_body_of, payload)) if isinstance(payload, list) else payload)
        whole = text(plain)
    found = (
        HeaderParser().parsestr(block) for block in _BLANK.split(whole.strip(), MOST_BLOCKS)[:MOST_BLOCKS]
    )
    return [block for block in found if block.keys()]


def headers(part: Message) -> Message:
    """The headers of a message that came back, whole or its headers alone."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return HeaderParser().parsestr(text(part).lstrip())


def _body_of(message: Message) -> str:
    payload = message.get_payload()
    return payload if isinstance(payload, str) else ""

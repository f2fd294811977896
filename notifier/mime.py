"""Header lines and the multipart frame of a message (RFC 5322, 2045-2047). Values in, parts of a pattern out."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable

from notifier.splice import Encoding, Part, Pattern, body, clean, header, join

_WORD = 75  # RFC 2047 section 2: at most 75 characters with "=?utf-8?q?" and "?=", and lines of at most 76
_FRAME = len("=?utf-8?q??=")
_ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_Q_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_FAULT = re.compile(rb"(?<!\r)\n|\r(?!\n)|(?m:^\.)|[^\r\n]{999}|[\x80-\xff\x00]")


def build(headers: Iterable[tuple[str, str]], text: str, html: str, boundary: str) -> Pattern:
    """multipart/alternative, the text first. Values of `headers` are in their final form but for marks."""
    lines = [f"{name}: {value}" for name, value in headers]
    lines += [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
    ]
    parts: list[Part] = header("\r\n".join(lines) + "\r\n")
    for subtype, content, encoding in (("plain", text, Encoding.TEXT), ("html", html, Encoding.HTML)):
        parts += header(
            f"\r\n--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        parts += body(content, encoding)
    parts += header(f"\r\n--{boundary}--\r\n")
    pattern = join(parts)
    _check(pattern)
    return pattern


def unstructured(text: str, name: str) -> str:
    """A value such as that of Subject, folded; encoded words if it is not plain ASCII or could be taken for one."""
    text = one_line(text)
    if text.isascii() and "=?" not in text and all(len(word) < _WORD for word in text.split()):
        return _fold(text, len(name) + 2)
    return encoded_words(text, len(name) + 2)


def mailbox(name: str, address: str) -> str:
    """`name <address>`, as From has it."""
    name = one_line(name)
    if not name:
        return address
    if not name.isascii() or "=?" in name:
        return f"{encoded_words(name, len('From: '))}\r\n <{address}>"
    if _ATOM_PHRASE.fullmatch(name):
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def encoded_words(text: str, column: int) -> str:
    """RFC 2047 encoded words, one a line, the first beginning at `column`; Q or B, whichever is shorter."""
    q, b = _words(text, "q", _q, column), _words(text, "b", _b, column)
    return "\r\n ".join(min(q, b, key=lambda words: sum(map(len, words))))


def one_line(text: str) -> str:
    """Without line ends, control characters and repeated spaces."""
    return " ".join(clean(text).split())


def _words(text: str, letter: str, encode: Callable[[str], str], column: int) -> list[str]:
    words: list[str] = []
    piece, room = "", _WORD + 1 - column - _FRAME
    for character in text:
        if len(encode(piece + character)) > room:
            words.append(piece)
            piece, room = "", _WORD - _FRAME
        piece += character
    return [f"=?utf-8?{letter}?{encode(piece)}?=" for piece in (*words, piece)]


def _q(text: str) -> str:
    return "".join(
        c if c in _Q_PLAIN else "_" if c == " " else "".join(f"={byte:02X}" for byte in c.encode())
        for c in text
    )


def _b(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _fold(text: str, column: int) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if line and column + len(line) + 1 + len(word) > 76:
            lines.append(line)
            line, column = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _check(pattern: Pattern) -> None:
    """A bare CR or LF, a dot at the left edge or an endless line would be a fault of ours: never hand it to a relay."""
    whole = b"".join(part if isinstance(part, bytes) else b"x" for part in pattern.parts)
    fault = _FAULT.search(whole)
    if fault:
        raise AssertionError(f"a message must not hold {fault[0][:20]!r} at {fault.start()}")

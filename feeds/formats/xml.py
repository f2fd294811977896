"""Elements as text. An entry is rendered once for all the feeds that carry it, and a tree of objects for each was a
good part of what a rebuild took (docs/decisions/0064-entries-written-as-text.md). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from xml.sax import saxutils

_TEXT = {"\r": "&#13;"}
_ATTRIBUTE = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def element(name: str, text: str = "", attributes: Iterable[tuple[str, str]] = ()) -> str:
    """With its attributes in the order given; those that are empty are left out."""
    start = name
    for key, value in attributes:
        if value:
            start += f' {key}="{saxutils.escape(value, _ATTRIBUTE)}"'
    return f"<{start}>{_escaped(text)}</{name}>" if text else f"<{start}/>"


def entry(start: str, lines: Iterable[str], end: str, indent: str) -> bytes:
    """An element that holds others, a line each. Raises ValueError for a character that XML 1.0 cannot hold (2.2)."""
    inner = f"\n{indent}  "
    text = f"{indent}{start}{inner}{inner.join(lines)}\n{indent}{end}\n".encode()
    if len(text.translate(None, _CONTROLS)) < len(text) or _has_no_character(text):
        raise ValueError("there is a character in it that XML cannot hold")
    return text


def _has_no_character(text: bytes) -> bool:
    return b"\xef\xbf" in text and any(it in text for it in _NO_CHARACTERS)


@lru_cache(maxsize=256)  # a document is written in one format after the other
def _escaped(text: str) -> str:
    return saxutils.escape(text, _TEXT)

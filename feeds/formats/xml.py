"""Elements as text. An entry is rendered once for all the feeds that carry it, and a tree of objects for each was a
good part of what a rebuild took (docs/decisions/0064-entries-written-as-text.md). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from xml.sax import saxutils

_TEXT = {"\r": "&#13;"}
_ATTRIBUTE = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_SPECIAL = re.compile('[&<>"\n\r\t]')


def element(name: str, text: str = "", attributes: Iterable[tuple[str, str]] = ()) -> str:
    """With its attributes in the order given; those that are empty are left out."""
    start = name
    for key, value in attributes:
        if value:
            start += f' {key}="{_quoted(value)}"'
    return f"<{start}>{_escaped(text)}</{name}>" if text else f"<{start}/>"


def entry(start: str, lines: Iterable[str], end: str, indent: str) -> bytes:
    """An element that holds others, a line each. That XML can hold what stands in it is the values' business
    (`feeds.formats.values`).
    """
    inner = f"\n{indent}  "
    return f"{indent}{start}{inner}{inner.join(lines)}\n{indent}{end}\n".encode()


@lru_cache(maxsize=256)  # an entry is written in one format after the other
def _escaped(text: str) -> str:
    return saxutils.escape(text, _TEXT)


def _quoted(value: str) -> str:
    return saxutils.escape(value, _ATTRIBUTE) if _SPECIAL.search(value) else value

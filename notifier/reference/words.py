"""Markdown that reads the same on a forge and in the built pages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(`[^`]*`)")
_SPECIAL = re.compile(r"([<*\[\]]|(?<!\w)_|_(?!\w))")


def page(title: str, body: str) -> str:
    """A whole page; it says itself that nobody should edit it."""
    return (
        f"<!-- Made from the code by scripts/reference: change it there. -->\n# {title}\n\n{body.strip()}\n"
    )


def plain(text: str) -> str:
    """Running text as it stands in code, its paragraphs kept: nothing in it is markup but what stands in backticks."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))
    return "\n\n".join(map(_escaped, paragraphs))


def code(value: object) -> str:
    """`value` as code; empty for nothing."""
    text = str(value)
    return f"`{text}`" if text else ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. Cells are Markdown, on one line each."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text.replace("\n\n", "<br>").replace("\n", " "))


def _escaped(text: str) -> str:
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\1", part) for part in parts)

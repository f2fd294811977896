"""HTML that would cost a parser far more than its length: found by a cheap scan before any parser sees it. Pure.

An HTML parser takes the square of a page's length for elements nested thousands deep, for formatting that is opened
anew in every paragraph because it never ended, for thousands of attributes on one tag. No newsroom writes such; a
broken program does, or an attacker. What is tangled keeps its text and loses its markup.
"""

from __future__ import annotations

import re
from collections import Counter

MOST_TAGS = 50_000
MOST_REFERENCES = 150_000
MOST_DEPTH = 256
MOST_REOPENED = 500_000  # elements that a parser opens again because formatting has not ended
MOST_ATTRIBUTES = (
    20_000  # as blanks, slashes and quotation marks between them; a picture within may have many
)
_FEW = 256  # of so few tags nothing can be tangled
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr"}
)
_ENDS_ITSELF = frozenset({"a", "p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option"})
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_PIECES = re.compile(r"(<[^<>]*>?)")
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "tr",
        "table",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
    }
)
_UNSEEN = frozenset({"script", "style", "template", "noscript", "title", "head"})


def tangled(value: str) -> bool:
    """Whether a parser of HTML is to be kept from `value`. Takes time in proportion to its length."""
    tags = value.count("<")
    if tags > MOST_TAGS or value.count("&") > MOST_REFERENCES:
        return True
    if len(value) > MOST_ATTRIBUTES and _crowded(value):
        return True
    return tags > _FEW and _knotted(value)


def text_of(value: str) -> str:
    """The text of HTML, character references as they stand, by a scan alone; blocks end in a line end."""
    kept: list[str] = []
    unseen = ""
    for piece in _PIECES.split(value):
        found = _TAG.match(piece)
        if found is None:
            if not unseen and not piece.startswith(("<!", "<?")):
                kept.append(piece)
            continue
        name = found[2].lower()
        if unseen:
            unseen = "" if found[1] and name == unseen else unseen
        elif name in _UNSEEN and not found[1]:
            unseen = name
        elif name in _BLOCKS:
            kept.append("\n")
    return "".join(kept)


def _crowded(value: str) -> bool:
    """Whether there may be a tag of very many attributes: no "<" for long, but what stands between attributes."""
    return any(
        len(piece) > MOST_ATTRIBUTES and sum(map(piece.count, " \t\n\f\r/\"'")) > MOST_ATTRIBUTES
        for piece in value.split("<")
    )


def _knotted(value: str) -> bool:
    """Whether elements nest too deep. An end tag ends one element of its name; what never ends counts to the end."""
    opened: Counter[str] = Counter()
    depth = formatting = reopened = 0
    for slash, written in _TAG.findall(value):
        name = written.lower()
        if name in _VOID or (name in _ENDS_ITSELF and not slash and opened[name]):
            reopened += formatting
            continue
        if slash and not opened[name]:
            continue
        step = -1 if slash else 1
        opened[name] += step
        depth += step
        formatting += step * (name in _FORMATTING)
        reopened += formatting
        if depth > MOST_DEPTH or reopened > MOST_REOPENED:
            return True
    return False

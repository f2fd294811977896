"""The place in a text where a query is found, its words marked. Pure."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup, escape

from feeds.search.query import Query, placed

ABOUT = 240  # characters of a snippet
LONGEST = 100_000  # characters of a text that are looked through

Span = tuple[int, int]


def found_in(text: str, query: Query) -> bool:
    return bool(_hits(_tidy(text), query))


def marked(text: str, query: Query) -> Markup:
    """The whole text with the words of `query` in <mark>."""
    whole = _tidy(text)
    return _marked(whole, [span for span, _ in _hits(whole, query)], 0, len(whole))


def snippet(text: str, query: Query, about: int = ABOUT) -> Markup:
    """Some `about` characters of a text where most of the words stand together; its beginning where none does."""
    whole = _tidy(text)
    hits = _hits(whole, query)
    first, last = _window(whole, hits, about)
    inner = _marked(whole, [span for span, _ in hits], first, last)
    before = Markup("… ") if first else Markup("")
    return before + inner + (Markup(" …") if last < len(whole) else Markup(""))


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text[:LONGEST]).split())


def _hits(text: str, query: Query) -> list[tuple[Span, str]]:
    """Where the words of the query stand, each with the token it is."""
    wanted = {token for phrase in query.wanted for token in phrase}
    opening = query.wanted[-1][-1] if query.is_open else None
    found = []
    for start, end, tokens in placed(text):
        for token in tokens:
            if token in wanted or (opening and token.startswith(opening)):
                found.append(((start, end), token))
                break
    return found


def _window(text: str, hits: list[tuple[Span, str]], about: int) -> Span:
    """From where to where, cut between words."""
    if len(text) <= about:
        return 0, len(text)
    best = max(
        (start for (start, _), _ in hits),
        key=lambda at: (len({one for (start, _), one in hits if at <= start < at + about * 3 // 4}), -at),
        default=0,
    ) if len(hits) <= 200 else hits[0][0][0]  # fmt: skip
    first = max(0, min(best - about // 4, len(text) - about))
    first = text.find(" ", first, best) + 1 if first else 0
    last = first + about
    if last < len(text):
        space = text.rfind(" ", first + about // 2, last)
        last = space if space > 0 else last
    return first, min(last, len(text))


def _marked(text: str, spans: list[Span], first: int, last: int) -> Markup:
    parts, at = [], first
    for start, end in spans:
        if start >= at and end <= last:
            parts += [escape(text[at:start]), Markup("<mark>{}</mark>").format(text[start:end])]
            at = end
    return Markup("").join([*parts, escape(text[at:last])])

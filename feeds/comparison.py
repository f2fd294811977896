"""What differs between two versions of a release, field by field and word by word. Pure.

The time is bounded: text is compared by paragraphs first, and word by word only where paragraphs differ and are not too
many words; what is beyond that stands as a whole piece removed and a whole piece added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from feeds import wording
from feeds.versions import Content

AT_ONCE = 300_000  # pairs of words, or of paragraphs, that are compared with one another: 30 ms at worst
WORK = 5 * AT_ONCE  # pairs of words in one text
Run = tuple[list[str], list[str]]
_WORDS = re.compile(r"\s*\S+|\s+\Z")
MOST = 2_000  # pieces of one text; beyond that nobody reads them
CONTEXT = 160  # characters of unchanged text on either side of a change
TEXTS = ("title", "summary", "body", "editors_note")
FIELDS = (
    "title", "published_on", "summary", "body", "links", "editors_note", "type", "offices", "topics", "language",
    "author", "url", "image_url", "state",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, or one label: equal in both, or in one of them alone."""

    kind: Literal["equal", "added", "removed"]
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of FIELDS and its pieces: of a text all of it, in order; of labels, links and addresses what was removed
    and what was added, each a piece.
    """

    field: str
    pieces: tuple[Piece, ...]

    @property
    def whole(self) -> bool:
        """Whether each piece is a thing of its own, and not a part of a running text."""
        return self.field not in TEXTS


def compare(before: Content, after: Content) -> list[Difference]:
    """The fields that differ, in the order of FIELDS. Bodies are compared as text; where their links lead apart."""
    found = []
    for field in FIELDS:
        old, new = _value(before, field), _value(after, field)
        if old == new:
            continue
        pieces = _of_texts(old[0], new[0]) if field in TEXTS else _of_lists(old, new)
        if len(pieces) > MOST:
            pieces = _pieces(old[0], new[0])
        if any(piece.kind != "equal" for piece in pieces):
            found.append(Difference(field, tuple(pieces)))
    return found


def shortened(difference: Difference) -> Difference:
    """With "…" in place of most of what stayed the same."""
    last = len(difference.pieces) - 1
    pieces = (
        Piece(piece.kind, _shortened(piece.text, number == 0, number == last))
        if piece.kind == "equal"
        else piece
        for number, piece in enumerate(difference.pieces)
    )
    return Difference(difference.field, tuple(pieces))


def _shortened(text: str, first: bool, last: bool) -> str:
    if len(text) <= 2 * CONTEXT:
        return text
    head = "" if first else text[:CONTEXT].rsplit(None, 1)[0] + " "
    tail = "" if last else " " + text[-CONTEXT:].split(None, 1)[-1]
    return f"{head}…{tail}"


def _value(content: Content, field: str) -> list[str]:
    if field == "body":
        return ["\n".join(_paragraphs(content["body"]))]
    if field == "links":
        return list(dict.fromkeys(wording.links(content["body"])))
    value = content[field]
    return list(value) if isinstance(value, list) else [value] if value or field in TEXTS else []


def _paragraphs(markup: str) -> Iterator[str]:
    for line in wording.plain(markup, "\n").split("\n"):
        text = " ".join(line.split())
        if text:
            yield text


def _of_lists(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    removed = [Piece("removed", one) for one in old if one not in new]
    return removed + [Piece("added", one) for one in new if one not in old]


def _of_texts(old: str, new: str) -> list[Piece]:
    """Paragraphs first; those that changed, word by word, as long as the work that was allowed for lasts."""
    left = WORK
    pieces: list[Piece] = []
    for one, other in _pairs(_runs(old.splitlines(keepends=True), new.splitlines(keepends=True))):
        words, others = _WORDS.findall(one), _WORDS.findall(other)
        size = _work(words, others)
        if one == other or size > min(left, AT_ONCE):
            pieces += _pieces(one, other)
        else:
            left -= size
            pieces += _by_words(words, others)
    return _joined(pieces)


def _pairs(runs: Iterable[Run]) -> Iterator[tuple[str, str]]:
    """What stands against what: of as many changed paragraphs on both sides each against its own."""
    for one, other in runs:
        if one != other and len(one) == len(other):
            yield from zip(one, other, strict=True)
        else:
            yield "".join(one), "".join(other)


def _by_words(old: list[str], new: list[str]) -> list[Piece]:
    """Where hardly a word is the same, one whole sentence against another reads better than a medley."""
    runs = list(_runs(old, new))
    same = sum(len(one) for one, other in runs if one == other)
    if 3 * same < max(len(old), len(new)):
        return _pieces("".join(old), "".join(new))
    return [piece for one, other in runs for piece in _pieces("".join(one), "".join(other))]


def _runs(old: list[str], new: list[str]) -> Iterator[Run]:
    """What is equal in both and what is not, in turn, as pairs of slices."""
    start, end = _ends(old, new)
    yield old[:start], new[:start]
    one, other = old[start : len(old) - end], new[start : len(new) - end]
    if _work(old, new) > AT_ONCE:
        yield one, other
    else:
        for _, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            yield one[a:b], other[c:d]
    yield old[len(old) - end :], new[len(new) - end :]


def _work(old: list[str], new: list[str]) -> int:
    """How many pairs there are to compare. Ends that are equal cost nothing."""
    start, end = _ends(old, new)
    return (len(old) - start - end) * (len(new) - start - end)


def _ends(old: list[str], new: list[str]) -> tuple[int, int]:
    """How much is equal at the beginning, and of the rest at the end."""
    start, shorter = 0, min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end


def _pieces(one: str, other: str) -> list[Piece]:
    """Blanks before both belong to neither."""
    if one == other:
        return [Piece("equal", one)]
    blank = one[: len(one) - len(one.lstrip())]
    blank = blank if other.startswith(blank) else ""
    both = [Piece("removed", one[len(blank) :]), Piece("added", other[len(blank) :])]
    return [Piece("equal", blank), *both]


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Pieces of a kind that follow one another as one; none that is empty."""
    found: list[Piece] = []
    for piece in pieces:
        if found and found[-1].kind == piece.kind:
            found[-1] = Piece(piece.kind, found[-1].text + piece.text)
        elif piece.text:
            found.append(piece)
    return found

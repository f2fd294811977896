"""From labels, as sources write them, to the offices, topics and types that carry them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from feeds import normalise
from feeds.models import Office, ReleaseType, Topic

SEPARATOR = ", "
CLOSED = re.compile(
    r"\s*[(\[](?:now )?closed(?:[ ,][^()\[\]]{0,40})?[)\]]$"
)  # "(closed)", "(closed in 2015)"
_LOOSE = re.compile(r"\s*[,;]\s*")
LONGEST = 300  # of PendingTerm.label
MODELS = {"office": Office, "topic": Topic, "type": ReleaseType}


@dataclass(frozen=True, slots=True)
class Resolved:
    """Ids of the terms that labels name, and the labels that no term knows; in the order given, each once."""

    ids: tuple[int, ...]
    unknown: tuple[str, ...]


class Vocabulary:
    """What the terms of one kind are called, now and before. Pure, once made."""

    def __init__(self, terms: Iterable[tuple[int, str, Any]], slugs: Iterable[tuple[int, str]] = ()) -> None:
        """`terms` are (id, name, aliases), the most important first. A name goes before anybody's alias, and that
        before anybody's slug: `slugs` are (id, slug).
        """
        self._ids: dict[str, int] = {}
        terms = list(terms)
        for pk, name, _ in terms:
            self._ids.setdefault(_fold(name), pk)
        for pk, _, aliases in terms:
            for alias in aliases if isinstance(aliases, list) else ():
                self._ids.setdefault(_fold(str(alias)), pk)
        for pk, slug in slugs:
            self._ids.setdefault(_fold(slug), pk)
        # One more than any name has: "(closed, 2015)" may follow it.
        self._longest = 2 + max((label.count(SEPARATOR) for label in self._ids), default=0)

    def find(self, label: str) -> int | None:
        """The id of the term that `label`, as a whole, names."""
        return self._ids.get(_fold(label))

    def resolve(self, labels: Iterable[str]) -> Resolved:
        """Each label is tried whole, then split at ", " into the longest pieces that are known; a piece that is not,
        at "," and ";" as well, if all that it then holds is known.
        """
        ids: dict[int, None] = {}
        unknown: dict[str, None] = {}
        for label in labels:
            for piece, pk in self._pieces(normalise.line(label)):
                if pk is not None:
                    ids[pk] = None
                elif None not in (found := [self.find(part) for part in _LOOSE.split(piece)]):
                    ids |= dict.fromkeys(pk for pk in found if pk is not None)
                elif piece:
                    unknown[piece[:LONGEST]] = None
        return Resolved(tuple(ids), tuple(unknown))

    def _pieces(self, label: str) -> Iterator[tuple[str, int | None]]:
        if (whole := self.find(label)) is not None:
            yield label, whole
            return
        parts, at = label.split(SEPARATOR), 0
        while at < len(parts):
            for size in range(min(self._longest, len(parts) - at), 0, -1):
                piece = SEPARATOR.join(parts[at : at + size]).strip()
                pk = self.find(piece)
                if pk is not None or size == 1:
                    break
            yield piece, pk
            at += size


def load(kind: str) -> Vocabulary:
    """The vocabulary of "office", "topic" or "type" as it is now in the database."""
    terms = list(MODELS[kind]._default_manager.order_by("position", "name", "pk"))
    return Vocabulary(
        ((term.pk, term.name, _also(term)) for term in terms), ((term.pk, term.slug) for term in terms)
    )


def _also(term: Any) -> list[Any]:
    """Its names in other languages and its aliases, whatever an SQL writer made of the columns."""
    names = term.names.values() if isinstance(term.names, dict) else ()
    return [*names, *(term.aliases if isinstance(term.aliases, list) else ())]


def load_all() -> dict[str, Vocabulary]:
    return {kind: load(kind) for kind in MODELS}


def _fold(label: str) -> str:
    return CLOSED.sub("", normalise.fold(label))

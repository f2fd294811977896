"""Documents as sheets: each entry is rendered once in each format, for all the documents that carry it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import cast

import structlog

from feeds.documents import Carried, Document
from feeds.formats import FORMATS, Format
from feeds.formats.values import EntryValue
from feeds.library import Key
from feeds.prints import Printed
from feeds.sheet import Sheet, Span
from feeds.stock import Stock

log = structlog.stdlib.get_logger(__name__)


class Press:
    """To be used with the `Library` that the documents come from. `memory`: bytes of rendered entries it keeps. `uses`:
    in how many documents an entry stands, where that is known; it is kept no longer.
    """

    def __init__(self, memory: int = 48 * 2**20, uses: Mapping[Key, int] = MappingProxyType({})) -> None:
        self._kept: Stock[tuple[str, Key], bytes] = Stock(memory, lambda place: uses.get(place[1], 0))

    def prints(self, _path: str, wanted: Iterable[Key]) -> dict[Key, Printed]:
        """Of the entries wanted those that are at hand in every format (`feeds.prints.Prints`)."""
        found = {}
        for key in wanted:
            printed = {suffix: self._kept.get((suffix, key)) for suffix in FORMATS}
            if all(printed.values()):
                found[key] = cast(Printed, printed)
        return found

    def sheets(self, document: Document) -> dict[str, Sheet]:
        """The document in every format, by suffix."""
        kinds = FORMATS.values()
        rendered = [self._rendered(one, kinds, document.value.author) for one in document.entries]
        return {kind.suffix: _bound(document, kind, rendered) for kind in kinds}

    def sheet(self, document: Document, kind: Format) -> Sheet:
        """The document in this format; should one entry defy it, without that entry, and told of."""
        rendered = [self._rendered(one, [kind], document.value.author) for one in document.entries]
        return _bound(document, kind, rendered)

    def _rendered(self, one: Carried, kinds: Iterable[Format], publisher: str) -> Printed:
        """In one format after the other, since they share what is costly."""
        if one.value is None:
            return one.printed
        return {kind.suffix: self._entry(one.key, one.value, kind, publisher) for kind in kinds}

    def _entry(self, key: Key, entry: EntryValue, kind: Format, publisher: str) -> bytes:
        place = (kind.suffix, key)
        held = self._kept.get(place)
        if held is not None:
            return held
        try:
            rendered = kind.entry(entry, publisher)
        except Exception:
            log.exception(
                "an entry cannot be written and is left out; mend its release",
                entry=entry.id,
                format=kind.suffix,
            )
            rendered = b""
        self._kept.put(place, rendered, len(rendered))
        return rendered


def _bound(document: Document, kind: Format, rendered: Iterable[Printed]) -> Sheet:
    """Head, entries and tail; an entry of no bytes is none."""
    value = document.value
    carried = [
        (one, body)
        for one, every in zip(document.entries, rendered, strict=True)
        if (body := every[kind.suffix])
    ]
    entries = [body for _, body in carried]
    frame = kind.frame(value)
    spans = kind.spans(frame, entries)
    return Sheet(
        kind.assemble(frame, entries),
        seq=document.seq,
        gone=document.gone,
        floor=document.floor,
        head=len(frame.head),
        tail=len(frame.tail),
        spans=tuple(
            Span(one.seq, *span, one.key.release, one.key.version)
            for (one, _), span in zip(carried, spans, strict=True)
        ),
        archive=document.archive,
        hubs=value.hubs,
    )

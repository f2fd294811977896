"""Documents as sheets: each entry is rendered once in each format, for all the documents that carry it."""

from __future__ import annotations

from collections import OrderedDict

import structlog

from feeds.documents import Document
from feeds.formats import Format
from feeds.formats.values import EntryValue
from feeds.library import Key
from feeds.sheet import Sheet, Span

log = structlog.stdlib.get_logger(__name__)


class Press:
    """To be used with the `Library` that the documents come from. `memory`: bytes of rendered entries it keeps."""

    def __init__(self, memory: int = 48 * 2**20) -> None:
        self._memory = memory
        self._kept: OrderedDict[tuple[str, Key], bytes] = OrderedDict()
        self._size = 0

    def sheet(self, document: Document, kind: Format) -> Sheet:
        """The document in this format; should one entry defy it, without that entry, and told of."""
        value = document.value
        entries: list[bytes | memoryview] = []
        carried = []
        for one in document.entries:
            rendered = (
                one.printed[kind.suffix]
                if one.value is None
                else self._entry(one.key, one.value, kind, value.author)
            )
            if rendered:
                entries.append(rendered)
                carried.append(one)
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
                for one, span in zip(carried, spans, strict=False)
            ),
            archive=document.archive,
            hubs=value.hubs,
        )

    def _entry(self, key: Key, entry: EntryValue, kind: Format, publisher: str) -> bytes:
        place = (kind.suffix, key)
        held = self._kept.get(place)
        if held is not None:
            self._kept.move_to_end(place)
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
        self._kept[place] = rendered
        self._size += len(rendered)
        while self._size > self._memory:
            self._size -= len(self._kept.popitem(last=False)[1])
        return rendered

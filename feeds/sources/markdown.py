"""A Markdown file with front matter: one release. What follows the front matter is its body."""

from __future__ import annotations

from functools import lru_cache

from markdown_it import MarkdownIt

from feeds.sources import front_matter, record
from feeds.sources.item import Fault, Reading


def read(text: str, file: str, key: str = "") -> Reading:
    """The release of a file (CommonMark with tables and struck-out text; HTML in it stays). Faults name `file`.

    `key` is the release's, where its front matter names none.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = front_matter.read(text, file)
    if isinstance(front, Fault):
        return _faults(front)
    values, bodies = dict(front.values), [name for name in front.values if record.name_of(name) == "body"]
    if front.rest.strip():
        if bodies:
            return _faults(Fault(file, front.lines[bodies[0]], '"body" beside a text', "one body"))
        values["body"] = _renderer().render(front.rest)
    read = record.read(values)
    if isinstance(read, record.Record):
        return Reading((read.with_key(key).to_item(1),))
    return _faults(*(Fault(file, front.lines.get(one.field, 1), one.found, one.expected) for one in read))


def _faults(*faults: Fault) -> Reading:
    return Reading(faults=tuple(sorted(faults, key=lambda one: one.line or 0)), complete=False)


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

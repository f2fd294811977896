"""A newsroom's listing as text: a page handed over by copy and paste.

A release is a title line, directly followed by labelled lines ("Publishing date: 17 February 2025", then perhaps
"Content type:", "Where we are:", "What we do:"), then its summary, which may have several lines. What stands before
the first title is the page's head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from feeds.sources.item import Fault, RawItem, Reading, excerpt
from feeds.sources.listing_dates import A_DATE, Writing
from feeds.sources.listing_values import Labels, Told, item_or_fault

Line = tuple[int, str]
"""A line that is not blank, with its number from 1."""


@dataclass(slots=True)
class _Block:
    """The lines of one release."""

    title: Line
    values: dict[str, tuple[str, int]] = field(default_factory=dict)
    repeated: Line | None = None
    summary: list[Line] = field(default_factory=list)


def read(text: str, file: str, labels: Labels, writing: Writing = Writing()) -> Reading:  # noqa: B008 - frozen
    """All releases of a page, in its order. Faults name `file`; what stands around a fault is kept."""
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    blocks = _blocks(lines, labels)
    if not blocks:
        expected = f'a title line followed by "{labels.date}: 17 February 2025"'
        return Reading(faults=(Fault(file, 1, "no release of a listing", expected),), complete=False)
    cut = _cut_off(blocks, file, labels)
    found = [one for block in blocks for one in _release(block, file, labels, writing)]
    items = tuple(one for one in found if isinstance(one, RawItem))
    faults = [one for one in found if isinstance(one, Fault)]
    return Reading(items, tuple([*faults, cut] if cut else faults), complete=cut is None)


def _blocks(lines: list[Line], labels: Labels) -> list[_Block]:
    """A line without a label that a labelled one follows begins a release."""
    blocks: list[_Block] = []
    before: Line | None = (
        None  # the last line without a label, not yet known for a title or a part of a summary
    )
    in_labels = False
    for number, line in lines:
        labelled = labels.split(line)
        if labelled and not in_labels:
            blocks.append(_Block(before or (number, "")))
            before = None
        if labelled:
            _put(blocks[-1], labelled, number)
        else:
            if before and blocks:
                blocks[-1].summary.append(before)
            before = (number, line)
        in_labels = labelled is not None
    if before and blocks:
        blocks[-1].summary.append(before)
    return blocks


def _put(block: _Block, labelled: tuple[str, str], number: int) -> None:
    name, value = labelled
    if name in block.values:
        block.repeated = block.repeated or (number, name)
    else:
        block.values[name] = (value, number)


def _release(block: _Block, file: str, labels: Labels, writing: Writing) -> Iterator[RawItem | Fault]:
    number, title = block.title
    summary = "\n".join(line for _, line in block.summary)
    yield item_or_fault(Told(title, number, block.values, summary=summary), labels, file, writing)
    if block.repeated:
        line, name = block.repeated
        yield Fault(
            file, line, f'a second "{getattr(labels, name)}:"', "a title line before the next release"
        )


def _cut_off(blocks: list[_Block], file: str, labels: Labels) -> Fault | None:
    """Whether the page stops within its last release; what is half there is taken out of `blocks`.

    A title whose labels are missing looks like one more line of the summary before it. It is taken for a title where
    all other summaries of the page are one line, and it ends without a full stop.
    """
    last = blocks[-1]
    end = last.summary[-1] if last.summary else _last_labelled(last)
    if _begins_a_label(end[1], labels) and last.summary:
        last.summary.pop()
        if last.summary:  # its own labels were cut, so the line before is the next release's title
            last.summary.pop()
        else:
            blocks.pop()
        return Fault(file, end[0], f'the page stops at "{excerpt(end[1])}"', f'"{labels.date}: …" in full')
    if not last.summary and any(block.summary for block in blocks[:-1]):
        blocks.pop()
        return Fault(file, end[0], "the page stops after the labels of a release", "its summary")
    others_are_lines = len(blocks) > 1 and all(len(block.summary) <= 1 for block in blocks[:-1])
    if (
        others_are_lines
        and len(last.summary) > 1
        and not end[1].rstrip("\"'”’»)]").endswith((".", "!", "?", "…"))
    ):
        last.summary.pop()
        return Fault(file, end[0], f'the page stops at "{excerpt(end[1])}"', f'"{labels.date}:" and {A_DATE}')
    return None


def _begins_a_label(line: str, labels: Labels) -> bool:
    names: Mapping[str, str] = {name: getattr(labels, name) for name in Labels.__slots__}
    return len(line) > 2 and any(name.casefold().startswith(line.casefold()) for name in names.values())


def _last_labelled(block: _Block) -> Line:
    value, number = max(block.values.values(), key=lambda one: one[1])
    return number, value

"""Entries of a feed that bear one id. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from feeds.sources.item import Fault, RawItem, excerpt


def told_apart(items: Sequence[RawItem], file: str) -> tuple[tuple[RawItem, ...], list[Fault]]:
    """An id stands for one entry, however often it is there (RFC 4287, 4.1.1); but where entries at several addresses,
    or of several titles and none, have the same one, it names nothing: they go by their addresses, or by title and
    date. Otherwise one release would take the place of another.
    """
    bearers: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        if item.key:
            bearers[item.key].append(number)
    if len(bearers) == len(items):
        return tuple(items), []
    found, faults = list(items), []
    for key, numbers in bearers.items():
        if len({items[number].url or items[number].title for number in numbers}) > 1:
            for number in numbers:
                found[number] = replace(items[number], key=items[number].url)
            told = f'{len(numbers)} entries with one id, "{excerpt(key)}"; they are told apart by their links'
            faults.append(Fault(file, items[numbers[0]].line, told, "another id for each entry"))
    return tuple(found), faults

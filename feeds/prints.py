"""Entries as they stand in the published documents: what has not changed is taken from there, and neither read from the
store nor rendered again.

    document and card in the folder -> Key -> its bytes in each format

True as long as only releases have changed since: whoever touches anything else that shows in entries asks nobody here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from feeds.folder import Folder
from feeds.formats import FORMATS
from feeds.library import Key

Printed = Mapping[str, bytes | memoryview]
"""An entry's bytes by format."""
Prints = Callable[[str, Collection[Key]], Mapping[Key, Printed]]
"""The path of a document, and the entries it is to hold -> those of them that are at hand in every format."""


def nowhere(_path: str, _wanted: Collection[Key]) -> Mapping[Key, Printed]:
    """For those who want all of it made anew."""
    return {}


def of(folder: Folder) -> Prints:
    """What stands in this folder. To be asked before it is written over."""

    def prints(path: str, wanted: Collection[Key]) -> Mapping[Key, Printed]:
        found = {suffix: _entries(folder, f"{path}.{suffix}") for suffix in FORMATS}
        everywhere = set(wanted).intersection(*found.values())
        return {key: {suffix: found[suffix][key] for suffix in FORMATS} for key in everywhere}

    return prints


def _entries(folder: Folder, name: str) -> dict[Key, memoryview]:
    """None of them if the document is not what its card says."""
    lying = folder.lying(name)
    if lying is None or lying.card is None or not lying.intact:
        return {}
    view = memoryview(lying.body)
    return {
        Key.at(span.release, span.version, span.seq): view[span.start : span.start + span.length]
        for span in lying.card.spans
        if span.release
    }

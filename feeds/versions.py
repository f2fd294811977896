"""The versions of a release: all it held at each time when its content differed from the time before.

    content (feeds.observing) -> packed() -> ReleaseVersion -> history() -> feeds.comparison

`feeds.standings` appends them, as it sees every change by any writer.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feeds import rows, wording
from feeds.judgement import PUBLISHED
from feeds.models import ReleaseVersion

LEVEL = 1  # a page of text to 45 % in 40 µs; the best level gets it to 42 % in four times as long
NEWEST = 50
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Row = tuple[int, int, datetime, bool, bool, bytes, int]
Content = Mapping[str, Any]
"""title, published_on (ISO), summary, body, url, language, author, image_url, editors_note, type, offices, topics
(slugs), state: texts, and lists of texts."""


@dataclass(frozen=True, slots=True)
class Version:
    """A release as it was noticed at `at`. `number` is 1 for the first.

    `significant`: a reader should see the change that led here from the version before it in the same history;
    `corrected`: it is significant and came with a note of the editor's.
    """

    number: int
    at: datetime
    significant: bool
    corrected: bool
    public: bool
    content: Content


def packed(content: Content) -> tuple[bytes, str]:
    """Its bytes, and a digest that is equal for equal contents."""
    plain = _ENCODE(content).encode("utf-8", "surrogatepass")
    return plain, hashlib.blake2b(plain, digest_size=16).hexdigest()


def row(
    release_id: int, number: int, at: datetime, plain: bytes, *, significant: bool, public: bool, seq: int
) -> Row:
    """A version to be stored, which change `seq` led to; `plain` as from `packed`."""
    return release_id, number, at, significant, public, zlib.compress(plain, LEVEL), seq


def store(versions: list[Row]) -> None:
    """Append them."""
    columns = ("release_id", "number", "at", "significant", "public", "content", "seq")
    rows.write(ReleaseVersion, columns, versions)


def notes(last: Mapping[int, int]) -> dict[int, str]:
    """The editor's notes in these versions: release id -> number of the version."""
    if not last:
        return {}
    found = ReleaseVersion.objects.filter(release_id__in=last, number__in=set(last.values()))
    return {
        release: str(_content(packed)["editors_note"])
        for release, number, packed in found.values_list("release_id", "number", "content")
        if last[release] == number
    }


def contents(wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], Content]:
    """What these versions hold, by (release id, number). Those that are not there are left out."""
    rows = ReleaseVersion.objects.filter(
        release_id__in={release for release, _ in wanted}, number__in={number for _, number in wanted}
    )
    asked = set(wanted)
    return {
        (release, number): _content(packed)
        for release, number, packed in rows.values_list("release_id", "number", "content")
        if (release, number) in asked
    }


def history(release_id: int, *, public_only: bool, newest: int = NEWEST) -> list[Version]:
    """Its versions, oldest first, of many the `newest`. With `public_only` those that readers could see, and then a
    version tells of all that changed since the last one they saw.
    """
    found = ReleaseVersion.objects.filter(release_id=release_id).order_by("-number")
    marks = list(found.values_list("number", "at", "significant", "public")[: newest * (1 + public_only)])
    numbers = [number for number, _, _, public in marks if public or not public_only][:newest]
    contents = _contents(release_id, numbers)
    versions: list[Version] = []
    changed = False
    for number, at, significant, public in reversed(marks):
        changed = changed or significant
        if number not in contents:
            continue
        content = contents[number]
        before = versions[-1].content if versions else None
        corrected = changed and before is not None and _noted(before, content)
        versions.append(Version(number, at, changed, corrected, public, content))
        changed = False
    return versions


def _noted(before: Content, after: Content) -> bool:
    note = wording.words(after["editors_note"])
    shown = before["state"] == after["state"] == PUBLISHED
    return shown and bool(note) and note != wording.words(before["editors_note"])


def _contents(release_id: int, numbers: Collection[int]) -> dict[int, Content]:
    found = ReleaseVersion.objects.filter(release_id=release_id, number__in=numbers)
    return {number: _content(packed) for number, packed in found.values_list("number", "content")}


def _content(packed: bytes | memoryview) -> Content:
    content: Content = json.loads(zlib.decompress(packed))
    return content

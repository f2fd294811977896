"""What the steps change of the configuration: each change a revision, by whoever holds the setup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.text import slugify

from config import revisions
from config.accounts import first
from config.sections import Fault, Row, faults
from feeds.models import Source
from feeds.sections import NEWSROOM, SOURCE


def newsroom(values: Mapping[str, Any], actor: str, now: datetime) -> list[Fault]:
    """Change these fields of the newsroom's row; what is wrong with them, and then nothing is changed."""
    with revisions.recording(actor, first.WAY, "setup", now=now):
        rows = NEWSROOM.rows()
        row = (rows[0] if rows else NEWSROOM.complete({})) | dict(values)
        if wrong := faults({NEWSROOM.name: [row]}):
            return wrong
        NEWSROOM.apply([row])
    return []


def source(values: Mapping[str, Any], actor: str, now: datetime) -> list[Fault]:
    """Make the first source, or make it anew as long as nothing came from it."""
    with revisions.recording(actor, first.WAY, "setup", now=now):
        rows = SOURCE.rows()
        row = source_row(values)
        wanted = [*(one for one in rows if one["slug"] != row["slug"]), row]
        if wrong := [fault for fault in faults({SOURCE.name: wanted}) if fault.index == len(wanted) - 1]:
            return wrong
        SOURCE.apply(wanted)
    return []


def source_row(values: Mapping[str, Any]) -> Row:
    """The row that a source of these values has: that of one from which nothing came yet, or a new one."""
    unused = unused_source()
    if unused is not None:
        kept = SOURCE.row_of(unused)
        return {**kept, **values} | ({"options": {}} if kept["kind"] != values["kind"] else {})
    taken = set(Source.objects.values_list("slug", flat=True))
    plain = slugify(str(values["name"]))[:80].strip("-") or "source"
    slug = next(name for name in (plain, *(f"{plain}-{n}" for n in range(2, 10_000))) if name not in taken)
    return SOURCE.complete({"slug": slug, **values})


def unused_source() -> Source | None:
    """The source that was there from the start, or made by this step, as long as it has brought nothing."""
    found = Source.objects.filter(kind__in=("listing", "syndication"), first_complete_at=None, release=None)
    return found.filter(releasekey=None).order_by("pk").first()

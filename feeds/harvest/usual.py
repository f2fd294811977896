"""Whether a fetch is what is usual for its source. Pure: facts in, reasons out.

A redesigned website looks like many new releases, or like many changed ones, or like none at all. It must never become
a mass mailing, so such a fetch is held until an admin has looked at it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from feeds.previewing import Preview
from feeds.sources.way import Hold

LISTED = 200  # of what would be new and of what would change, for an admin to look at
_CHANGED_AT_LEAST = 2  # one edit is one edit, on however short a page


def reasons(preview: Preview, shown: int, usual: int | None, hold: Hold) -> list[str]:
    """Why a fetch of `shown` items is to be held, a sentence each; none if it is as usual. `usual` is how many items
    the last good fetch had. To fill what was empty is no change: full texts may come after the listing."""
    found = []
    if len(preview.new) > hold.new:
        found.append(f"{len(preview.new)} releases would be new; usual are at most {hold.new}")
    changed = sum(not edit.fills for edit in preview.changed)
    known = len(preview.changed) + preview.same
    if changed >= _CHANGED_AT_LEAST and changed * 100 > known * hold.changed_percent:
        found.append(
            f"{changed} of {known} known releases would change; usual is at most {hold.changed_percent} %"
        )
    if hold.none and not shown and usual:
        found.append(f"there is no release at all; last time there were {usual}")
    return found


def differences(preview: Preview) -> dict[str, Any]:
    """What it would do to the store, as plain JSON for an admin: counts, and the first 200 of each."""
    return {
        "new": len(preview.new),
        "changed": len(preview.changed),
        "same": preview.same,
        "faults": [str(fault) for fault in preview.faults[:LISTED]],
        "listed_new": [
            {"title": draft.title, "date": draft.published_on.isoformat(), "url": draft.url or ""}
            for draft in preview.new[:LISTED]
        ],
        "listed_changed": [
            {"release": edit.release, "title": edit.title, "fields": list(edit.fields)}
            for edit in preview.changed[:LISTED]
        ],
    }


def digest(preview: Preview) -> str:
    """Equal for fetches that differ from the store in the same way."""
    new = sorted([draft.key, dict(draft.told)] for draft in preview.new)
    changed = sorted([edit.release, list(edit.fields)] for edit in preview.changed)
    text = json.dumps([new, changed], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

"""A release as an editor sees it, as plain JSON: for the audit log, and to compare what is and what would be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from feeds.models import Release

FIELDS = (
    "title", "published_on", "summary", "body", "url", "language", "author", "image_url", "state", "visible_at",
    "silent", "editors_note", "withdrawn_reason",
)  # fmt: skip


def snapshot(release: Release, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """NULL and the empty text are the same. `wanted`: offices and topics it would have, in place of those it has."""
    row: dict[str, Any] = {
        name: "" if getattr(release, name) is None else getattr(release, name) for name in FIELDS
    }
    row["published_on"] = release.published_on.isoformat()
    row["visible_at"] = release.visible_at.isoformat() if release.visible_at else None
    row["type"] = release.type.slug if release.type else ""
    row["translation_of"] = release.translation_of_id
    for name in ("offices", "topics"):
        terms = (wanted or {}).get(name)
        slugs = (
            getattr(release, name).values_list("slug", flat=True)
            if terms is None
            else [one.slug for one in terms]
        )
        row[name] = sorted(slugs)
    return row


def stored(pk: Any) -> dict[str, Any] | None:
    """As it is in the store; None if it is not there."""
    release = Release.objects.filter(pk=pk).first() if pk else None
    return snapshot(release) if release else None


def fingerprint(release: Release) -> str:
    """Two differ where anything differs that an editor can change."""
    return hashlib.sha256(json.dumps(snapshot(release), sort_keys=True, default=str).encode()).hexdigest()

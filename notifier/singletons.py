"""Rows that exist exactly once, made after the first migrate."""

from __future__ import annotations

from typing import Any


def create_after_migrate(using: str = "default", **_: Any) -> None:
    """Receiver of post_migrate: the channel's row and the empty interest. Idempotent."""
    from feeds.selection import NOTHING
    from notifier.models import Channel, Interest

    Channel.objects.using(using).get_or_create(pk=1)
    Interest.objects.using(using).get_or_create(
        digest=NOTHING.digest, defaults={"selection": NOTHING.to_json()}
    )

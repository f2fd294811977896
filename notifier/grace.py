"""Grace: how long an alert waits before it leaves, so that an editor can still stop it. Offices and types have one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F, Max
from django.db.models.functions import Coalesce

from feeds.models import Office, Release, ReleaseType


def ends(releases: Collection[int]) -> dict[int, datetime]:
    """When the grace of each of these releases ends (UTC), counted from its announcement; without any, it has none.

    Of several offices and the type, the longest grace counts.
    """
    if not any(
        model._default_manager.filter(grace_seconds__gt=0).exists() for model in (Office, ReleaseType)
    ):
        return {}
    rows = (
        Release.objects.filter(pk__in=set(releases), standing__announced_at__isnull=False)
        .annotate(
            of_offices=Coalesce(Max("offices__grace_seconds"), 0),
            of_type=Coalesce(F("type__grace_seconds"), 0),
        )
        .values_list("pk", "standing__announced_at", "of_offices", "of_type")
    )
    return {
        pk: at + timedelta(seconds=max(of_offices, of_type))
        for pk, at, of_offices, of_type in rows
        if at is not None and max(of_offices, of_type)
    }

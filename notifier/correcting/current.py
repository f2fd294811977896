"""Which corrections hold good: what they say is so now, and no newer one of the release has taken their place."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from feeds.models import Release, Standing
from notifier.models import Correction, CorrectionDue


def open_ones() -> list[Correction]:
    """Those that hold good and that somebody is still to have."""
    waiting = CorrectionDue.objects.filter(correction=OuterRef("pk"), dispatch_id=None)
    return list(_holding().filter(Exists(waiting)).order_by("pk"))


def holds(correction: Correction) -> bool:
    return _holding().filter(pk=correction.pk).exists()


def group(correction: Correction) -> int:
    """The release's language group."""
    standing = Standing.objects.filter(pk=correction.release_id).values_list("group", flat=True)
    return standing.first() or correction.release_id


def shown(ids: Iterable[int]) -> set[int]:
    """Those of these releases that a reader may see."""
    rows = Release.objects.filter(pk__in=list(ids), state=Release.State.PUBLISHED, standing__shown=True)
    return set(rows.values_list("pk", flat=True))


def _holding() -> QuerySet[Correction]:
    newer = Correction.objects.filter(
        release_id=OuterRef("release_id"), number__gt=OuterRef("number"), notify=True
    )
    readable = Release.objects.filter(
        pk=OuterRef("release_id"), state=Release.State.PUBLISHED, standing__shown=True
    )
    is_shown = Exists(readable)
    withdrawn = Q(kind=Correction.Kind.WITHDRAWN)
    return Correction.objects.filter((withdrawn & ~is_shown) | (~withdrawn & is_shown)).exclude(
        Q(Exists(newer)) & ~Q(kind=Correction.Kind.RESTORED)
    )

"""What can be measured of the store."""

from __future__ import annotations

from django.db.models import Count, Max

from config import metrics
from config.metrics import Samples
from feeds.models import Change, Release


def register() -> None:
    """Called when the apps are ready."""
    metrics.gauge("herald_releases", "Releases in the store, by state.", ("state",), _releases)
    metrics.gauge("herald_changes_unnumbered", "Changes nobody has taken notice of yet.", (), _unnumbered)
    metrics.gauge("herald_change_seq", "The number of the last change that was noticed.", (), _last)


def _releases() -> Samples:
    counts = dict(Release.objects.values_list("state").annotate(Count("id")))
    return [((state,), counts.get(state, 0)) for state in Release.State.values]


def _unnumbered() -> Samples:
    return [((), Change.objects.filter(seq=None).count())]


def _last() -> Samples:
    return [((), Change.objects.aggregate(last=Max("seq"))["last"] or 0)]

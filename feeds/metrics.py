"""What can be measured of the store."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Max

from config import metrics
from config.metrics import Samples
from feeds.frontdesk import TALLY
from feeds.live import station
from feeds.models import Change, HeldFetch, HubFailure, HubPing, SourceState, Standing


def register() -> None:
    """Called when the apps are ready."""
    metrics.gauge("herald_releases", "Releases that readers can see, or could see.", ("state",), _releases)
    metrics.gauge("herald_changes_unnumbered", "Changes nobody has taken notice of yet.", (), _unnumbered)
    metrics.gauge(
        "herald_source_success_seconds",
        "When a source was fetched last, in seconds since 1970; 0: never.",
        ("source",),
        _sources(lambda state: state.succeeded_at.timestamp() if state.succeeded_at else 0),
    )
    metrics.gauge(
        "herald_source_failures",
        "How many times in a row fetching a source has failed.",
        ("source",),
        _sources(lambda state: state.failures),
    )
    metrics.gauge(
        "herald_source_items",
        "How many releases the last good fetch of a source had.",
        ("source",),
        _sources(lambda state: state.usual_items or 0),
    )
    metrics.gauge("herald_held_fetches", "Fetches that wait for an admin's decision.", (), _held)
    metrics.gauge("herald_hub_pings_waiting", "Documents a hub is still to be told of.", (), _pings)
    metrics.gauge("herald_hub_pings_refused", "Those among them that it has refused.", (), _refused_pings)
    metrics.gauge(
        "herald_hub_failures", "How many times in a row telling the hub has failed.", (), _hub_failures
    )
    metrics.counter(
        "herald_feed_requests", "Requests for feeds that exist, by status.", ("status",), _requests
    )
    metrics.counter("herald_feed_bytes", "Bytes of feeds that were sent.", (), _sent)
    metrics.gauge("herald_live_listeners", "Streams that are open in this process.", (), _listeners)
    metrics.gauge("herald_change_seq", "The number of the last change that was noticed.", (), _last)


def _sources(value: Callable[[SourceState], float]) -> Callable[[], Samples]:
    def samples() -> Samples:
        states = SourceState.objects.filter(source__active=True).select_related("source")
        return [((state.source.slug,), value(state)) for state in states]

    return samples


def _held() -> Samples:
    return [((), HeldFetch.objects.filter(decision=HeldFetch.Decision.OPEN).count())]


def _requests() -> Samples:
    total = TALLY.total()
    by_status = {"200": total.whole, "226": total.deltas, "304": total.not_modified, "429": total.refused}
    return [((status,), count) for status, count in by_status.items()]


def _sent() -> Samples:
    return [((), TALLY.total().sent)]


def _pings() -> Samples:
    return [((), HubPing.objects.count())]


def _refused_pings() -> Samples:
    return [((), HubPing.objects.filter(failures__gt=0).count())]


def _hub_failures() -> Samples:
    return [((), HubFailure.objects.aggregate(most=Max("failures"))["most"] or 0)]


def _releases() -> Samples:
    """By what was noticed. How many are scheduled is not told: a number that grows is news too."""
    shown = Standing.objects.filter(shown=True).count()
    withdrawn = Standing.objects.filter(
        shown=False, gone_at__isnull=False, release__state="withdrawn"
    ).count()
    return [(("published",), shown), (("withdrawn",), withdrawn)]


def _unnumbered() -> Samples:
    return [((), Change.objects.filter(seq=None).count())]


def _listeners() -> Samples:
    return [((), station.listeners())]


def _last() -> Samples:
    return [((), Change.objects.aggregate(last=Max("seq"))["last"] or 0)]

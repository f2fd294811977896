"""What can be measured of the streams of this process."""

from __future__ import annotations

from prometheus_client import Counter

from config import metrics

EVENTS = Counter(
    "herald_live_events", "Events passed on to listeners, by kind.", ("kind",), registry=metrics.REGISTRY
)
DROPPED = Counter(
    "herald_live_dropped", "Listeners let go because they could not keep up.", registry=metrics.REGISTRY
)
REFUSED = Counter(
    "herald_live_refused",
    "Listeners turned away because there were too many, by status.",
    ("status",),
    registry=metrics.REGISTRY,
)

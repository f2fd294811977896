"""How canaries stand, for `/readyz` and `/metrics`: without names, addresses or what a relay said."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from config import clock, health, metrics
from config.metrics import Samples
from notifier.canary import standing
from notifier.canary.standing import Leg, Place, Standing
from notifier.models import Canary

_WHAT = {"feed": "releases reach the feeds", "mail": "mail arrives"}
_MISSING = {
    Place.STORE: "it lies in the store, and no scheduler takes notice of it",
    Place.FEED: "it was noticed, and is not in the feed that web processes serve",
    Place.RELAY: "no relay has taken its message",
    Place.MAILBOX: "the relay took its message, and it has not come back",
}


def register() -> None:
    """Called when the apps are ready."""
    health.register("canary", check)
    metrics.gauge(
        "herald_proof_seconds",
        "How long the last canary took that came through: to its feed, by mail.",
        ("of",),
        _seconds,
    )
    metrics.gauge(
        "herald_proof_age_seconds",
        "For how long no canary has come through, less what is excused as mail was stopped.",
        ("of",),
        _ages,
    )
    metrics.gauge(
        "herald_proof_overdue",
        "1 while the last proof is older than CANARY_OVERDUE.",
        ("of",),
        _overdue,
    )


def read(now: datetime) -> Standing | None:
    """How they stand; None where none are begun here."""
    if settings.CANARY_EVERY is None:
        return None
    rows = list(Canary.objects.order_by("-pk"))
    return standing.of(rows, now, settings.CANARY_EVERY)


def is_overdue(leg: Leg) -> bool:
    """Whether its last proof is older than it may be."""
    return bool(leg.age > settings.CANARY_OVERDUE)


def check(now: datetime) -> str | None:
    """What has not come through for too long, and where the newest canary is."""
    legs = _legs(now)
    wrong = [
        f"for {leg.age // timedelta(minutes=1)} minutes nothing has proven that {_WHAT[name]}: {_cause(leg)}"
        for name, leg in legs.items()
        if is_overdue(leg)
    ]
    return "; ".join(wrong) or None


def _cause(leg: Leg) -> str:
    if leg.missing is None:
        return "none has been begun since"
    return _MISSING[leg.missing.place] + (f" ({leg.missing.fault})" if leg.missing.fault else "")


def _legs(now: datetime) -> dict[str, Leg]:
    found = read(now)
    return {} if found is None else {"feed": found.feed, "mail": found.mail}


def _seconds() -> Samples:
    legs = _legs(clock.now())
    return [((name,), leg.seconds) for name, leg in legs.items() if leg.seconds is not None]


def _ages() -> Samples:
    return [((name,), leg.age.total_seconds()) for name, leg in _legs(clock.now()).items()]


def _overdue() -> Samples:
    return [((name,), is_overdue(leg)) for name, leg in _legs(clock.now()).items()]

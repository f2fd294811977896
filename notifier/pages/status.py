"""`/status`: whether releases come through just now, for everybody; `/status.json` the same for programs.

Nothing in it is anybody's. That mail is held back is said, as whoever waits for an alert should know; why is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_timedelta
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config import clock
from config.middleware import the_same_for_all
from feeds import catalogue
from feeds.models import Membership
from feeds.templating import language, number
from notifier.canary import mailbox, telling
from notifier.canary.standing import Leg, Standing
from notifier.models import Canary
from notifier.pages.about import spell

FRESH = 15
"""Seconds that an answer may be kept: whoever asks every second costs us no more."""


@dataclass(frozen=True, slots=True)
class Way:
    """How it stands with feeds or mail. `state` is working, late, waiting, held or untested; `leg` has the figures.

    `whole`: what is measured ends where a reader is, and not with a mail server.
    """

    state: str
    leg: Leg
    whole: bool = True


@require_safe
@cache_control(public=True, max_age=FRESH)
def status(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    found = telling.read(now)
    ways = _ways(found)
    content = {
        "headline": _headline(ways, now),
        "every": spell(settings.CANARY_EVERY, language()) if settings.CANARY_EVERY else "",
        "ways": ways,
        "newest": _newest(),
        "seconds": seconds,
        "lasting": lasting,
    }
    return render(request, "notifier/status.html", content)


@the_same_for_all
@require_safe
@cache_control(public=True, max_age=FRESH)
def facts(_request: HttpRequest) -> HttpResponse:
    """Instants in UTC, durations in seconds. What has not been measured is null."""
    ways, newest = _ways(telling.read(clock.now())), _newest()
    every = settings.CANARY_EVERY
    content = {
        "every_seconds": every.total_seconds() if every else None,
        "overdue_seconds": settings.CANARY_OVERDUE.total_seconds() if every else None,
        **{name: _as_json(way) for name, way in ways.items()},
        "newest_release_at": newest.isoformat() if newest else None,
    }
    response = JsonResponse(content, json_dumps_params={"indent": 2})
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def seconds(value: float) -> str:
    """ "0.2 s", as the active language writes it."""
    return (_("%(number)s s") % {"number": number(round(value, 1))}).replace(" ", "\N{NO-BREAK SPACE}")


def lasting(duration: timedelta) -> str:
    """ "40 minutes" """
    return format_timedelta(duration, granularity="minute", threshold=2, locale=language())


def _ago(at: datetime, now: datetime) -> str:
    """ "4 minutes ago" """
    passed = min(at - now, timedelta(seconds=-1))  # which it takes to be in the past
    return format_timedelta(passed, add_direction=True, threshold=1.5, locale=language())


def _ways(found: Standing | None) -> dict[str, Way]:
    """Of feeds and of mail; none where no canaries are sent."""
    if found is None:
        return {}
    mail = "untested" if found.way == Canary.Way.NONE else _state(found.mail)
    mail = "held" if mailbox.is_stopped() else mail
    by_relay = found.way == Canary.Way.RELAY
    return {"feed": Way(_state(found.feed), found.feed), "mail": Way(mail, found.mail, whole=not by_relay)}


def _state(leg: Leg) -> str:
    if telling.is_overdue(leg):
        return "late"
    return "working" if leg.last else "waiting"


def _headline(ways: dict[str, Way], now: datetime) -> str:
    """What there is to say in one line."""
    if not ways:
        return _("No proofs are made here.")
    if any(way.state == "late" for way in ways.values()):
        return _("Something does not come through just now.")
    proven = {name: way.leg for name, way in ways.items() if way.state == "working"}
    ends = [leg.last.done_at for leg in proven.values() if leg.last and leg.last.done_at]
    if "feed" not in proven or not ends:
        return _("No proof yet: the first is on its way.")
    said = {"ago": _ago(min(ends), now)} | {name: seconds(leg.seconds or 0) for name, leg in proven.items()}
    if "mail" in proven:
        return _("Last proof %(ago)s: feed %(feed)s, mail %(mail)s") % said
    return _("Last proof %(ago)s: feed %(feed)s") % said


def _newest() -> datetime | None:
    """Since when the newest release has been in the feeds."""
    rows = Membership.objects.filter(feed=catalogue.ALL).order_by("-position")
    return rows.values_list("joined_at", flat=True).first()


def _as_json(way: Way) -> dict[str, Any]:
    leg = way.leg
    last = leg.last.done_at if leg.last else None
    took = leg.seconds
    return {
        "state": way.state,
        "ends_at": "reader" if way.whole else "relay",
        "last_proof_at": last.isoformat() if last else None,
        "seconds": None if took is None else round(took, 3),
        "last_day": {"came_through": leg.came, "begun": leg.begun},
    }

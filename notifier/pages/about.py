"""`/privacy` and `/accessibility`: what is so in this installation, from its settings."""

from __future__ import annotations

from datetime import timedelta

from babel.units import format_unit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feeds.templating import language
from notifier import retention

DAY, YEAR = timedelta(days=1), timedelta(days=365)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    kept = [(one.name, spell(one.period, language())) for one in retention.table()]
    return render(request, "notifier/privacy.html", {"kept": kept})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "notifier/accessibility.html")


def spell(period: timedelta, tongue: str) -> str:
    """ "35 days", "3 years", "1 hour": in the largest unit that it is a whole number of."""
    for unit, size in (("year", YEAR), ("day", DAY), ("hour", timedelta(hours=1))):
        if period >= size and not period % size:
            return str(format_unit(period // size, f"duration-{unit}", locale=tongue))
    return str(format_unit(period // timedelta(minutes=1), "duration-minute", locale=tongue))

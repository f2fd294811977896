"""`/`: choose offices and topics, see what that means, take it by mail or as a feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from config import clock
from feeds.pages.parts import addresses, named_feeds
from feeds.templating import language, newsroom_of, number, sentence_case
from notifier import daytimes, interests
from notifier.cadences import EVERY_DAY
from notifier.models import Frequency, Schedule
from notifier.pages import choice as choices
from notifier.pages import desk, timing, zones
from notifier.pages.choice import Choice
from notifier.pages.volume import Volume
from notifier.windows import LAST


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    chosen = choices.read(request.GET, desk.offered_topics(), desk.offered_offices())
    newsroom = newsroom_of(request)
    times = timing.standard(timing.offered(), newsroom.zone, language())
    return show(request, chosen, timing.Form(times), clock.now())


def show(request: HttpRequest, chosen: Choice, form: timing.Form, now: datetime) -> HttpResponse:
    """The front page with `chosen` ticked and `form` filled in; 422 if something in the form is wrong."""
    facts = desk.gather(chosen, newsroom_of(request), now, request.GET.get("page"))
    schedules = timing.offered()
    feeds = named_feeds()
    content = {
        "desk": facts,
        "chosen": chosen,
        "sentence": sentence_case(interests.describe(chosen.selection, language())),
        "names": [box.name for them in (facts.topics, facts.offices) for box in them.sight if box.ticked],
        "volume": say(facts.volume),
        "both": say(facts.both),
        "either": say(facts.either),
        "both_query": replace(chosen, either=False).query,
        "either_query": replace(chosen, either=True).query,
        "form": form,
        "frequencies": frequency_options(schedules, facts.volume),
        "feeds": [(feeds[path], addresses(path)) for path in chosen.feed_paths if path in feeds],
        **time_options(form.times, now),
    }
    return render(request, "notifier/front.html", content, status=422 if form.wrong else 200)


def time_options(times: timing.Times, now: datetime) -> dict[str, Any]:
    """The options of the selects for hour, days, zone and language."""
    hours = sorted({*zones.HOURS, times.minute})
    ticked = EVERY_DAY if times.frequency in {Frequency.WEEKLY, Frequency.MONTHLY} else times.weekdays
    short = zip(EVERY_DAY, zones.weekday_names(EVERY_DAY, language()), strict=True)
    return {
        "hours": [(minute, daytimes.spell(minute)) for minute in hours],
        "weekdays": zones.weekday_options(language()),
        "days": [(day, name, day in ticked) for day, name in short],
        "monthdays": [(int(day), day) for day in zones.MONTHDAYS[:-1]] + [(LAST, _("the last"))],
        "zones": zones.zone_options(times.zone, language(), now),
        "tongues": settings.LANGUAGES,
    }


def frequency_options(schedules: list[Schedule], volume: Volume | None) -> list[tuple[str, str]]:
    """(value, words), with the messages a week that each would mean, where the history tells and the words do not."""
    words = timing.names()
    options = []
    for row in schedules:
        label = words[row.frequency]
        if row.frequency == Frequency.SEVERAL:
            label = f"{label}: {row.times.replace(' ', ', ')}"
        elif volume is not None and volume.tells and row.frequency in {Frequency.INSTANT, Frequency.DAILY}:
            label = f"{label} ({_messages(volume.messages(row.frequency, len(row.weekdays)))})"
        options.append((row.frequency, label))
    return options


def say(volume: Volume) -> str:
    """The volume in words: by the week, by the month, or as a plain count where it is rarer."""
    if volume.a_month < 1 or not volume.tells:
        return ngettext("%(num)s release", "%(num)s releases", volume.total) % {"num": number(volume.total)}
    if volume.a_week < 1:
        count = round(volume.a_month)
        words = ngettext("about %(num)s release a month", "about %(num)s releases a month", count)
    else:
        count = round(volume.a_week)
        words = ngettext("about %(num)s release a week", "about %(num)s releases a week", count)
    return words % {"num": number(count)}


def _messages(a_week: float) -> str:
    if a_week < 0.75:
        return _("less than one a week")
    count = round(a_week)
    words = ngettext("about %(num)s a week", "about %(num)s a week", count)
    return words % {"num": number(count)}

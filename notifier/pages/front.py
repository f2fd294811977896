"""`/`: choose offices and topics, see what that means, take it by mail or as a feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from config import clock
from feeds import gazetteer, selecting
from feeds.catalogue import Catalogue, Feed
from feeds.pages.parts import Address, addresses, named_feeds
from feeds.selected import feed_of
from feeds.selecting import UnknownNames
from feeds.selection import BadSelection
from feeds.templating import language, newsroom_of, number, sentence_case
from notifier import daytimes, interests
from notifier.cadences import EVERY_DAY
from notifier.foresight import Foresight
from notifier.models import Frequency, Schedule
from notifier.pages import choice as choices
from notifier.pages import desk, lines, timing, zones
from notifier.pages.choice import Choice
from notifier.windows import LAST


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    newsroom = newsroom_of(request)
    form = timing.Form(timing.standard(timing.offered(), newsroom.zone, language()))
    try:
        chosen = choices.asked(request.GET, desk.offered_topics(), desk.offered_offices())
    except UnknownNames as strange:
        wrong = _("The address says “%(name)s”, which is no part of a choice. Please choose anew.")
        form = replace(form, wrong={"choose": wrong % {"name": ", ".join(strange.names)}})
        return show(request, Choice(), form, clock.now(), refused=400)
    except BadSelection:
        return show(request, Choice(), replace(form, wrong=nothing_like_it()), clock.now())
    return show(request, chosen, form, clock.now())


def nothing_like_it() -> dict[str, str]:
    """What is wrong with a form or an address whose selection cannot be."""
    return {"choose": _("This choice cannot be made, or not any more. Please choose anew.")}


def show(
    request: HttpRequest, chosen: Choice, form: timing.Form, now: datetime, refused: int = 422
) -> HttpResponse:
    """The front page with `chosen` ticked and `form` filled in; `refused` if something in the form is wrong."""
    schedules = timing.offered()
    sought = " ".join(request.GET.get("find", "").replace("\0", " ").split())[: gazetteer.LONGEST]
    facts = desk.gather(chosen, schedules, form.times.zone, now, request.GET.get("page"), sought)
    content = {
        "desk": facts,
        "chosen": chosen,
        "sentence": sentence_case(interests.describe(chosen.selection, language())),
        "names": [box.name for them in (facts.topics, facts.offices) for box in them.sight if box.ticked],
        "volume": say(facts.foresight),
        "messages": in_messages(facts.foresight, form.times.frequency),
        "both": say_all(facts.both, form.times.frequency),
        "either": say_all(facts.either, form.times.frequency),
        "say": say,
        "another": lines.another(chosen),
        "labelled": replace(chosen, untagged=False).query,
        "both_query": replace(chosen, either=False).query,
        "either_query": replace(chosen, either=True).query,
        "kept": kept_fields(chosen),
        "sought": sought.encode("utf-8", "replace").decode(),
        "types": [("", _("Any type")), *desk.offered_types().items()],
        "form": form,
        "frequencies": frequency_options(schedules, facts.foresight),
        "feeds": feeds_of(chosen),
        **time_options(form.times, now),
    }
    return render(request, "notifier/front.html", content, status=refused if form.wrong else 200)


def feeds_of(chosen: Choice) -> list[tuple[Feed, list[Address]]]:
    """Feeds with their addresses: first the one that brings just what was chosen, then those of its parts."""
    feeds = named_feeds()
    named = [(feeds[path], addresses(path)) for path in chosen.feed_paths if path in feeds]
    if len(named) == 1:
        return named
    query = selecting.write(chosen.selection)
    feed = replace(feed_of(chosen.selection, Catalogue()), path=f"selection?{query}")
    return [(feed, addresses("selection", query)), *named]


def kept_fields(chosen: Choice) -> list[tuple[str, str]]:
    """What the form does not show of the choice, as fields it hands on: the other lines, and what the one that is open
    asks for beside its boxes, its first word and its first type.
    """
    beside = replace(chosen.beside, words=chosen.beside.words[1:], types=chosen.beside.types[1:])
    others = [choices.fields_of(rule, number) for number, rule in enumerate(chosen.others, 2)]
    return [*choices.fields_of(beside), *chain.from_iterable(others)]


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


def frequency_options(schedules: list[Schedule], foreseen: Foresight | None) -> list[tuple[str, str]]:
    """(value, words), with the messages a week that each would mean, where the history tells and the words do not."""
    words = timing.names()
    options = []
    for row in schedules:
        label = words[row.frequency]
        if row.frequency == Frequency.SEVERAL:
            label = f"{label}: {row.times.replace(' ', ', ')}"
        elif foreseen is not None and foreseen.tells and not _is_rare(foreseen.runs_a_week(row.frequency)):
            label = f"{label} ({_messages(foreseen.messages_a_week(row.frequency))})"
        options.append((row.frequency, label))
    return options


def say(foreseen: Foresight) -> str:
    """How many releases, in words: by the week, by the month, or as a plain count where they are rarer."""
    if foreseen.a_month < 1 or not foreseen.tells:
        return ngettext("%(num)s release", "%(num)s releases", foreseen.total) % {
            "num": number(foreseen.total)
        }
    if foreseen.a_week < 1:
        count = round(foreseen.a_month)
        words = ngettext("about %(num)s release a month", "about %(num)s releases a month", count)
    else:
        count = round(foreseen.a_week)
        words = ngettext("about %(num)s release a week", "about %(num)s releases a week", count)
    return words % {"num": number(count)}


def in_messages(foreseen: Foresight, frequency: str) -> str:
    """In how many messages at this frequency; "" where the history does not tell, or the frequency itself does."""
    if (
        foreseen.a_week < 1
        or not foreseen.tells
        or frequency not in foreseen.messages
        or _is_rare(foreseen.runs_a_week(frequency))
    ):
        return ""
    count = max(1, round(foreseen.messages_a_week(frequency)))
    words = ngettext("in about %(num)s message a week", "in about %(num)s messages a week", count)
    return words % {"num": number(count)}


def say_all(foreseen: Foresight, frequency: str) -> str:
    """How many releases, in how many messages."""
    return " ".join(filter(None, (say(foreseen), in_messages(foreseen, frequency))))


def _is_rare(runs_a_week: float | None) -> bool:
    """What leaves once a week or less says by its name how much that is."""
    return runs_a_week is not None and runs_a_week < 1.5


def _messages(a_week: float) -> str:
    if a_week < 0.75:
        return _("less than one a week")
    count = round(a_week)
    words = ngettext("about %(num)s a week", "about %(num)s a week", count)
    return words % {"num": number(count)}

"""What a selection would mean by mail, said on the pages of feeds."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from config import clock
from feeds.selection import Selection
from feeds.templating import newsroom_of, sentence_case
from notifier import recent
from notifier.foresight import Foresight
from notifier.pages import front, timing


def lines(request: HttpRequest, selection: Selection) -> list[str]:
    """How many releases, and how many messages a week at each frequency that is offered."""
    schedules = timing.offered()
    foreseen = recent.foresee(selection, schedules, newsroom_of(request).zone, clock.now())
    if not foreseen.enough:
        return [_("There is too little history yet to say how much that is a week.")]
    options = [words for _value, words in front.frequency_options(schedules, foreseen) if "(" in words]
    return [_releases(foreseen), *([" · ".join(options)] if options else [])]


def _releases(foreseen: Foresight) -> str:
    """What is too rare for a rate is said by the weeks."""
    if foreseen.a_month < 1:
        weeks = {"low": min(foreseen.weeks), "high": max(foreseen.weeks)}
        return _("Releases a week over the last 13 weeks: between %(low)s and %(high)s") % weeks
    return sentence_case(front.say(foreseen))

"""What a subscriber has asked for, as pages show it and as forms change it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from feeds.selection import Selection
from feeds.templating import language, sentence_case
from notifier import addresses, interests, subscriptions
from notifier.models import Frequency, Schedule, Subscriber
from notifier.pages import choice, zones
from notifier.pages.choice import Choice
from notifier.pages.timing import Times
from notifier.wishes import Wish


@dataclass(frozen=True, slots=True)
class Held:
    """One live subscription, by its number on the page. `choice` is None where the simple form cannot say it."""

    number: int
    wish: Wish
    choice: Choice | None
    sentence: str
    times: Times
    words: str

    @property
    def frequency(self) -> str:
        return self.wish.frequency

    @property
    def selection(self) -> Selection:
        return self.wish.selection


def held_by(subscriber: Subscriber) -> list[Held]:
    """The live subscriptions, oldest first, in the page's language."""
    wanted = subscriptions.wishes_of(subscriber)
    return [_held(number, wish, subscriber) for number, wish in enumerate(wanted, start=1)]


def say(times: Times) -> str:
    """ "Every day at 07:00 (Vienna)" """
    if times.frequency == Frequency.INSTANT:
        return _("At once")
    values = {
        "hour": f"{times.minute // 60:02}:{times.minute % 60:02}",
        "place": zones.city(times.zone, language()),
    }
    if times.frequency == Frequency.DAILY:
        return _("Every day at %(hour)s, %(place)s time") % values
    days = dict(zones.weekday_options(language()))
    values["day"] = days.get(times.weekdays[:1], "")
    return _("Once a week: %(day)s, %(hour)s, %(place)s time") % values


def masked(subscriber: Subscriber) -> str:
    """The address as a page behind a link shows it: enough to know one's own, too little to learn another's."""
    local, _at, domain = addresses.decrypt(bytes(subscriber.address)).rpartition("@")
    return f"{local[:1]}…@{domain}"


def _held(number: int, wish: Wish, subscriber: Subscriber) -> Held:
    usual = Schedule.objects.filter(frequency=wish.frequency).first() or Schedule()
    minute = usual.minute if wish.minute is None else wish.minute
    times = Times(
        wish.frequency, minute, wish.weekdays or usual.weekdays, subscriber.zone, subscriber.language
    )
    sentence = sentence_case(interests.describe(wish.selection, language()))
    return Held(number, wish, choice.behind(wish.selection), sentence, times, say(times))

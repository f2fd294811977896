"""What a subscriber has asked for, as pages show it and as forms change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from django.utils.translation import gettext as _

from feeds.selection import Selection
from feeds.templating import language, sentence_case
from notifier import addresses, daytimes, interests, subscriptions
from notifier.cadences import EVERY_DAY
from notifier.models import Chain, Frequency, Schedule, Subscriber
from notifier.pages import choice, zones
from notifier.pages.choice import Choice
from notifier.pages.timing import Times, first_minute
from notifier.windows import LAST
from notifier.wishes import Wish, alongside, usual


@dataclass(frozen=True, slots=True)
class Held:
    """One subscription. `number`: its place on the page; forms name it by its `key`, as places change. `choice` is None
    where the simple form cannot say it.
    """

    number: int
    wish: Wish
    choice: Choice | None
    sentence: str
    times: Times
    words: str

    @property
    def key(self) -> str:
        """What it is and when it comes: another one as soon as it has been changed."""
        wish = self.wish
        said = (wish.frequency, wish.selection.digest, wish.minute, wish.weekdays, wish.monthday)
        return blake2b(repr(said).encode(), digest_size=8).hexdigest()

    @property
    def lines(self) -> list[str]:
        """Each line of what it selects, in the page's language; any of them is enough."""
        return [
            sentence_case(interests.describe(Selection((rule,)), language())) for rule in self.selection.rules
        ]

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


def called(held: Iterable[Held], key: str) -> Held | None:
    """The one that a form names, if it is there still and is as it was."""
    return next((it for it in held if it.key == key), None)


def would_hold(subscriber: Subscriber, wish: Wish) -> Held:
    """A wish that is not had yet, as it would be, in the page's language. Its number is 0."""
    return _held(0, alongside(wish, subscriptions.wishes_of(subscriber)), subscriber)


def said(wish: Wish, subscriber: Subscriber, number: int) -> Held:
    """A wish that is had no more, in the page's language, under a number of its own."""
    return _held(number, wish, subscriber)


def say(times: Times, hours: str) -> str:
    """ "Every day at 07:00, Vienna time". `hours`: those of several messages a day, as 08:00 13:00 18:00."""
    if times.frequency == Frequency.INSTANT:
        return _("At once")
    several = times.frequency == Frequency.SEVERAL
    values = {
        "hour": hours.replace(" ", ", ") if several else daytimes.spell(times.minute),
        "place": zones.city(times.zone, language()),
    }
    if times.frequency == Frequency.MONTHLY:
        if times.monthday == LAST:
            return _("On the last day of each month, %(hour)s, %(place)s time") % values
        values["day"] = str(times.monthday)
        return _("Once a month: day %(day)s, %(hour)s, %(place)s time") % values
    if times.frequency == Frequency.WEEKLY:
        values["day"] = dict(zones.weekday_options(language())).get(times.weekdays[:1], "")
        return _("Once a week: %(day)s, %(hour)s, %(place)s time") % values
    if times.weekdays != EVERY_DAY:
        values["days"] = ", ".join(zones.weekday_names(times.weekdays, language()))
        return _("%(days)s at %(hour)s, %(place)s time") % values
    return _("Every day at %(hour)s, %(place)s time") % values


def masked(subscriber: Subscriber) -> str:
    """The address as a page behind a link shows it: enough to know one's own, too little to learn another's."""
    local, _at, domain = addresses.decrypt(bytes(subscriber.address)).rpartition("@")
    return f"{local[:1]}…@{domain}"


def _held(number: int, wish: Wish, subscriber: Subscriber) -> Held:
    schedule = Schedule.objects.filter(frequency=wish.frequency).first() or usual(wish.frequency)
    # Whoever has a cadence gets mail at its times, whatever the newsroom offers to others by now.
    own = Chain.objects.filter(cadence__subscriber=subscriber, frequency=wish.frequency).first()
    times = Times(
        wish.frequency,
        own.minutes[0] if own else first_minute(schedule) if wish.minute is None else wish.minute,
        own.weekdays if own else wish.weekdays or schedule.weekdays,
        subscriber.zone,
        subscriber.language,
        (own.monthday if own else wish.monthday) or schedule.monthday,
    )
    sentence = sentence_case(interests.describe(wish.selection, language()))
    words = say(times, own.times if own else schedule.times)
    return Held(number, wish, choice.behind(wish.selection), sentence, times, words)

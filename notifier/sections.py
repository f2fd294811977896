"""The notifier's part of the configuration: frequencies, texts, and what keeps a term from being removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.conf import settings

from config import fields as f
from config.fields import Field
from config.sections import Row, Section, register_use
from config.sections import register as _register
from feeds import former
from notifier import sandbox, texts
from notifier.models import QUICKEST_FIRST, Frequency, Schedule, Subscription, Text
from notifier.windows import LAST

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def register() -> None:
    """Called when the apps are ready."""
    _register(SCHEDULE)
    _register(TEXT)
    for name, fields in _FIELDS.items():
        register_use(name, partial(_chosen, fields))


def _times(schedule: Schedule) -> list[str]:
    return schedule.times.split()


def _set_times(schedule: Schedule, value: list[str]) -> None:
    schedule.times = " ".join(value)


def _monthday(schedule: Schedule) -> int | str:
    return "last" if schedule.monthday == LAST else schedule.monthday


def _set_monthday(schedule: Schedule, value: int | str) -> None:
    schedule.monthday = LAST if value == "last" else int(value)


def _weekdays(schedule: Schedule) -> list[str]:
    return [day for number, day in enumerate(DAYS, 1) if str(number) in schedule.weekdays]


def _set_weekdays(schedule: Schedule, value: list[str]) -> None:
    schedule.weekdays = "".join(str(DAYS.index(day) + 1) for day in value)


def _month_day(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return (
        None if value == "last" or (whole and 1 <= value <= 28) else 'must be a day from 1 to 28, or "last"'
    )


def _one_time(rows: Sequence[Row]) -> Iterator[tuple[int, str, str]]:
    """Only the frequency of that name comes several times a day."""
    for index, row in enumerate(rows):
        if row["frequency"] != Frequency.SEVERAL and len(row["times"]) > 1:
            yield index, "times", "times must be one time only; several are for the frequency 'several'"


_FIELDS = {
    "office": ("offices", "not_offices"),
    "topic": ("topics", "not_topics"),
    "type": ("types", "not_types"),
}


def _chosen(fields: tuple[str, ...], term: Any) -> str:
    """Whether somebody's live subscription names the term. Where it went up in another, they have followed it there."""
    if term.slug in getattr(former.known(), fields[0]):
        return ""
    live = Subscription.objects.filter(ended_at=None).values_list("interest__selection", flat=True).distinct()
    for selection in live.iterator():
        if any(term.slug in rule.get(name, ()) for rule in selection["rules"] for name in fields):
            return "subscriptions name it"
    return ""


def schedule_of(row: Row) -> Schedule:
    """The schedule that a row of the configuration means; it is not saved."""
    schedule = Schedule()
    for field in SCHEDULE.fields:
        field.write(schedule, row[field.name])
    return schedule


def _words(language: str) -> Field:
    """The text in one language, "" for Herald's own."""

    def put(text: Text, value: str) -> None:
        words = {**text.words, language: value}
        text.words = {code: words[code] for code in settings.HERALD_LANGUAGES if words.get(code)}

    return Field(
        language,
        f.text(sandbox.LONGEST, lines=True),
        "",
        get=lambda text: text.words.get(language, ""),
        put=put,
        about="The text in this language; empty: Herald's own.",
    )


def _texts(rows: Sequence[Row]) -> Iterator[tuple[int, str, str]]:
    """Each text is tried on made-up messages of the kinds in which it may stand."""
    from notifier import trial  # it needs templates, and sections are registered while apps start

    for index, row in enumerate(rows):
        for language in settings.HERALD_LANGUAGES if row["key"] in texts.KINDS else ():
            for fault in trial.faults(row["key"], language, row[language]):
                yield index, language, f"{language} {fault}"


SCHEDULE = Section(
    name="schedule",
    file="subscriptions",
    model=Schedule,
    key="frequency",
    order=lambda row: QUICKEST_FIRST.index(row["frequency"]),
    check=_one_time,
    in_use=lambda _: "set offered = false instead",
    fields=(
        Field("frequency", f.choice(*Frequency.values), about="How often."),
        Field("offered", f.flag, True, about="False: it is offered no more."),
        Field(
            "times",
            f.times_of_day(24),
            ["07:00"],
            get=_times,
            put=_set_times,
            about="Local to each reader; what one begins with. Only `several` may have more than one.",
        ),
        Field(
            "weekdays",
            f.some_of(*DAYS),
            list(DAYS),
            get=_weekdays,
            put=_set_weekdays,
            about="On which days it comes.",
        ),
        Field(
            "monthday",
            _month_day,
            1,
            get=_monthday,
            put=_set_monthday,
            about="On which day of the month the monthly one comes.",
        ),
        Field("too_late_hours", f.number(0, 28 * 24), 0),
        Field("settling_seconds", f.number(0, 86_400), 60),
        Field("hold_above", f.number(0, 100_000_000), 0),
        Field("hold_above_hourly", f.number(0, 100_000_000), 0),
    ),
)

TEXT = Section(
    name="text",
    file="texts",
    model=Text,
    key="key",
    order=lambda row: list(texts.KINDS).index(row["key"]) if row["key"] in texts.KINDS else len(texts.KINDS),
    check=_texts,
    fields=(
        Field("key", f.choice(*texts.KINDS), about="Which text it is; `docs/editions.md` lists them."),
        *map(_words, settings.HERALD_LANGUAGES),
    ),
)

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
from notifier import sandbox, texts
from notifier.models import Frequency, Schedule, Subscription, Text

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def register() -> None:
    """Called when the apps are ready."""
    _register(SCHEDULE)
    _register(TEXT)
    for name, fields in _FIELDS.items():
        register_use(name, partial(_chosen, fields))


def _time(schedule: Schedule) -> str:
    return f"{schedule.minute // 60:02}:{schedule.minute % 60:02}"


def _set_time(schedule: Schedule, value: str) -> None:
    hours, _, minutes = value.partition(":")
    schedule.minute = int(hours) * 60 + int(minutes)


def _weekdays(schedule: Schedule) -> list[str]:
    return [day for number, day in enumerate(DAYS, 1) if str(number) in schedule.weekdays]


def _set_weekdays(schedule: Schedule, value: list[str]) -> None:
    schedule.weekdays = "".join(str(DAYS.index(day) + 1) for day in value)


_FIELDS = {
    "office": ("offices", "not_offices"),
    "topic": ("topics", "not_topics"),
    "type": ("types", "not_types"),
}


def _chosen(fields: tuple[str, ...], term: Any) -> str:
    """Whether somebody's live subscription names the term."""
    live = Subscription.objects.filter(ended_at=None).values_list("interest__selection", flat=True).distinct()
    for selection in live.iterator():
        if any(term.slug in rule.get(name, ()) for rule in selection["rules"] for name in fields):
            return "subscriptions name it"
    return ""


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
    order=lambda row: Frequency.values.index(row["frequency"]),
    in_use=lambda _: "set offered = false instead",
    fields=(
        Field("frequency", f.choice(*Frequency.values)),
        Field("offered", f.flag, True),
        Field("time", f.time_of_day, "07:00", get=_time, put=_set_time),
        Field("weekdays", f.some_of(*DAYS), list(DAYS), get=_weekdays, put=_set_weekdays),
        Field("settling_seconds", f.number(0, 86_400), 60),
    ),
)

TEXT = Section(
    name="text",
    file="texts",
    model=Text,
    key="key",
    order=lambda row: list(texts.KINDS).index(row["key"]) if row["key"] in texts.KINDS else len(texts.KINDS),
    check=_texts,
    fields=(Field("key", f.choice(*texts.KINDS)), *map(_words, settings.HERALD_LANGUAGES)),
)

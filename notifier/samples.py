"""Made-up messages of every kind: what texts are tried on before they are saved, and what previews show. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from feeds.naming import Name
from feeds.templating import absolute, day
from notifier.contents import Changed, Entry, Letter

WHEN = datetime(2025, 2, 17, 6, 0, tzinfo=UTC)
_TOPICS = ("Border management", "Countering terrorism", "Media freedom and development", "Elections")
_OFFICES = ("OSCE Centre in Ashgabat", "OSCE Programme Office in Bishkek", "OSCE Mission to Skopje", "ODIHR")
_TITLES = (
    "OSCE organizes training of trainers course for canine border guards in Turkmenistan",
    "31 experts of the Border Service complete a course in explosive ordnance disposal",
    "Journalists and police discuss how to work side by side at demonstrations",
    "Observation mission opens in Skopje ahead of local elections",
    "Statement on the killing of a journalist",
    "Young women from Central Asia take up networking and computer security",
    "Four-day visit ends with a call for a comprehensive law against trafficking",
)
_SUMMARY = (
    "A training of trainers course opened on 17 February 2025 in the Farap etrap of the Lebap velayat. Its aim is to "
    "enhance the skills of those who train dogs and their handlers at border crossing points."
)


def letter(kind: str, language: str) -> Letter:
    """A message of one of `KINDS`, in `language`."""
    with translation.override(language):
        layout, entries = KINDS[kind]()
        place = _("%(city)s time") % {"city": "Vienna"}
        moment = _("your daily digest, %(hour)s %(place)s") if layout == "digest" else _("%(hour)s %(place)s")
        occasion = f"{day(WHEN.date(), 'full')} · {moment % {'hour': '07:00', 'place': place}}"
    about = {
        "title": _TITLES[0],
        "key": "sample-1",
        "language_of_title": "en",
    }  # of a release that is watched
    chosen = {"choices": [f"{_TOPICS[0]}, {_TOPICS[1]}"], "so_far": [_TOPICS[3]], **about}
    content: dict[str, Any] = {} if entries else chosen
    if kind == "welcome":
        content |= {
            "first": [f"07:00, {day(WHEN.date(), 'full')}"],
            "sample": [_entry(0), _entry(1), _entry(4)],
        }
    if kind in {"move", "moving"}:
        content |= {"other": "a…@example.org"}
    web = absolute("/editions/" + "A" * 46) if entries else ""
    return Letter(0, 1, 0, layout, language, WHEN, occasion, entries, content, web)


def _entry(number: int) -> Entry:
    topic, office = Name(_TOPICS[number % 4], "en"), Name(_OFFICES[number // 2 % 4], "en")
    return Entry(
        title=_TITLES[number % 7],
        url=absolute(f"/releases/sample-{number + 1}"),
        language="en",
        day=date(2025, 2, 17),
        origin=(office, Name("News", "en")),
        summary=_SUMMARY,
        note="",
        because=(topic,),
        also=(Name(_TOPICS[(number + 1) % 4], "en"),) if number % 3 == 0 else (),
        under={"topic": topic, "office": office},
        key=f"sample-{number + 1}",
    )


def _corrected() -> Entry:
    return replace(
        _entry(4), state="corrected", notice=True, note="A name in the second paragraph was wrong.", summary="",
        remark=_("Corrected on %(when)s") % {"when": day(date(2025, 2, 16))},
        changes=(Changed(_("Text"), "Ann Smith, who leads the mission, agreed.", "Anne Smith, who leads it, agreed."),),
        more=1,
    )  # fmt: skip


def _withdrawn() -> Entry:
    return replace(
        _entry(5), state="withdrawn", notice=True, day=None, origin=(),
        summary=_("The newsroom has withdrawn this release. Please do not quote it any more."),
        note="It was published by mistake.",
        remark=_("Withdrawn on %(when)s") % {"when": day(date(2025, 2, 16))},
    )  # fmt: skip


Made = tuple[str, tuple[Entry, ...]]
KINDS: dict[str, Callable[[], Made]] = {
    "alert": lambda: ("alert", (_entry(0),)),
    "digest": lambda: ("digest", tuple(map(_entry, range(12)))),
    "small digest": lambda: ("digest", (_entry(0), _entry(1), _corrected())),
    "correction": lambda: ("correction", (_corrected(),)),
    "withdrawal": lambda: ("correction", (_withdrawn(),)),
    "change": lambda: ("watch", (_corrected(),)),
    "confirm": lambda: ("confirm", ()),
    "welcome": lambda: ("welcome", ()),
    "manage": lambda: ("manage", ()),
    "add": lambda: ("add", ()),
    "watching": lambda: ("watching", ()),
    "gone": lambda: ("gone", ()),
    "changed": lambda: ("changed", ()),
    "move": lambda: ("move", ()),
    "moving": lambda: ("moving", ()),
}


LETTERS = frozenset({"confirm", "welcome", "manage", "add", "watching", "gone", "changed", "move", "moving"})
"""The layouts of letters to one person."""


def kinds_with(key: str) -> tuple[str, ...]:
    """The kinds of message in which the text `key` (see `notifier.texts`) may stand."""
    layout = key.partition("-")[0]
    return (layout,) if layout in LETTERS else tuple(kind for kind in KINDS if kind not in LETTERS)

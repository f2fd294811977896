"""A message as it would look now, without planning, storing or sending anything."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation

from feeds import former, store, templating
from feeds.models import Announcement, Release
from feeds.selection import Facts, Selection
from notifier import amendments, contents, interests, letters, proofs, samples, texts
from notifier.correcting import joining
from notifier.letters import Letter
from notifier.models import Cadence, Edition
from notifier.texts import Wording

READER = "reader@example.org"
NEWEST = 10
LOOKED_AT = 2_000


@dataclass(frozen=True, slots=True)
class Preview:
    """A message: its bytes, subject and both bodies. Its links are of the right form and lead nowhere."""

    raw: bytes
    subject: str
    text: str
    html: str


def of_selection(
    selection: Selection, language: str, now: datetime, most: int = NEWEST, wording: Wording | None = None
) -> Preview | None:
    """The newest releases that the selection matches, whether announced or not; None if there is none."""
    letter = letter_of(selection, language, now, most)
    if letter is None:
        return None
    return _filled(letter, now, wording or texts.wording(), interests.describe(selection, language))


def letter_of(selection: Selection, language: str, now: datetime, most: int = NEWEST) -> Letter | None:
    """The same, not yet made into a message."""
    newest = store.shown().order_by("-published_on", "-pk")[:LOOKED_AT]
    found = [release for release in newest if selection.matches(store.facts(release))][:most]
    return _letter(_content(found, selection), language, store.newsroom().zone, now)


def of_releases(ids: Sequence[int], selection: Selection, language: str, now: datetime) -> Preview | None:
    """A digest of these releases for those who chose the selection; None if there are none. What terms went up in
    others counts as there, noticed or not.
    """
    led, loaded = former.known(), store.load(ids)
    meant = led.selection(selection)
    content = [
        {"release": pk, "because": [list(r) for r in meant.reasons(led.facts(store.facts(loaded[pk])))]}
        for pk in ids
        if pk in loaded
    ]
    letter = _letter(content, language, store.newsroom().zone, now)
    if letter is None:
        return None
    return _filled(letter, now, texts.wording(), interests.describe(meant, language))


def of_cadence(cadence: Cadence, now: datetime) -> Preview | None:
    """What this person would get at this frequency if it were due now, corrections too; None if nothing is new."""
    chosen = interests.selections([cadence.interest_id, cadence.minus_id])
    selection, minus = chosen[cadence.interest_id], chosen[cadence.minus_id]
    since = max(cadence.since, cadence.chain.served_until) if cadence.joined_at <= now else cadence.since
    announced = Announcement.objects.filter(at__gte=since, at__lt=now).order_by("at")
    before = dict(announced.values_list("release_id", "before"))
    found = [
        release
        for release in store.load(before).values()
        if _is_new(store.facts(release), before[release.pk], selection, minus)
    ]
    content = joining.joined_for(cadence, _content(found, selection))
    letter = _letter(content, cadence.language, cadence.chain.zone, now)
    if letter is None:
        return None
    return _filled(letter, now, texts.wording(), interests.describe(selection, cadence.language))


def of_sample(kind: str, language: str, wording: Wording) -> Preview:
    """A made-up message of one of `samples.KINDS`."""
    letter = samples.letter(kind, language)
    return _filled(letter, letter.made_at, wording, "Border management, Countering terrorism")


def of_edition(edition: Edition) -> Preview:
    """An edition as it leaves. Raises letters.Empty."""
    return _read(proofs.message(edition, READER))


def _is_new(facts: Facts, before: object, selection: Selection, minus: Selection) -> bool:
    earlier = Facts.from_json(before) if isinstance(before, dict) else None
    return (
        selection.matches(facts)
        and not minus.matches(facts)
        and not (earlier is not None and selection.matches(earlier))
    )


def _content(releases: Iterable[Release], selection: Selection) -> list[dict[str, Any]]:
    return [
        {"release": release.pk, "because": [list(r) for r in selection.reasons(store.facts(release))]}
        for release in releases
    ]


def _letter(content: list[dict[str, Any]], language: str, zone: str, now: datetime) -> Letter | None:
    with translation.override(language):
        edition = Edition(layout="digest", language=language, content=content)
        entries = [*amendments.entries(content), *contents.entries(edition)]
        occasion = templating.day(now.astimezone(ZoneInfo(zone)).date(), "full")
    if not entries:
        return None
    return Letter(0, 1, 0, "digest", language, now, occasion, entries, {}, letters.web_address(0, now.date()))


def _filled(letter: Letter, now: datetime, wording: Wording, choice: str) -> Preview:
    pattern = letters.compose(letter, store.newsroom(), wording)
    return _read(pattern.fill(letters.values(pattern, 0, now.date(), 0, READER, choice)))


def _read(raw: bytes) -> Preview:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    bodies = (part.get_content().replace("\r\n", "\n") for part in (text, html))
    return Preview(raw, str(message["Subject"]), *bodies)

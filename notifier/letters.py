"""Editions into finished messages with slots, rendered once and kept; and the values that fill the slots.

    Edition -> contents.entries -> layouts.pages, headers -> mime.build -> Pattern -> Rendering
    (dispatch, subscriber) -> values() -> Pattern.fill -> the bytes for the relay

Every byte follows from (edition version, delivery): the Date is the dispatch's, the Message-ID a keyed hash, tokens are
deterministic, boundaries fixed. So a message that must be sent again is the same message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from feeds import store, templating
from feeds.models import CANARY, Newsroom
from notifier import amendments, contents, daytimes, layouts, mime, summary, texts, tokens
from notifier.contents import Letter
from notifier.headers import header_lines, subject
from notifier.models import Chain, Dispatch, Edition, EditionText, Frequency, Rendering
from notifier.splice import Pattern
from notifier.texts import Wording

__all__ = ["Empty", "Letter", "compose", "message_id", "patterns", "render", "values", "web_address"]


class Empty(Exception):
    """Nothing of the edition may be shown any more: there is no message to send."""


def render(edition: Edition) -> Pattern:
    """The pattern of this version of the edition: the stored one, or made and stored now. Raises Empty."""
    pattern = patterns([edition])[edition.pk]
    if pattern is None:
        raise Empty(f"edition {edition.pk} holds nothing that may be shown")
    return pattern


def patterns(editions: Collection[Edition]) -> dict[int, Pattern | None]:
    """The patterns of these editions in the versions given, by id; None for one that holds nothing any more."""
    found = _stored(editions)
    if made := _made([edition for edition in editions if edition.pk not in found]):
        found |= _store(made)
    return {pk: Pattern.unpack(found[pk]) if pk in found else None for pk in (e.pk for e in editions)}


def compose(letter: Letter, newsroom: Newsroom, wording: Wording = Wording()) -> Pattern:  # noqa: B008 - never altered
    """The message of a letter; pure but for the templates."""
    with translation.override(letter.language):
        facts = summary.facts(letter, newsroom)
        called = subject(letter, wording, facts)
        headers = header_lines(letter, newsroom, called)
        html, text = layouts.pages(letter, newsroom, wording, facts, called)
    boundary = "=_" + hashlib.sha256(f"herald {letter.edition} {letter.version}".encode()).hexdigest()[:32]
    return mime.build(headers, text, html, boundary)


def web_address(edition: int, made_on: date) -> str:
    """Where an edition can be read on the web: for everybody, and nothing in it tells whose link it was."""
    return templating.absolute(f"/editions/{tokens.make(tokens.Purpose.EDITION, 0, edition, made_on)}")


def values(
    pattern: Pattern, dispatch: int, made_on: date, subscriber: int, to: str, choice: str
) -> dict[str, str]:
    """What fills the slots for one delivery. `to` is the address in ASCII, `choice` what the person had chosen."""
    found = {"to": to, "message_id": message_id(dispatch, subscriber)}
    for name, purpose in _LINKS.items():
        if name in pattern.slots:
            found[name] = tokens.make(purpose, subscriber, dispatch, made_on)
    if "choice" in pattern.slots:
        found["choice"] = choice
        found["choice_text"] = _wrapped(choice)
    return found


def message_id(dispatch: int, subscriber: int) -> str:
    """The left part of the Message-ID: the same for each attempt, and it tells nothing."""
    made = _keyed(settings.SECRET_KEY).copy()
    made.update(b"%d %d" % (dispatch, subscriber))
    return made.hexdigest()


_LINKS = {
    "unsubscribe": tokens.Purpose.UNSUBSCRIBE,
    "manage": tokens.Purpose.MANAGE,
    "confirm": tokens.Purpose.CONFIRM,
    "watch": tokens.Purpose.WATCH,
    "unwatch": tokens.Purpose.UNWATCH,
    "add": tokens.Purpose.ADD,
    "move": tokens.Purpose.MOVE,
}


def _stored(editions: Collection[Edition]) -> dict[int, bytes]:
    versions = {edition.pk: edition.version for edition in editions}
    rows = Rendering.objects.filter(edition_id__in=versions).values_list("edition_id", "version", "message")
    return {pk: bytes(packed) for pk, version, packed in rows if version == versions[pk]}


def _store(made: Mapping[Edition, tuple[Letter, bytes]]) -> dict[int, bytes]:
    """Keep what was made, and how each release reads in it. Whoever comes second sends the first's."""
    rows = [Rendering(edition=e, version=e.version, message=packed) for e, (_, packed) in made.items()]
    with transaction.atomic():
        Rendering.objects.bulk_create(rows, ignore_conflicts=True)
        stored = _stored(made)
        texts = [
            EditionText(edition=e, version=e.version, release_id=it.release, fingerprint=it.fingerprint)
            for e, (letter, packed) in made.items()
            if stored[e.pk] == packed
            for it in letter.entries
            if it.fingerprint
        ]
        EditionText.objects.bulk_create(texts, ignore_conflicts=True)
    return stored


def _made(editions: Collection[Edition]) -> dict[Edition, tuple[Letter, bytes]]:
    """The messages of those that hold anything, packed; not stored yet."""
    if not editions:
        return {}
    newsroom, wording = store.newsroom(), texts.wording()
    letters = ((edition, _letter(edition)) for edition in editions)
    return {
        edition: (letter, compose(letter, newsroom, wording).pack())
        for edition, letter in letters
        if letter is not None
    }


def _letter(edition: Edition) -> Letter | None:
    dispatch = edition.dispatch
    of_releases = isinstance(edition.content, list)
    with translation.override(edition.language):
        told = amendments.entries(edition.content) if of_releases else []
        entries = [*told, *contents.entries(edition)] if of_releases else []
        occasion = _occasion(edition.layout, dispatch)
    if of_releases and not entries:
        return None
    content = {} if of_releases else _with_sample(edition)
    has_page = of_releases and edition.layout != CANARY
    return Letter(
        edition.pk, edition.version, dispatch.pk, edition.layout, edition.language, dispatch.made_at, occasion,
        entries, content, web_address(edition.pk, dispatch.made_at.date()) if has_page else "",
    )  # fmt: skip


def _with_sample(edition: Edition) -> dict[str, Any]:
    """What a letter's layout brought along; the releases it shows as they are now, without those nobody may see."""
    content: dict[str, Any] = edition.content
    if "sample" not in content:
        return content
    with translation.override(edition.language):
        newsroom, shown = store.newsroom(), store.load(content["sample"])
        sample = [contents.entry(shown[pk], newsroom) for pk in content["sample"] if pk in shown]
    return {**content, "sample": sample}


def _occasion(layout: str, dispatch: Dispatch) -> str:
    """ "Monday, 17 February 2025 · your daily digest, 07:00 Vienna time" """
    chain: Chain | None = dispatch.chain
    if chain is None or layout == "alert":
        zone = store.newsroom().zone
        local = dispatch.made_at.astimezone(ZoneInfo(zone))
        moment = _("%(hour)s %(place)s") % {"hour": f"{local:%H:%M}", "place": _time_of(zone)}
        return f"{templating.day(local.date(), 'full')} · {moment}"
    day = dispatch.local_date or dispatch.made_at.astimezone(ZoneInfo(chain.zone)).date()
    minute = chain.minutes[0] if dispatch.minute is None else dispatch.minute
    words = _digest(chain.frequency, {"hour": daytimes.spell(minute), "place": _time_of(chain.zone)})
    return f"{templating.day(day, 'full')} · {words}"


def _digest(frequency: str, when: dict[str, str]) -> str:
    """ "your daily digest, 07:00 Vienna time" """
    if frequency == Frequency.SEVERAL:
        return _("your digest of %(hour)s %(place)s") % when
    if frequency == Frequency.WEEKLY:
        return _("your weekly digest, %(hour)s %(place)s") % when
    if frequency == Frequency.MONTHLY:
        return _("your monthly digest, %(hour)s %(place)s") % when
    return _("your daily digest, %(hour)s %(place)s") % when


def _time_of(zone: str) -> str:
    """ "Vienna time" """
    if zone in {"UTC", "Etc/UTC"}:
        return "UTC"
    city = get_timezone_location(ZoneInfo(zone), locale=translation.get_language() or "en", return_city=True)
    return _("%(city)s time") % {"city": city}


@lru_cache(maxsize=20_000)
def _wrapped(choice: str) -> str:
    return layouts.wrap(choice)


@lru_cache(maxsize=4)
def _keyed(secret: str) -> hashlib.blake2b:
    """To be copied: to take up the key costs as much as all the rest."""
    key = HKDF(SHA256(), 32, salt=None, info=b"herald message ids v1").derive(secret.encode())
    return hashlib.blake2b(key=key, digest_size=20)

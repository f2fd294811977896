"""Editions into finished messages with slots, rendered once and kept; and the values that fill the slots.

    Edition -> contents.entries -> templates/mail/*.txt, *.html -> mime.build -> Pattern -> Rendering
    (dispatch, subscriber) -> values() -> Pattern.fill -> the bytes for the relay

Every byte follows from (edition version, delivery): the Date is the dispatch's, the Message-ID a keyed hash, tokens are
deterministic, boundaries fixed. So a message that must be sent again is the same message.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from jinja2 import Environment, FileSystemLoader, select_autoescape

from feeds import store, templating
from feeds.models import Newsroom
from notifier import amendments, contents, daytimes, mime, tokens
from notifier.amendments import Amendment
from notifier.contents import Entry, Letter
from notifier.headers import header_lines, subject
from notifier.models import Chain, Dispatch, Edition, EditionText, Frequency, Rendering
from notifier.splice import Pattern, mark

__all__ = ["Empty", "Letter", "compose", "message_id", "patterns", "render", "values"]

HTML_LIMIT = 95_000  # bytes; mailboxes cut a message off at 102 kB and with it the way to unsubscribe
WIDTH = 72
_COLOUR = re.compile("#[0-9a-fA-F]{6}")


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
    made = {}
    for edition in editions:
        if edition.pk not in found and (letter := _letter(edition)) is not None:
            made[edition] = letter, compose(letter, store.newsroom()).pack()
    if made:
        found |= _store(made)
    return {pk: Pattern.unpack(found[pk]) if pk in found else None for pk in (e.pk for e in editions)}


def compose(letter: Letter, newsroom: Newsroom) -> Pattern:
    """The message of a letter; pure but for the templates."""
    with translation.override(letter.language):
        headers = header_lines(letter, newsroom)
        html, text = _pages(letter, newsroom)
    boundary = "=_" + hashlib.sha256(f"herald {letter.edition} {letter.version}".encode()).hexdigest()[:32]
    return mime.build(headers, text, html, boundary)


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
    name = b"%d %d" % (dispatch, subscriber)
    return hashlib.blake2b(name, key=_key(settings.SECRET_KEY), digest_size=20).hexdigest()


_TEMPLATES = {"alert": "digest", "watch": "correction"}
_LINKS = {
    "unsubscribe": tokens.Purpose.UNSUBSCRIBE,
    "manage": tokens.Purpose.MANAGE,
    "confirm": tokens.Purpose.CONFIRM,
    "watch": tokens.Purpose.WATCH,
    "unwatch": tokens.Purpose.UNWATCH,
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
            for it in _told(letter)
            if it.fingerprint
        ]
        EditionText.objects.bulk_create(texts, ignore_conflicts=True)
    return stored


def _told(letter: Letter) -> Iterator[Entry | Amendment]:
    yield from letter.entries
    yield from letter.amendments


def _letter(edition: Edition) -> Letter | None:
    dispatch = edition.dispatch
    of_releases = isinstance(edition.content, list)
    with translation.override(edition.language):
        entries = contents.entries(edition) if of_releases else []
        amended = amendments.of(edition.content) if of_releases else []
        occasion = _occasion(edition.layout, dispatch)
    if of_releases and not entries and not amended:
        return None
    content = {} if of_releases else edition.content
    return Letter(
        edition.pk, edition.version, dispatch.pk, edition.layout, edition.language, dispatch.made_at, occasion,
        entries, content, amended,
    )  # fmt: skip


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


def _heading(letter: Letter) -> str:
    count = len(letter.entries)
    return ngettext("%(count)s new release for you", "%(count)s new releases for you", count) % {
        "count": count
    }


def _pages(letter: Letter, newsroom: Newsroom) -> tuple[str, str]:
    """HTML and text. What would make the HTML too large is left out of both, and its number is said."""
    environment = _environment()
    layout = _TEMPLATES.get(letter.layout, letter.layout)
    told = len(letter.entries)
    while True:
        context = {
            **letter.content,
            "direction_of_title": contents.direction(
                letter.content.get("language_of_title", letter.language)
            ),
            "entries": list(letter.entries[:told]),
            "amendments": list(letter.amendments),
            "watching": letter.layout == "watch",
            "more": len(letter.entries) - told,
            "heading": _heading(letter) if letter.entries else subject(letter),
            "occasion": letter.occasion,
            "direction": contents.direction(letter.language),
            "newsroom": newsroom,
            "brand": newsroom.brand if _COLOUR.fullmatch(newsroom.brand) else "#0b4a8f",
            "brand_dark": newsroom.brand_dark if _COLOUR.fullmatch(newsroom.brand_dark) else "#8dbdf2",
            "mark": mark,
        }
        html = environment.get_template(f"{layout}.html").render(context)
        size = len(html.encode())
        if size <= HTML_LIMIT or told <= 1:
            return html, environment.get_template(f"{layout}.txt").render(context)
        told = max(1, min(told - 1, told * HTML_LIMIT // size))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = templating.environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates" / "mail"),
        autoescape=select_autoescape(["html"]),
        keep_trailing_newline=True,
    )
    environment.filters["wrap"] = _wrap
    return environment


def _wrap(text: str, indent: str = "") -> str:
    """Lines of at most 72 characters; addresses and long words stay whole."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


@lru_cache(maxsize=20_000)
def _wrapped(choice: str) -> str:
    return _wrap(choice)


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"herald message ids v1").derive(secret.encode())

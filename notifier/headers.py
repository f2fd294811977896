"""The header lines of a message, and its subject: what a mailbox shows before anything is opened."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime

from django.utils.translation import gettext as _

from feeds import templating
from feeds.models import Newsroom
from notifier import mime
from notifier.amendments import Amendment
from notifier.contents import Entry, Letter, shorten
from notifier.splice import mark

SUBJECT_LIMIT = 150
AREAS_LIMIT = 80
# Mail of a list, which one can leave by one click (RFC 8058); the other layouts are answers to one person.
LISTED = {"alert", "digest", "welcome", "correction", "watch"}


def header_lines(letter: Letter, newsroom: Newsroom) -> list[tuple[str, str]]:
    """Names and values in their final form but for marks. One-click needs List-Unsubscribe whole and unencoded."""
    domain = newsroom.list_domain
    headers = [
        ("From", mime.mailbox(newsroom.sender_name, newsroom.sender_address)),
        ("To", mark("to")),
        ("Subject", mime.unstructured(subject(letter), "Subject")),
        ("Date", format_datetime(letter.made_at)),
        ("Message-ID", f"<{mark('message_id')}@{domain}>"),
    ]
    if letter.layout in LISTED:
        headers += [
            ("List-Id", f"<releases.{domain}>"),
            ("List-Unsubscribe", f"<{_way_out(letter)}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ]
    return [
        *headers,
        ("Auto-Submitted", "auto-generated"),
        ("Feedback-ID", f"{letter.dispatch}:{letter.layout}:{letter.language}:herald"),
        ("Content-Language", letter.language),
    ]


def _way_out(letter: Letter) -> str:
    """Of a watch one click ends that watch; of all else everything."""
    if letter.layout == "watch":
        return templating.absolute(f"/unwatch/{letter.amendments[0].key}/") + mark("unwatch")
    return templating.absolute("/unsubscribe/") + mark("unsubscribe")


def subject(letter: Letter) -> str:
    """What is in it: a single release by its title, several by their number and areas."""
    letters = {
        "confirm": _("Please confirm your subscription"),
        "manage": _("The link to your subscription"),
        "welcome": _("You are subscribed"),
        "watching": _("Please confirm: you want to be told if this changes"),
    }
    if letter.layout in letters:
        return letters[letter.layout]
    if letter.amendments and not letter.entries:
        return _amended(letter.amendments)
    if len(letter.entries) == 1:
        return shorten(letter.entries[0].title, SUBJECT_LIMIT)
    return _("%(count)s new: %(areas)s") % {"count": len(letter.entries), "areas": _areas(letter.entries)}


def _amended(amendments: Sequence[Amendment]) -> str:
    """ "Corrected: …"; of several their number and the first."""
    first = amendments[0]
    words = _("Withdrawn: %(title)s") if first.is_withdrawn else _("Corrected: %(title)s")
    told = shorten(words % {"title": first.title}, SUBJECT_LIMIT)
    return f"{told} (+{len(amendments) - 1})" if len(amendments) > 1 else told


def _areas(entries: Sequence[Entry]) -> str:
    """The areas by which the entries are the reader's, as many as fit; without any, the first title."""
    names = list(dict.fromkeys(name for entry in entries for name in entry.because))
    if not names:
        return shorten(entries[0].title, AREAS_LIMIT)
    fitting = [name for index, name in enumerate(names) if len(", ".join(names[: index + 1])) <= AREAS_LIMIT]
    return ", ".join(fitting or names[:1]) + (" …" if len(fitting) < len(names) else "")

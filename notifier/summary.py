"""What there is in a message, in few words: for its subject, its heading, and the texts of the newsroom. Pure.

Called with the language of the message active.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from babel.lists import format_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feeds.models import Newsroom
from feeds.templating import language
from notifier.contents import Entry, Letter, shorten

TITLE_LIMIT = 150
AREAS_LIMIT = 80


def facts(letter: Letter, newsroom: Newsroom) -> dict[str, str | int]:
    """What the texts of `notifier.texts` may name."""
    entries = letter.entries
    return {
        "newsroom": newsroom.name,
        "publisher": newsroom.publisher,
        "title": shorten(entries[0].heading, TITLE_LIMIT) if entries else "",
        "news": ", ".join(_news(entries)),
        "count": len(entries),
        "areas": areas(entries),
        "sentence": sentence(entries),
        "occasion": letter.occasion,
        "images": _("yes") if any(entry.image for entry in entries) else "",
    }


def sentence(entries: Sequence[Entry], *, personal: bool = True) -> str:
    """ "3 new releases for you", "2 new releases, 1 correction and 1 withdrawal"; "" for nothing"""
    count = _counted(entries)
    if personal and not count["corrected"] and not count["withdrawn"]:
        return ngettext("%(count)s new release for you", "%(count)s new releases for you", count["new"]) % {
            "count": count["new"]
        }
    phrases = {
        "new": ngettext("%(count)s new release", "%(count)s new releases", count["new"]),
        "corrected": ngettext("%(count)s correction", "%(count)s corrections", count["corrected"]),
        "withdrawn": ngettext("%(count)s withdrawal", "%(count)s withdrawals", count["withdrawn"]),
    }
    said = [phrase % {"count": count[state]} for state, phrase in phrases.items() if count[state]]
    return str(format_list(said, locale=language())) if said else ""


def areas(entries: Sequence[Entry]) -> str:
    """The areas by which the entries are the reader's, as many as fit; without any, the first title."""
    names = list(dict.fromkeys(name.text for entry in entries for name in entry.because))
    if not names:
        first = next((entry for entry in entries if not entry.notice), entries[0] if entries else None)
        return shorten(first.heading, AREAS_LIMIT) if first else ""
    fitting = [name for index, name in enumerate(names) if len(", ".join(names[: index + 1])) <= AREAS_LIMIT]
    return ", ".join(fitting or [shorten(names[0], AREAS_LIMIT)]) + (
        " …" if len(fitting) < len(names) else ""
    )


def preheader(letter: Letter) -> str:
    """What a mailbox shows beside the subject: what the subject does not say already."""
    entries = letter.entries
    if len(entries) == 1:
        [entry] = entries
        origin = " · ".join([*(name.text for name in entry.origin), letter.occasion])
        return shorten(" ".join(filter(None, (entry.remark, entry.note, entry.summary))) or origin, 160)
    told = entries if any(entry.because for entry in entries) else entries[1:]
    return shorten("; ".join(entry.heading for entry in told), 160)


def _news(entries: Sequence[Entry]) -> list[str]:
    count = _counted(entries)
    phrases = {
        "new": ngettext("%(count)s new", "%(count)s new", count["new"]),
        "corrected": ngettext("%(count)s corrected", "%(count)s corrected", count["corrected"]),
        "withdrawn": ngettext("%(count)s withdrawn", "%(count)s withdrawn", count["withdrawn"]),
    }
    return [phrase % {"count": count[state]} for state, phrase in phrases.items() if count[state]]


def _counted(entries: Sequence[Entry]) -> Counter[str]:
    """What was corrected before the reader had it is news to them."""
    return Counter(
        "new" if entry.state == "corrected" and not entry.notice else entry.state for entry in entries
    )

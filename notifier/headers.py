"""The header lines of a message: what a mailbox shows and acts on before anything is opened."""

from __future__ import annotations

from email.utils import format_datetime

from feeds import templating
from feeds.models import CANARY, Newsroom
from notifier import mime
from notifier.contents import Letter
from notifier.splice import clean, mark
from notifier.texts import Facts, Wording

SUBJECT_LIMIT = 200
# Mail of a list, which one can leave by one click (RFC 8058); the other layouts are answers to one person.
LISTED = {"alert", "digest", "welcome", "correction", "watch", CANARY}


def header_lines(letter: Letter, newsroom: Newsroom, subject: str) -> list[tuple[str, str]]:
    """Names and values in their final form but for marks. One-click needs List-Unsubscribe whole and unencoded."""
    domain = newsroom.list_domain
    headers = [
        ("From", mime.mailbox(newsroom.sender_name, newsroom.sender_address)),
        ("To", mark("to")),
        ("Subject", mime.unstructured(subject, "Subject")),
        ("Date", format_datetime(letter.made_at)),
        ("Message-ID", f"<{mark('message_id')}@{domain}>"),
    ]
    if letter.layout in LISTED:
        headers += [
            ("List-Id", f"<releases.{domain}>"),
            ("List-Unsubscribe", f"<{_way_out(letter)}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Help", f"<{templating.absolute('/manage/')}>"),
            ("List-Archive", f"<{templating.absolute('/feeds/all')}>"),
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
        return templating.absolute(f"/unwatch/{letter.entries[0].key}/") + mark("unwatch")
    return templating.absolute("/unsubscribe/") + mark("unsubscribe")


def subject(letter: Letter, wording: Wording, facts: Facts) -> str:
    """What is in it: a single release by its title, several by their number and areas; a letter by what it is for."""
    if not letter.entries:
        key = f"{letter.layout}-subject"
    else:
        key = "subject-one" if len(letter.entries) == 1 else "subject-several"
    return mime.one_line(clean(wording.say(key, facts)))[:SUBJECT_LIMIT]

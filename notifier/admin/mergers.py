"""What the merger of two offices, topics or types means for those who get mail, on the page where it is confirmed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from config.sections import Document
from feeds import heirs, term_pages
from notifier import drafts, interests
from notifier.drafting import words
from notifier.models import Subscription


def told(section: str, old: str, heir: str, wanted: Document, now: datetime) -> list[str]:
    """How many subscriptions go along, how many people had chosen both, and what becomes of their messages."""
    folder, rows = heirs.FOLDERS[section], {row["slug"]: row for row in wanted[section]}
    former = [slug for slug in rows[heir]["former"] if slug != old]
    olds = _live().filter(interest__in=interests.naming(folder, [old]))
    news = _live().filter(
        interest__in=interests.naming(folder, [heir, *former]), subscriber=OuterRef("subscriber")
    )
    moving = olds.count()
    both = olds.filter(Exists(news)).values("subscriber").distinct().count()
    lines = [
        f"{moving:,} {'subscription names it and goes' if moving == 1 else 'subscriptions name it and go'} along: "
        f"from now on they say {rows[heir]['name']}."
    ]
    if both:
        have = "person has" if both == 1 else "people have"
        lines.append(f"{both:,} {have} chosen both, and will get each release once.")
    return lines + words.of_mail(drafts.consequences_of(wanted, now))


def _live() -> QuerySet[Subscription]:
    return Subscription.objects.filter(ended_at=None)


term_pages.told.append(told)

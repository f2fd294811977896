"""What the front page shows for a choice: what can be ticked, what it means, what it would have brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from feeds import store
from feeds.models import Newsroom, Office, Release, Topic
from feeds.naming import pick
from feeds.pages.parts import Page, newest_first, page_of
from feeds.selection import Facts
from feeds.templating import language
from notifier.pages.choice import Choice
from notifier.pages.volume import Volume, first_day, measure

IN_SIGHT = 6
FEW = 10


@dataclass(frozen=True, slots=True)
class Pick:
    """A box to tick; `count`: its releases in the last 13 weeks."""

    slug: str
    name: str
    count: int
    ticked: bool


@dataclass(frozen=True, slots=True)
class Picks:
    """The boxes of one kind: those in sight, and the rest behind "more"."""

    kind: str
    sight: list[Pick]
    more: list[Pick]


@dataclass(frozen=True, slots=True)
class Desk:
    """All facts of the front page. `both` and `either`: the volume if both must fit, and if either is enough."""

    choice: Choice
    topics: Picks
    offices: Picks
    untagged: int
    volume: Volume
    both: Volume
    either: Volume
    page: Page
    sample: list[Release]


Dated = tuple[date, Facts]


def gather(choice: Choice, newsroom: Newsroom, now: datetime, asked_page: str | None) -> Desk:
    """Read what the page needs: a few queries, whatever the choice."""
    today = now.astimezone(ZoneInfo(newsroom.zone)).date()
    recent = releases_since(first_day(today))
    oldest = store.shown().order_by("published_on").values_list("published_on", flat=True).first()

    def brings(what: Choice) -> Volume:
        selection = what.selection
        return measure((on for on, facts in recent if selection.matches(facts)), today, oldest)

    matching = store.shown().filter(choice.condition())
    page = page_of(matching, asked_page)
    return Desk(
        choice=choice,
        topics=picks(
            "topic", offered_topics(), choice.topics, Counter(s for _, f in recent for s in f.topics)
        ),
        offices=picks(
            "office", offered_offices(), choice.offices, Counter(s for _, f in recent for s in f.offices)
        ),
        untagged=sum(facts.untagged for _, facts in recent),
        volume=brings(choice),
        both=brings(replace(choice, either=False)),
        either=brings(replace(choice, either=True)),
        page=page,
        sample=list(newest_first(matching)[:3]) if page.newer else page.releases[:3],
    )


def offered_topics() -> dict[str, str]:
    """Names by slug, in the page's language and the order of lists."""
    return _names(Topic.objects.all())


def offered_offices(kept: Sequence[str] = ()) -> dict[str, str]:
    """As `offered_topics`; closed offices are not offered any more, unless they are `kept`."""
    return _names(Office.objects.filter(Q(closed=False) | Q(slug__in=kept)))


def _names(terms: QuerySet[Topic] | QuerySet[Office]) -> dict[str, str]:
    usual = store.newsroom().language
    rows = terms.values_list("slug", "name", "names")
    return {slug: pick(name, names, language(), usual).text for slug, name, names in rows}


def releases_since(first: date) -> list[Dated]:
    """Date and labels of every shown release published on `first` or later."""
    rows = store.shown().prefetch_related(None).filter(published_on__gte=first)
    return [(on, Facts.from_json(facts)) for on, facts in rows.values_list("published_on", "standing__facts")]


def picks(kind: str, names: dict[str, str], ticked: Sequence[str], counts: Counter[str]) -> Picks:
    """Boxes in the order of lists. In sight are those ticked and the busiest; a short list is in sight as a whole."""
    found = boxes(names, ticked, counts)
    sight = _in_sight(found)
    return Picks(kind, [b for b in found if b.slug in sight], [b for b in found if b.slug not in sight])


def boxes(
    names: dict[str, str], ticked: Sequence[str], counts: Mapping[str, int] | None = None
) -> list[Pick]:
    counts = counts or {}
    return [Pick(slug, name, counts.get(slug, 0), slug in ticked) for slug, name in names.items()]


def _in_sight(found: list[Pick]) -> set[str]:
    if len(found) <= FEW:
        return {box.slug for box in found}
    busiest = sorted(found, key=lambda box: -box.count)[:IN_SIGHT]
    return {box.slug for box in busiest} | {box.slug for box in found if box.ticked}

"""What the front page shows for a choice: what can be ticked, what it means, what it would have brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from feeds import gazetteer, selected, store
from feeds.models import Office, Release, ReleaseType, Topic
from feeds.naming import pick
from feeds.pages.parts import Page, page_of
from feeds.selection import Selection
from feeds.templating import language
from notifier import recent
from notifier.foresight import Foresight, Past
from notifier.models import Schedule
from notifier.pages import lines
from notifier.pages.choice import ANYTHING, Choice
from notifier.pages.lines import Line

IN_SIGHT = 6
RELEASES = 8
MOST = 12  # exceptions that are offered
FEW = 10


@dataclass(frozen=True, slots=True)
class Pick:
    """A box to tick; `count`: its releases in the last 13 weeks."""

    slug: str
    name: str
    count: int
    ticked: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A box for what was sought: `why` tells by what it was found, "" where its name does."""

    kind: str
    box: Pick
    why: str


@dataclass(frozen=True, slots=True)
class Picks:
    """The boxes of one kind: those in sight, and the rest behind "more"."""

    kind: str
    sight: list[Pick]
    more: list[Pick]


@dataclass(frozen=True, slots=True)
class Desk:
    """All facts of the front page. `both` and `either`: what is foreseen if both must fit, and if either is enough."""

    choice: Choice
    topics: Picks
    offices: Picks
    untagged: int
    foresight: Foresight
    both: Foresight
    either: Foresight
    page: Page
    sample: list[Release]
    found: list[Found]
    lines: list[Line]
    exceptions: list[tuple[str, list[tuple[str, str]]]]


def gather(
    choice: Choice,
    schedules: Sequence[Schedule],
    zone: str,
    now: datetime,
    asked_page: str | None,
    sought: str = "",
) -> Desk:
    """Read what the page needs: a few queries, whatever the choice. `zone`: in which mail would come at its hours."""
    facts = [one.facts for one in recent.load(now).past]
    counts = {
        "topic": Counter(s for f in facts for s in f.topics),
        "office": Counter(s for f in facts for s in f.offices),
    }

    def brings(what: Choice) -> Foresight:
        return recent.foresee(what.selection, schedules, zone, now)

    foreseen = brings(choice)
    return Desk(
        choice=choice,
        topics=picks("topic", offered_topics(), choice.topics, counts["topic"]),
        offices=picks("office", offered_offices(), choice.offices, counts["office"]),
        untagged=sum(f.untagged for f in facts),
        foresight=foreseen,
        both=brings(replace(choice, either=False)) if choice.has_both else foreseen,
        either=brings(replace(choice, either=True)) if choice.has_both else foreseen,
        page=_page(choice, asked_page),
        sample=recent.latest(choice.selection, foreseen),
        found=_found(sought, choice, counts),
        lines=lines.of(choice, lambda selection: recent.foresee(selection, schedules, zone, now)),
        exceptions=_exceptions(choice, recent.load(now).of(choice.selection)),
    )


def _found(sought: str, choice: Choice, counts: Mapping[str, Counter[str]]) -> list[Found]:
    """What may be ticked of what was sought; what is ticked already is in sight."""
    chosen = {"topic": choice.topics, "office": choice.offices}
    hits = gazetteer.find(sought, language()) if sought else []
    return [
        Found(hit.kind, Pick(hit.slug, hit.name, counts[hit.kind][hit.slug], ticked=False), hit.why)
        for hit in hits
        if not hit.closed and hit.slug not in chosen[hit.kind]
    ][:RELEASES]


def _exceptions(choice: Choice, past: Sequence[Past]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be left out of the line that is open, as groups of (value, name) for `choice.LEAVE_OUT`: the terms that
    its releases of late carry besides, the most frequent first.
    """
    own = Selection(choice.open_rules or (ANYTHING,))
    matching = [one.facts for one in past if own.matches(one.facts)]
    kinds = (
        (
            _("What we do"),
            "topic",
            offered_topics(),
            Counter(s for f in matching for s in f.topics),
            choice.topics,
        ),
        (
            _("Where we are"),
            "office",
            offered_offices(),
            Counter(s for f in matching for s in f.offices),
            choice.offices,
        ),
        (_("Types"), "type", offered_types(), Counter(f.type for f in matching), choice.beside.types),
    )
    return [
        (
            title,
            [
                (f"{kind}:{slug}", names[slug])
                for slug, _count in counts.most_common(MOST)
                if slug in names and slug not in chosen
            ],
        )
        for title, kind, names, counts, chosen in kinds
    ]


def _page(choice: Choice, asked: str | None) -> Page:
    if not choice.is_simple:
        return Page(selected.releases(choice.selection, RELEASES), 0, 0)
    return page_of(store.shown().filter(choice.condition()), asked, RELEASES)


def offered_topics(kept: Sequence[str] = ()) -> dict[str, str]:
    """Names by slug, in the page's language and the order of lists."""
    return _names(Topic.objects.filter(Q(closed=False) | Q(slug__in=kept)))


def offered_offices(kept: Sequence[str] = ()) -> dict[str, str]:
    """As `offered_topics`."""
    return _names(Office.objects.filter(Q(closed=False) | Q(slug__in=kept)))


def offered_types() -> dict[str, str]:
    """As `offered_topics`."""
    return _names(ReleaseType.objects.filter(closed=False))


def _names(terms: QuerySet[Topic] | QuerySet[Office] | QuerySet[ReleaseType]) -> dict[str, str]:
    usual = store.newsroom().language
    rows = terms.values_list("slug", "name", "names")
    return {slug: pick(name, names, language(), usual).text for slug, name, names in rows}


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

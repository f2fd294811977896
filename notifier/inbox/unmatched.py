"""Selections that can never match any more: all that they ask for was closed or is gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse

from feeds import former
from feeds.models import Office, ReleaseType, SavedFeed, Topic
from feeds.selection import UNTAGGED, Rule, Selection
from notifier import progress
from notifier.inbox.values import SHOWN, Matter, Pile, Urgency
from notifier.interests import describe, selections
from notifier.models import Interest, Subscription

FRESH = 600  # seconds: it reads every distinct selection, and changes by configuration alone
_AT_ONCE = 5_000
_MOST = 200  # selections of which the followers are counted


@dataclass(frozen=True, slots=True)
class Terms:
    """What a release may still be labelled with, by the field of a rule ("offices", "topics", "types")."""

    alive: Mapping[str, Collection[str]]

    def fits(self, selection: Selection) -> bool:
        """Whether a release may ever match. A selection without rules is meant to match nothing."""
        return not selection.rules or any(map(self._rule_fits, selection.rules))

    def _rule_fits(self, rule: Rule) -> bool:
        return all(
            not asked or any(slug == UNTAGGED or slug in there for slug in asked)
            for name, there in self.alive.items()
            for asked in (getattr(rule, name),)
        )


def selections_that_cannot(terms: Terms) -> list[tuple[int, Selection]]:
    """(interest, what it means) of each that somebody follows and that can match nothing; the first few hundred."""
    found: list[tuple[int, Selection]] = []
    last = 0
    while ids := list(
        Interest.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]
    ):
        found += [(pk, one) for pk, one in selections(ids).items() if not terms.fits(one)]
        last = ids[-1]
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def terms() -> Terms:
    """As they are now. A closed office publishes nothing any more."""
    return Terms(
        {
            "offices": set(Office.objects.filter(closed=False).values_list("slug", flat=True)),
            "topics": set(Topic.objects.values_list("slug", flat=True)),
            "types": set(ReleaseType.objects.values_list("slug", flat=True)),
        }
    )


def kept(_now: datetime) -> Pile:
    """The pile, as it was ten minutes ago at most."""
    return progress.kept("inbox-unmatched", FRESH, pile)


def pile() -> Pile:
    """What people follow, and saved feeds, that nothing can come to."""
    now = terms()
    matters = [*_saved(now), *_followed(now)]
    return Pile(
        "unmatched", "Selections that nothing can come to", Urgency.WHEN_TIME, "feeds.view_savedfeed",
        matters[:SHOWN], len(matters),
    )  # fmt: skip


def _saved(now: Terms) -> list[Matter]:
    led = former.known()
    found = []
    for feed in SavedFeed.objects.all():
        selection = led.selection(Selection.from_json(feed.selection))
        if not now.fits(selection):
            link = reverse("admin:feeds_savedfeed_change", args=[feed.pk])
            words = f"It asks for {describe(selection, 'en')}: closed, or gone."
            found.append(Matter(f"Nothing can come to the saved feed {feed}", words, link, "Change the feed"))
    return found


def _followed(now: Terms) -> list[Matter]:
    cannot = dict(selections_that_cannot(now))
    rows = Subscription.objects.filter(interest__in=cannot, ended_at=None).filter(~Q(subscriber__state="left"))
    people = rows.values_list("interest").annotate(many=Count("subscriber", distinct=True)).order_by("-many")
    return [
        Matter(
            f"{'One subscriber follows' if many == 1 else f'{many:,} subscribers follow'} what cannot come any more",
            f"They chose {describe(cannot[interest], 'en')}: closed, or gone. If another office took over its work, "
            "merging the two leads them on; else they keep what else they chose.",
            _page(cannot[interest]),
            "Where it belongs",
        )
        for interest, many in people
    ]


def _page(selection: Selection) -> str:
    """Of the closed office that is asked for; the list of offices where none is left of it."""
    slugs = [slug for rule in selection.rules for slug in rule.offices]
    office = Office.objects.filter(slug__in=slugs, closed=True).first()
    if office is None:
        return reverse("admin:feeds_office_changelist")
    return reverse("admin:feeds_office_change", args=[office.pk])

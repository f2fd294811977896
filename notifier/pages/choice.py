"""What somebody has ticked: offices, topics, how the two fit, and whether unlabelled releases count too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from feeds.models import Release
from feeds.selection import UNTAGGED, Selection, of


@dataclass(frozen=True, slots=True)
class Choice:
    """The simple form of a selection. `either`: an office or a topic is enough; else both must fit."""

    topics: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    either: bool = False
    untagged: bool = False

    @property
    def selection(self) -> Selection:
        offices = (*self.offices, UNTAGGED) if self.untagged else self.offices
        return of(offices, self.topics, either=self.either)

    @property
    def has_both(self) -> bool:
        return bool(self.topics and self.offices)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The choice as form fields, in one order."""
        found = [("topic", slug) for slug in self.topics] + [("office", slug) for slug in self.offices]
        if self.has_both and self.either:
            found.append(("join", "or"))
        return [*found, ("untagged", "1")] if self.untagged else found

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    @property
    def feed_paths(self) -> list[str]:
        """The feeds that bring what was chosen: of each office and each topic; nothing chosen is everything."""
        paths = [f"topics/{slug}" for slug in self.topics] + [f"offices/{slug}" for slug in self.offices]
        return ([*paths, "untagged"] if self.untagged else paths) or ["all"]

    def condition(self) -> Q:
        """The choice as a condition on releases."""
        offices, topics = _carries("offices", self.offices), _carries("topics", self.topics)
        if not (self.offices or self.topics):
            labelled = Q() if not self.untagged else Q(pk__in=())
        elif self.has_both:
            labelled = offices | topics if self.either else offices & topics
        else:
            labelled = offices if self.offices else topics
        return labelled | Q(offices=None, topics=None) if self.untagged else labelled


def read(data: QueryDict, topics: Collection[str], offices: Collection[str]) -> Choice:
    """The choice in a query or a posted form; slugs that are not among those offered are passed over."""
    return Choice(
        tuple(slug for slug in dict.fromkeys(data.getlist("topic")) if slug in topics),
        tuple(slug for slug in dict.fromkeys(data.getlist("office")) if slug in offices),
        data.get("join") == "or",
        data.get("untagged") == "1",
    )


def behind(selection: Selection) -> Choice | None:
    """The choice that makes `selection`, or None if the simple form cannot say it."""
    rules = [rule for rule in selection.rules if UNTAGGED not in rule.offices]
    choice = Choice(
        tuple(sorted({slug for rule in rules for slug in rule.topics})),
        tuple(sorted({slug for rule in rules for slug in rule.offices})),
        len(rules) > 1,
        len(rules) < len(selection.rules),
    )
    return choice if choice.selection == selection else None


def _carries(kind: str, slugs: tuple[str, ...]) -> Q:
    through = getattr(Release, kind).through.objects
    term = kind.removesuffix("s")
    return Q(Exists(through.filter(release_id=OuterRef("pk"), **{f"{term}__slug__in": slugs})))

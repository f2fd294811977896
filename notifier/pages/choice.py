"""What somebody has ticked: offices, topics, how the two fit, and whether unlabelled releases count too.

An address may ask for any other selection (`feeds.selecting`); that is taken as it is, and shown in words.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from feeds import former, selecting
from feeds.catalogue import Catalogue
from feeds.models import Release
from feeds.selecting import UnknownNames
from feeds.selection import UNTAGGED, BadSelection, Selection, of

SELECTION = "selection"
"""The field of a form that holds the query of a selection."""
_OF_THE_FORM = frozenset({"join", "untagged", "page"})
_SIMPLE = frozenset({"office", "topic"})


@dataclass(frozen=True, slots=True)
class Choice:
    """The simple form of a selection. `either`: an office or a topic is enough; else both must fit.

    `exact`: a selection that the simple form cannot say; then nothing else is set.
    """

    topics: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    either: bool = False
    untagged: bool = False
    exact: Selection | None = None

    @property
    def selection(self) -> Selection:
        if self.exact is not None:
            return self.exact
        offices = (*self.offices, UNTAGGED) if self.untagged else self.offices
        return of(offices, self.topics, either=self.either)

    @property
    def has_both(self) -> bool:
        return bool(self.topics and self.offices)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The choice as the fields of an address, in one order."""
        if self.exact is not None:
            return selecting.pairs(self.exact)
        found = [("topic", slug) for slug in self.topics] + [("office", slug) for slug in self.offices]
        if self.has_both and self.either:
            found.append(("join", "or"))
        return [*found, ("untagged", "1")] if self.untagged else found

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The choice as fields of a form that has others of its own, such as a language of messages."""
        return self.fields if self.exact is None else [(SELECTION, selecting.write(self.exact))]

    @property
    def feed_paths(self) -> list[str]:
        """The feeds that bring what was chosen: of each office and each topic; nothing chosen is everything."""
        if self.exact is not None:
            return []
        paths = [f"topics/{slug}" for slug in self.topics] + [f"offices/{slug}" for slug in self.offices]
        return ([*paths, "untagged"] if self.untagged else paths) or ["all"]

    def condition(self) -> Q:
        """A simple choice as a condition on releases."""
        offices, topics = _carries("offices", self.offices), _carries("topics", self.topics)
        if not (self.offices or self.topics):
            labelled = Q() if not self.untagged else Q(pk__in=())
        elif self.has_both:
            labelled = offices | topics if self.either else offices & topics
        else:
            labelled = offices if self.offices else topics
        return labelled | Q(offices=None, topics=None) if self.untagged else labelled


def asked(query: QueryDict, topics: Collection[str], offices: Collection[str]) -> Choice:
    """The choice in an address. Raises BadSelection for one that is malformed or names what is not there, UnknownNames
    for one with parameters that no choice has.
    """
    if strange := selecting.strange_names(query, _OF_THE_FORM):
        raise UnknownNames(strange)
    more = [
        value
        for name in query
        if name not in _SIMPLE and selecting.is_name(name)
        for value in query.getlist(name)
    ]
    if any(value.strip() for value in more) or _names_others(query, topics, offices):
        return _exact(query, topics, offices)
    return read(query, topics, offices)


def read(form: QueryDict, topics: Collection[str], offices: Collection[str]) -> Choice:
    """The choice in a posted form. Slugs that are not among those offered are passed over. Raises BadSelection."""
    if SELECTION in form:
        return _exact(QueryDict(form.get(SELECTION)), topics, offices)
    return Choice(
        tuple(slug for slug in dict.fromkeys(form.getlist("topic")) if slug in topics),
        tuple(slug for slug in dict.fromkeys(form.getlist("office")) if slug in offices),
        form.get("join") == "or",
        form.get("untagged") == "1",
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


def _names_others(query: QueryDict, topics: Collection[str], offices: Collection[str]) -> bool:
    """Whether it names terms that the form does not offer, and that are or were: a closed office, a former slug."""
    named = {
        "topics": set(query.getlist("topic")) - {*topics},
        "offices": set(query.getlist("office")) - {*offices},
    }
    if not any(named.values()):
        return False
    known, led = Catalogue().names, former.known()
    return any(
        slug == UNTAGGED or slug in known[kind] or slug in getattr(led, kind)
        for kind in named
        for slug in named[kind]
    )


def _exact(query: QueryDict, topics: Collection[str], offices: Collection[str]) -> Choice:
    given = {name: values for name, values in query.lists() if name not in _OF_THE_FORM}
    selection = former.known().selection(selecting.read(given))
    if unknown := selecting.unknown(selection, Catalogue().names):
        raise BadSelection(f"there is no {', no '.join(unknown)}")
    simple = behind(selection)
    if simple is not None and {*simple.topics} <= {*topics} and {*simple.offices} <= {*offices}:
        return simple
    return Choice(exact=selection)


def _carries(kind: str, slugs: tuple[str, ...]) -> Q:
    through = getattr(Release, kind).through.objects
    term = kind.removesuffix("s")
    return Q(Exists(through.filter(release_id=OuterRef("pk"), **{f"{term}__slug__in": slugs})))

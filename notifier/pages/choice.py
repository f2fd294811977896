"""What somebody has chosen so far, as the front page's form shows it: one line of it open to be ticked, and the others.

An address may ask for any selection (`feeds.selecting`). The line that is open is the one whose names carry no number;
what the boxes cannot say of it (types, languages, words, exceptions, a closed office) stands `beside` them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from feeds import former, selecting
from feeds.catalogue import Catalogue
from feeds.models import Release
from feeds.selecting import UnknownNames
from feeds.selection import UNTAGGED, BadSelection, Rule, Selection

SELECTION = "selection"
"""The field of a form that holds the query of a selection."""
LEAVE_OUT = "leave-out"
"""The field of the form that adds one exception, such as "topic:youth"."""
ANYTHING = Rule()
UNLABELLED = Rule(offices=(UNTAGGED,), topics=(UNTAGGED,))
_OF_THE_FORM = frozenset({"join", "untagged", "page", "find", LEAVE_OUT})
_SIMPLE = frozenset({"office", "topic"})
_KINDS = frozenset({"office", "topic", "type"})

Slugs = Collection[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """`topics` and `offices` are ticked in the line that is open. `either`: one of the two is enough; else both must
    fit. `untagged`: also what nobody has labelled yet.
    """

    topics: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    either: bool = False
    untagged: bool = False
    beside: Rule = ANYTHING
    others: tuple[Rule, ...] = ()

    @property
    def open_rules(self) -> tuple[Rule, ...]:
        """The line that is open: one rule, or two of which either is enough; none while nothing is chosen in it."""
        if self.has_both and self.either:
            return (
                replace(self.beside, offices=(*self.beside.offices, *self.offices)),
                replace(self.beside, topics=(*self.beside.topics, *self.topics)),
            )
        rule = replace(
            self.beside,
            offices=(*self.beside.offices, *self.offices),
            topics=(*self.beside.topics, *self.topics),
        )
        return (rule,) if rule != ANYTHING else ()

    @property
    def selection(self) -> Selection:
        """Nothing chosen is everything."""
        rules = (*self.open_rules, *self.others, *((UNLABELLED,) if self.untagged else ()))
        return Selection(rules or (ANYTHING,))

    @property
    def has_both(self) -> bool:
        return bool(self.topics and self.offices)

    @property
    def is_simple(self) -> bool:
        """Whether the boxes say all of it."""
        return not self.others and self.beside == ANYTHING

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The choice as the fields of an address, in one order; the line that is open has no number."""
        found = [("topic", slug) for slug in self.topics] + [("office", slug) for slug in self.offices]
        if not self.is_simple:
            found = [*found, *fields_of(self.beside)]
        if self.has_both and self.either:
            found.append(("join", "or"))
        for number, rule in enumerate(self.others, 2):
            found += fields_of(rule, number)
        return [*found, ("untagged", "1")] if self.untagged else found

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The choice as fields of a form that has others of its own, such as a language of messages."""
        return self.fields if self.is_simple else [(SELECTION, selecting.write(self.selection))]

    @property
    def feed_paths(self) -> list[str]:
        """The feeds that have a name and bring what was chosen; nothing chosen is everything."""
        if not self.is_simple:
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


def fields_of(rule: Rule, number: int = 1) -> list[tuple[str, str]]:
    """A rule as fields of an address, with its number from the second on."""
    marked = "" if number == 1 else f".{number}"
    return [(f"{name}{marked}", value) for name, value in selecting.pairs(Selection((rule,)))]


def opening(rules: Iterable[Rule], topics: Slugs, offices: Slugs, *, untagged: bool) -> Choice:
    """The first of `rules` open, as far as it can be ticked among the topics and offices that are offered."""
    first, *others = rules
    beside = replace(
        first,
        topics=tuple(slug for slug in first.topics if slug not in topics),
        offices=tuple(slug for slug in first.offices if slug not in offices),
    )
    return Choice(
        tuple(slug for slug in topics if slug in first.topics),
        tuple(slug for slug in offices if slug in first.offices),
        untagged=untagged,
        beside=beside,
        others=tuple(others),
    )


def asked(query: QueryDict, topics: Slugs, offices: Slugs) -> Choice:
    """The choice in an address. Raises BadSelection for one that is malformed or names what is not there, UnknownNames
    for one with parameters that no choice has.
    """
    if strange := selecting.strange_names(query, _OF_THE_FORM):
        raise UnknownNames(strange)
    given = {name: values for name, values in query.lists() if selecting.is_name(name)}
    _leave_out(given, query.get(LEAVE_OUT, ""))
    more = [value for name, values in given.items() if name not in _SIMPLE for value in values]
    if any(value.strip() for value in more) or _names_others(query, topics, offices):
        found = _any(given, topics, offices)
        either = query.get("join") == "or" and found.has_both
        return replace(
            found, either=found.either or either, untagged=found.untagged or _wants_untagged(query)
        )
    return read(query, topics, offices)


def read(form: QueryDict, topics: Slugs, offices: Slugs) -> Choice:
    """The choice in a posted form. Slugs that are not among those offered are passed over. Raises BadSelection."""
    if SELECTION in form:
        return _any(dict(QueryDict(form.get(SELECTION)).lists()), topics, offices)
    return Choice(
        tuple(slug for slug in dict.fromkeys(form.getlist("topic")) if slug in topics),
        tuple(slug for slug in dict.fromkeys(form.getlist("office")) if slug in offices),
        form.get("join") == "or",
        _wants_untagged(form),
    )


def behind(selection: Selection) -> Choice | None:
    """The choice that makes `selection`, or None if the boxes of one line cannot say it."""
    rules = [rule for rule in selection.rules if UNTAGGED not in rule.offices]
    choice = Choice(
        tuple(sorted({slug for rule in rules for slug in rule.topics})),
        tuple(sorted({slug for rule in rules for slug in rule.offices})),
        len(rules) > 1,
        len(rules) < len(selection.rules),
    )
    return choice if choice.selection == selection else None


def _wants_untagged(query: QueryDict) -> bool:
    return query.get("untagged") == "1"


def _leave_out(given: dict[str, list[str]], exception: str) -> None:
    """Put one more exception among the names of an address."""
    kind, _colon, slug = exception.partition(":")
    if kind in _KINDS and slug:
        name = f"not-{kind}"
        given[name] = [*given.get(name, []), slug]


def _names_others(query: QueryDict, topics: Slugs, offices: Slugs) -> bool:
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


def _any(given: Mapping[str, list[str]], topics: Slugs, offices: Slugs) -> Choice:
    whole = former.known().selection(selecting.read(given))
    if unknown := selecting.unknown(whole, Catalogue().names):
        raise BadSelection(f"there is no {', no '.join(unknown)}")
    own = _own(given)
    simple = behind(whole)
    if own and simple is not None and {*simple.topics} <= {*topics} and {*simple.offices} <= {*offices}:
        return simple
    rules = [rule for rule in own if rule != UNLABELLED]
    others = [rule for rule in whole.rules if rule not in (*rules, UNLABELLED)]
    if not rules and not own:
        rules = [ANYTHING]  # a line that is to be filled
    return opening([*rules, *others] or [ANYTHING], topics, offices, untagged=UNLABELLED in whole.rules)


def _own(given: Mapping[str, list[str]]) -> tuple[Rule, ...]:
    """The rule without a number, if there is one."""
    names = {name: values for name, values in given.items() if "." not in name}
    said = any(value.strip() for values in names.values() for value in values)
    return former.known().selection(selecting.read(names)).rules if said else ()


def _carries(kind: str, slugs: tuple[str, ...]) -> Q:
    through = getattr(Release, kind).through.objects
    term = kind.removesuffix("s")
    return Q(Exists(through.filter(release_id=OuterRef("pk"), **{f"{term}__slug__in": slugs})))

"""Interests: distinct selections as rows, and as plain words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import get_language_info, pgettext
from django.utils.translation import gettext as _

from feeds import former, heirs, store
from feeds.selection import EVERYTHING, NOTHING, UNTAGGED, Rule, Selection
from notifier.models import Interest

Names = Mapping[tuple[str, str], str]
"""(kind, slug) -> the name of an office, topic or type."""


class Term(NamedTuple):
    """One term of a rule: the field it stands in ("not_topics"), its kind ("topic", "word"), and its slug or words."""

    field: str
    kind: str
    value: str


_AT_ONCE = 10_000
_REMEMBERED = 3 * _AT_ONCE
_read: dict[str, Selection] = {}
"""Selections that were read before, by digest: every run needs most of them, and reading them costs."""

_UNLABELLED = Rule(offices=(UNTAGGED,), topics=(UNTAGGED,))


def interest_for(selection: Selection) -> Interest:
    """The row of this selection, made if there is none. Two at once get the same one."""
    return Interest.objects.get_or_create(
        digest=selection.digest, defaults={"selection": selection.to_json()}
    )[0]


def selections(ids: Iterable[int]) -> dict[int, Selection]:
    """What these interests mean now, by id: terms that were merged are those they went up in."""
    if len(_read) > _REMEMBERED:
        _read.clear()
    wanted = sorted(set(ids))
    led = former.known()
    found: dict[int, Selection] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        rows = Interest.objects.filter(pk__in=wanted[first : first + _AT_ONCE])
        digests = dict(rows.values_list("pk", "digest"))
        unread = [pk for pk, digest in digests.items() if digest not in _read]
        for digest, selection in Interest.objects.filter(pk__in=unread).values_list("digest", "selection"):
            _read[digest] = Selection.from_json(selection)
        found |= {pk: led.selection(_read[digest]) for pk, digest in digests.items()}
    return found


def naming(folder: str, slugs: Collection[str]) -> QuerySet[Interest]:
    """The interests that speak of one of these terms, be it only to leave it out, under just these slugs. The text
    finds them; few others hold the same word elsewhere.
    """
    text = Q(pk__in=[])
    for slug in slugs:
        text |= Q(selection__icontains=f'"{slug}"')
    likely = Interest.objects.filter(text)
    others = [
        pk
        for pk, selection in likely.values_list("pk", "selection").iterator()
        if not any(heirs.names(Selection.from_json(selection), folder, slug) for slug in slugs)
    ]
    return likely.exclude(pk__in=others)


def describe(selection: Selection, language: str) -> str:
    """A selection in plain words of `language`, without a full stop.

    "Border management or Countering terrorism, from OSCE Centre in Ashgabat; and what nobody has labelled yet"
    """
    with translation.override(language):
        if selection == NOTHING:
            return _("nothing")
        if selection == EVERYTHING:
            return _("everything")
        known = names(selection, language)
        rules = sorted(selection.rules, key=lambda rule: rule == _UNLABELLED)
        return _("; and ").join(_rule(rule, known) for rule in rules)


def _terms(selection: Selection) -> Iterable[tuple[str, str]]:
    for rule in selection.rules:
        for kind, slugs in (
            ("office", rule.offices + rule.not_offices),
            ("topic", rule.topics + rule.not_topics),
            ("type", rule.types + rule.not_types),
        ):
            yield from ((kind, slug) for slug in slugs)


def _rule(rule: Rule, known: Names) -> str:
    if rule == _UNLABELLED:
        return _("what nobody has labelled yet")
    conditions = [*_conditions(rule, known), *_exclusions(rule, known)]
    if rule.topics:
        topics = [name_of(term, known) for term in _terms_of(rule, "topics")]
        return ", ".join([_any_of(topics), *conditions])
    if not conditions:
        return _("everything")
    return _("everything %(condition)s") % {"condition": ", ".join(conditions)}


def _conditions(rule: Rule, known: Names) -> list[str]:
    return [
        _said(phrase, terms, known) for phrase, terms in positive(rule) if terms and terms[0].kind != "topic"
    ]


def _exclusions(rule: Rule, known: Names) -> list[str]:
    phrase, terms = negative(rule)
    return [_said(phrase, terms, known)] if terms else []


def positive(rule: Rule) -> list[tuple[str, list[Term]]]:
    """What a rule asks for, as phrases with "%(what)s" in them and the terms that stand there, in the order in which
    they are said; those it does not ask for have no terms.
    """
    return [
        (_("about %(what)s"), _terms_of(rule, "topics")),
        (_("from %(what)s"), _terms_of(rule, "offices")),
        (_("of the type %(what)s"), _terms_of(rule, "types")),
        (_("in %(what)s"), _terms_of(rule, "languages")),
        (_("with the words %(what)s"), _terms_of(rule, "words")),
    ]


def negative(rule: Rule) -> tuple[str, list[Term]]:
    """What a rule leaves out, as `positive`."""
    fields = ("not_topics", "not_offices", "not_types", "not_languages", "not_words")
    return _("but not %(what)s"), [term for field in fields for term in _terms_of(rule, field)]


def name_of(term: Term, known: Names) -> str:
    """A term in the active language."""
    if term.kind == "word":
        return f"“{term.value}”"
    if term.kind == "language":
        return _language(term.value)
    if term.value == UNTAGGED:
        return {"topic": _("no topic"), "office": _("no office")}.get(term.kind, term.value)
    return known.get((term.kind, term.value), term.value)


def names(selection: Selection, language: str) -> dict[tuple[str, str], str]:
    """What the terms of a selection are called in `language`."""
    terms = list(_terms(selection))
    named = store.names(terms, language)
    return {term: named[term].text if term in named else term[1] for term in terms}


def _terms_of(rule: Rule, field: str) -> list[Term]:
    kind = field.removeprefix("not_").removesuffix("s")
    return [Term(field, kind, value) for value in getattr(rule, field)]


def _said(phrase: str, terms: Iterable[Term], known: Names) -> str:
    return phrase % {"what": _any_of([name_of(term, known) for term in terms])}


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def _any_of(parts: Sequence[str]) -> str:
    """ "a", "a or b", "a, b or c" """
    if len(parts) < 2:
        return "".join(parts)
    return pgettext("the last two of a list", "%(first)s or %(last)s") % {
        "first": ", ".join(parts[:-1]),
        "last": parts[-1],
    }

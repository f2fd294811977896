"""Interests: distinct selections as rows, and as plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils import translation
from django.utils.translation import get_language_info, pgettext
from django.utils.translation import gettext as _

from feeds import former, store
from feeds.selection import EVERYTHING, NOTHING, UNTAGGED, Rule, Selection
from notifier.models import Interest

Names = Mapping[tuple[str, str], str]
"""(kind, slug) -> the name of an office, topic or type."""

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


def describe(selection: Selection, language: str) -> str:
    """A selection in plain words of `language`, without a full stop.

    "Border management or Countering terrorism, from OSCE Centre in Ashgabat; and what nobody has labelled yet"
    """
    with translation.override(language):
        if selection == NOTHING:
            return _("nothing")
        if selection == EVERYTHING:
            return _("everything")
        terms = list(_terms(selection))
        named = store.names(terms, language)
        known = {term: named[term].text if term in named else term[1] for term in terms}
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
        return ", ".join([_any_of(_named("topic", rule.topics, known)), *conditions])
    if not conditions:
        return _("everything")
    return _("everything %(condition)s") % {"condition": ", ".join(conditions)}


def _conditions(rule: Rule, known: Names) -> list[str]:
    phrases = (
        (rule.offices, _("from %(what)s"), _named("office", rule.offices, known)),
        (rule.types, _("of the type %(what)s"), _named("type", rule.types, known)),
        (rule.languages, _("in %(what)s"), [_language(code) for code in rule.languages]),
        (rule.words, _("with the words %(what)s"), _quoted(rule.words)),
    )
    return [phrase % {"what": _any_of(parts)} for values, phrase, parts in phrases if values]


def _exclusions(rule: Rule, known: Names) -> list[str]:
    parts = [
        *_named("topic", rule.not_topics, known),
        *_named("office", rule.not_offices, known),
        *_named("type", rule.not_types, known),
        *map(_language, rule.not_languages),
        *_quoted(rule.not_words),
    ]
    return [_("but not %(what)s") % {"what": _any_of(parts)}] if parts else []


def _named(kind: str, slugs: Iterable[str], known: Names) -> list[str]:
    without = {"topic": _("no topic"), "office": _("no office")}
    return [without[kind] if slug == UNTAGGED else known[kind, slug] for slug in slugs]


def _quoted(words: Iterable[str]) -> list[str]:
    return [f"“{word}”" for word in words]


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

"""The translations: complete, compiled, and true to their placeholders."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = [code for code in settings.HERALD_LANGUAGES if code != "en"]
KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "ngettext_lazy": (1, 2), "npgettext": ((1, "c"), 2, 3)}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|<[^>]+>")
Key = tuple[str | None, str]


def key(message: Message) -> Key:
    """Context and text; of a plural its first form."""
    context = message.context
    if isinstance(context, bytes):  # as Babel reads it from a compiled catalogue
        context = context.decode()
    return context, message.id if isinstance(message.id, str) else message.id[0]


@lru_cache(maxsize=1)
def in_the_code() -> dict[Key, str | tuple[str, ...]]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog()
    packages = tuple(str(ROOT / name) for name in ("feeds", "notifier"))
    found = extract_from_dir(
        ROOT, methods, options, KEYWORDS, directory_filter=lambda path: path.startswith(packages)
    )
    for _file, _line, text, _comments, context in found:
        catalog.add(text, context=context)
    return {key(message): message.id for message in catalog if message.id}


@lru_cache(maxsize=8)
def catalogue(language: str) -> Catalog:
    with (ROOT / "notifier/locale" / language / "LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, locale=language, domain="django", abort_invalid=True)


def messages(language: str) -> dict[Key, Message]:
    return {key(message): message for message in catalogue(language) if message.id}


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_text_of_the_code_and_no_other(language: str) -> None:
    assert set(messages(language)) == set(in_the_code())
    for where, message in messages(language).items():
        assert message.id == in_the_code()[where]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_untranslated_or_fuzzy(language: str) -> None:
    faults = [
        where for where, message in messages(language).items() if message.fuzzy or not all(forms(message))
    ]
    assert faults == []
    assert not catalogue(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_follow_the_language(language: str) -> None:
    rule = catalogue(language)
    assert rule.num_plurals == (3 if language == "ru" else 2)
    plurals = [message for message in messages(language).values() if message.pluralizable]
    assert plurals
    assert {len(forms(message)) for message in plurals} == {rule.num_plurals}


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_markup_are_those_of_the_source(language: str) -> None:
    for message in messages(language).values():
        sources = (message.id,) if isinstance(message.id, str) else message.id
        wanted = [sorted(PLACEHOLDER.findall(source)) for source in sources]
        first, *others = [sorted(PLACEHOLDER.findall(form)) for form in forms(message)]
        assert first in wanted, message.id  # "the last release" has no number, "последние 21" has
        assert all(found == wanted[-1] for found in others), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_edges_are_those_of_the_source(language: str) -> None:
    """What is put together from parts needs its spaces; a sentence keeps its full stop."""
    for message in messages(language).values():
        source = message.id if isinstance(message.id, str) else message.id[-1]
        for form in forms(message):
            assert (form != form.rstrip()) == (source != source.rstrip()), source
            assert form.endswith(".") == source.endswith("."), source


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (ROOT / "notifier/locale" / language / "LC_MESSAGES/django.mo").open("rb") as file:
        compiled = {key(message): forms(message) for message in read_mo(file) if message.id}
    assert compiled == {where: forms(message) for where, message in messages(language).items()}


def test_django_finds_the_catalogues() -> None:
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = [
                translation.ngettext("%(num)s release", "%(num)s releases", n) % {"num": n} for n in (1, 2, 5)
            ]
    assert said == {
        "fr": ["1 communiqué", "2 communiqués", "5 communiqués"],
        "de": ["1 Mitteilung", "2 Mitteilungen", "5 Mitteilungen"],
        "it": ["1 comunicato", "2 comunicati", "5 comunicati"],
        "ru": ["1 публикация", "2 публикации", "5 публикаций"],
        "es": ["1 comunicado", "2 comunicados", "5 comunicados"],
    }


def test_no_line_begins_with_a_french_mark() -> None:
    apart = re.compile(r"\S [;:?!»]|« ")
    assert [
        form for message in messages("fr").values() for form in forms(message) if apart.search(form)
    ] == []

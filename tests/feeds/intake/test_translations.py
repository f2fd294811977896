"""Language versions: joined whichever points to which, in whatever order they come."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.models import Release, TranslationLink
from feeds.sources.item import RawItem
from feeds.translations import regrouped
from tests.feeds.intake.kit import BORDER, make_source, take_in

SITE = "https://newsroom.example.org/"


def version(language, **values):
    item = replace(BORDER, key=language, url=f"{SITE}{language}/1", title=f"In {language}", language=language)
    return replace(item, **values)


def alternates(*languages):
    return tuple((language, f"{SITE}{language}/1#main") for language in languages)


EN, FR, RU = (version(one, alternates=alternates("en", "fr", "ru")) for one in ("en", "fr", "ru"))


def parents():
    """What points to what, by language."""
    names = dict(Release.objects.values_list("pk", "language"))
    pairs = Release.objects.values_list("language", "translation_of_id")
    return {language: names.get(pk, "") for language, pk in pairs}


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations([EN, FR, RU])))
def test_versions_are_joined_in_whatever_order_they_come(source, order):
    for item in order:
        take_in(source, item)
    first, *others = (item.language for item in order)
    assert parents() == {first: "", **dict.fromkeys(others, first)}
    for item in order:
        assert take_in(source, item).same == 1


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations(["en", "fr", "ru"])))
@pytest.mark.parametrize("name", ["en", f"{SITE}en/1"])
def test_versions_that_name_the_original_by_key_or_address(source, order, name):
    items = {"en": version("en")} | {one: version(one, translation_of=name) for one in ("fr", "ru")}
    for language in order:
        take_in(source, items[language])
    root = min(Release.objects.values_list("pk", flat=True))
    assert list(Release.objects.exclude(pk=root).values_list("translation_of_id", flat=True)) == [root, root]
    assert Release.objects.get(pk=root).translation_of is None


@pytest.mark.django_db
def test_versions_of_one_fetch(source):
    take_in(source, EN, FR, RU, version("de"))
    assert parents() == {"de": "", "ru": "", "fr": "ru", "en": "ru"}


@pytest.mark.django_db
def test_each_language_may_have_a_source_of_its_own(source):
    take_in(source, EN)
    take_in(make_source("french", first_complete_at=source.first_complete_at), FR)
    assert parents() == {"en": "", "fr": "en"}


@pytest.mark.django_db
def test_a_key_means_a_release_of_the_same_source(source):
    take_in(make_source("french"), version("en"))
    take_in(source, version("fr", translation_of="en"))
    assert parents() == {"en": "", "fr": ""}


@pytest.mark.django_db
def test_what_an_editor_has_set_stays(source):
    take_in(source, version("de"))
    take_in(source, version("ru"))
    Release.objects.filter(language="de").update(translation_of=Release.objects.get(language="ru"))
    take_in(source, version("fr", translation_of="de"))
    assert parents() == {"ru": "", "de": "ru", "fr": "ru"}


@pytest.mark.django_db
def test_a_version_that_an_editor_took_out_stays_out(source):
    take_in(source, EN)
    take_in(source, FR)
    Release.objects.update(translation_of=None)
    take_in(source, replace(EN, summary="Otherwise."))
    take_in(source, replace(FR, summary="Otherwise.", alternates=alternates("en", "fr", "de")))
    assert parents() == {"en": "", "fr": ""}


@pytest.mark.django_db
def test_what_a_source_takes_back_falls_apart(source):
    take_in(source, version("en"))
    take_in(source, version("fr", translation_of="en", whole=True))
    assert parents() == {"en": "", "fr": "en"}
    take_in(source, version("fr", whole=True))
    assert parents() == {"en": "", "fr": ""}
    assert not TranslationLink.objects.exists()


@pytest.mark.django_db
def test_an_original_that_points_back_is_no_circle(source):
    take_in(source, version("en", translation_of="fr"), version("fr", translation_of="en"))
    take_in(source, version("ru", translation_of="ru"))
    assert sorted(parents().values()) in (["", "", "en"], ["", "", "fr"])


@pytest.mark.django_db
def test_a_version_that_was_deleted_and_comes_again_is_joined_again(source):
    take_in(source, EN)
    take_in(source, FR)
    Release.objects.filter(language="fr")._raw_delete("default")
    take_in(source, FR)
    assert parents() == {"en": "", "fr": "en"}


@pytest.mark.django_db
def test_nothing_is_asked_where_nothing_is_said(source, django_assert_max_num_queries):
    take_in(source, RawItem("Plain", BORDER.published_on))
    assert not TranslationLink.objects.exists()


RELEASES = st.integers(1, 8)


@given(
    st.dictionaries(RELEASES, st.none() | RELEASES, min_size=1),
    st.lists(st.tuples(RELEASES, RELEASES), max_size=8),
)
def test_groups_are_flat_and_hold_what_belongs_together(given_, pairs):
    pairs = [pair for pair in pairs if set(pair) <= given_.keys()]
    after = given_ | regrouped(pairs, given_)
    for one, other in pairs:
        assert (after[one] or one) == (after[other] or other)
    touched = {pk for pair in pairs for pk in pair}
    for pk in touched:
        root = after[pk] or pk
        assert root in given_
        assert after[root] is None
    assert regrouped(pairs, after) == {}

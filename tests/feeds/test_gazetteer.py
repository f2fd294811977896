"""One box that understands offices, their aliases, countries and regions, and topics, in six languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import gazetteer
from feeds.gazetteer import Gazetteer, Place
from feeds.models import Office

BISHKEK = Place(
    "office",
    "bishkek",
    (("en", "Programme Office in Bishkek"), ("ru", "Программный офис в Бишкеке")),
    ("Centre in Bishkek",),
    "KG",
    "central-asia",
)
ASTANA = Place("office", "astana", (("en", "Programme Office in Astana"),), (), "KZ", "central-asia")
TIRANA = Place("office", "tirana", (("en", "Presence in Albania"),), (), "AL", "south-eastern-europe")
ODIHR = Place("office", "rights", (("en", "Office for Democratic Institutions"),), ("ODIHR",))
CLOSED = Place("office", "osh", (("en", "Field Office in Osh"),), (), "KG", "central-asia", closed=True)
BORDERS = Place("topic", "borders", (("en", "Border management"), ("de", "Grenzmanagement")))
OURS = Gazetteer([CLOSED, BISHKEK, ASTANA, TIRANA, ODIHR, BORDERS])


def slugs(text: str, language: str = "en") -> list[str]:
    return [hit.slug for hit in OURS.find(text, language)]


@pytest.mark.parametrize(
    "text",
    ["Central Asia", "in central asia", "Asie centrale", "Zentralasien", "Asia centrale", "Средняя Азия",
     "Центральная Азия", "Asia Central", "Zentral"],
)  # fmt: skip
def test_a_region_brings_its_offices_in_any_language(text: str) -> None:
    assert slugs(text) == ["bishkek", "astana", "osh"]


@pytest.mark.parametrize(
    "text",
    ["Kyrgyzstan", "Kirgistan", "Kirgisien", "Kirgisistan", "Kirghizistan", "Kirguistán", "kirguistan",
     "Киргизия", "Кыргызстан", "KIRGISTAN", "Kirgistn"],
)  # fmt: skip
def test_a_country_by_any_of_its_names(text: str) -> None:
    assert slugs(text) == ["bishkek", "osh"]


@pytest.mark.parametrize(
    "text", ["Bishkek", "Bischkek", "Bichkek", "Бишкек", "бишк", "Bihskek", "bishkek office"]
)
def test_a_town_with_a_slip_or_in_another_script(text: str) -> None:
    assert slugs(text)[:1] == ["bishkek"]


def test_aliases_and_topics() -> None:
    assert slugs("ODIHR") == ["rights"]
    assert slugs("odi") == ["rights"]
    assert slugs("grenz") == ["borders"]
    assert slugs("boarder") == ["borders"]
    assert slugs("Balkans") == slugs("Балканы") == ["tirana"]


def test_why_it_was_found_is_said_in_the_language_of_the_page() -> None:
    assert OURS.find("Kirgistan", "fr")[0].why == "Kirghizstan"
    assert OURS.find("Kirgistan", "ru")[0].name == "Программный офис в Бишкеке"
    assert OURS.find("Zentralasien", "en")[0].why == "Central Asia"
    assert OURS.find("ODIHR", "en")[0].why == "ODIHR"
    assert OURS.find("Astana", "en")[0].why == ""


def test_a_closed_office_comes_last_and_says_so() -> None:
    hits = OURS.find("kyrgyzstan", "en")
    assert [hit.closed for hit in hits] == [False, True]


@pytest.mark.parametrize("text", ["", " ", "\0", "\ud800", "***", "xyzzy", "x" * 10_000, '"(' * 500])
def test_what_means_nothing_brings_nothing(text: str) -> None:
    assert OURS.find(text, "en") == []


@given(st.text(st.characters(), max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    OURS.find(text, "ru")


@pytest.mark.django_db
def test_it_follows_the_terms_whoever_writes_them() -> None:
    Office.objects.bulk_create([Office(slug="skopje", name="Mission to Skopje", country="MK")])
    assert [hit.slug for hit in gazetteer.find("Mazedonien", "de")] == ["skopje"]
    Office.objects.filter(slug="skopje").update(country="AL", names={"de": 3}, aliases=["Skoplje", 4])
    assert gazetteer.find("Mazedonien", "de") == []
    assert gazetteer.find("Skoplje", "de")[0].why == "Skoplje"

"""Which office a text speaks of, by its dateline and its title."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from feeds.datelines import Names, dateline, named_in, suggest


def shipped() -> list[Names]:
    rows = tomllib.loads((Path(settings.ROOT) / "config/defaults/offices.toml").read_text(encoding="utf-8"))[
        "office"
    ]
    return [
        Names(row["slug"], (row["name"], *row.get("aliases", ())), row.get("closed", False)) for row in rows
    ]


OFFICES = shipped()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Bishkek, 31 January 2025 – 31 experts from the Border Service", "Bishkek"),
        ("VIENNA, 3 March 2025 - The Chairperson", "VIENNA"),
        ("SKOPJE/VIENNA, 3 March 2025 – Today", "SKOPJE VIENNA"),
        ("WARSAW and VIENNA, 3 March 2025: Today", "WARSAW VIENNA"),
        ("Tashkent, Uzbekistan, 3 March 2025 — Today", "Tashkent Uzbekistan"),
        ("NEW YORK, March 3, 2025 (News) – Today", "NEW YORK"),
        ("Novi Sad, 3 Mar. 2025, Today", "Novi Sad"),
        ("ASTANA 3 March 2025 – Today", "ASTANA"),
        ("Astana (3 March 2025) – Today", "Astana"),
        ("DUSHANBE – The Office", "DUSHANBE"),
        ("WARSAW (News) - The Office", "WARSAW"),
        ("  Bishkek,\n31 January 2025 –", "Bishkek"),
        ("Bishkek, 31.01.2025 – Today", "Bishkek"),
        ("Bishkek, 2025-01-31: Today", "Bishkek"),
        ("Skopje, 3rd of March 2025 – Today", "Skopje"),
        ("Skopje, 3. März 2025 – Heute", "Skopje"),
        ("Skopje, le 3 mars 2025 – Aujourd’hui", "Skopje"),
        ("Skopje, 1er mars 2025 – Aujourd’hui", "Skopje"),
        ("Skopje, 3 marzo 2025 – Oggi", "Skopje"),
        ("Skopje, 3 de marzo de 2025 – Hoy", "Skopje"),
        ("Бишкек, 31 января 2025 г. – Сегодня", "Бишкек"),
        ("КИЇВ, 3 березня 2025 р. – Сьогодні", "КИЇВ"),
        ("Երևան, 3 մարտի 2025 – Այսօր", "Երևան"),
        ("Սկոպիե", None),
        ("Dushanbe – The Office", None),
        ("The Office – in Dushanbe", None),
        ("Bishkek, 31 experts from the Border Service", None),
        ("bishkek, 31 January 2025 – Today", None),
        ("In a long text that goes on and on it is only much later that one finds Bishkek, 31 January 2025", None),
        ("The visit took place from 10 to 14 February 2025.", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_dateline_is_known(text, places):
    found = dateline(text)
    assert (" ".join(found.places) if found else None) == places


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("Bishkek, 31 January 2025 – Today", {"osce-programme-office-in-bishkek"}),
        ("ALMATY, 31 January 2015 – Today", {"osce-programme-office-in-astana"}),
        (
            "SKOPJE/DUSHANBE, 3 March 2025 – Today",
            {"osce-mission-to-skopje", "osce-programme-office-in-dushanbe"},
        ),
        ("Baku, 3 March 2012 – Today", {"osce-project-co-ordinator-in-baku"}),
        ("ODIHR – Today", {"osce-office-for-democratic-institutions-and-human-rights"}),
        ("VIENNA, 3 March 2025 – Today", set()),
        ("Bish, 3 March 2025 – Today", set()),
        ("OSCE, 3 March 2025 – Today", set()),
        ("Mission, 3 March 2025 – Today", set()),
        ("On Monday, 3 March 2025, the Mission to Skopje", set()),
    ],
)
def test_a_dateline_leads_to_offices_whose_name_has_the_place(text, slugs):
    assert suggest("A title", [text], OFFICES).keys() == slugs


def test_a_closed_office_is_meant_only_where_there_is_no_other():
    here = [Names("now", ("Office in Kyiv",)), Names("then", ("Mission to Kyiv",), closed=True)]
    text = "Kyiv, 3 March 2025 – Today"
    assert suggest("", [text], here).keys() == {"now"}
    assert suggest("", [text], here[1:]).keys() == {"then"}


@pytest.mark.parametrize(
    ("title", "slugs"),
    [
        ("Enhancing EOD: OSCE Programme Office in Bishkek Conducts Training", {"osce-programme-office-in-bishkek"}),
        ("osce programme office in bishkek’s training", {"osce-programme-office-in-bishkek"}),
        ("OSCE Mission to BiH statement on the brutal killing", {"osce-mission-to-bosnia-and-herzegovina"}),
        ("OSCE RFoM protests", {"osce-representative-on-freedom-of-the-media"}),
        ("OSCE HCNM visits", {"osce-high-commissioner-on-national-minorities"}),
        ("ODIHR observers arrive", {"osce-office-for-democratic-institutions-and-human-rights"}),
        ("OSCE Chairmanship meets the Permanent Council", {"osce-chairpersonship", "permanent-council"}),
        ("OSCE Project Co-ordinator in Ukraine (closed) looks back", {"osce-project-co-ordinator-in-ukraine"}),
        ("odihrs observe", set()),
        ("OSCE welcomes Spain’s anti-trafficking efforts", set()),
        ("Mission to Skopje", set()),
        ("OSCE Mission to Skopjes", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_an_office_is_named_in_a_title(title, slugs):
    assert named_in(title, OFFICES).keys() == slugs


def test_a_name_within_a_longer_one_is_not_named():
    offices = [Names("vienna", ("Vienna",)), Names("office", ("Office in Vienna",))]
    assert named_in("The Office in Vienna opens", offices).keys() == {"office"}
    assert named_in("The Office in Vienna opens in Vienna", offices).keys() == {"office", "vienna"}


def test_a_name_in_capitals_is_no_word():
    assert named_in("It rains", [Names("it", ("IT",))]) == {}
    assert named_in("IT rains", [Names("it", ("IT",))]) == {"it": "IT"}


def test_all_reasons_are_told():
    reasons = suggest(
        "OSCE Programme Office in Bishkek trains",
        ["", "Bishkek, 31 January 2025 – Today", "Skopje – Today"],
        OFFICES,
    )
    assert reasons == {
        "osce-programme-office-in-bishkek": "the title names “OSCE Programme Office in Bishkek”; "
        "it begins with the dateline “Bishkek, 31 January 2025”"
    }


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read(title, text):
    suggest(title, [text], OFFICES)


@given(
    st.lists(
        st.sampled_from(["A", "Bb", "-", ",", " ", "/", "3", "March", "–", "(", ")", "2025"]), max_size=80
    )
)
def test_texts_like_datelines_are_read_at_once(parts):
    suggest(" ".join(parts), [" ".join(parts), "".join(parts)], OFFICES)

"""Lists as pages have them. Each page in listings/ has beside it, as JSON, the options and what is read with them."""

import json
import time
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from feeds.sources import listing_html, listing_text
from feeds.sources.item import RawItem, Reading
from feeds.sources.listing import Options
from feeds.sources.listing_dates import LANGUAGES, Writing, find_date, parse_date
from feeds.sources.selectors import compiled
from feeds.sources.webpage import MOST_ELEMENTS
from tests.feeds.sources.test_files import as_json

PAGES = Path(__file__).parent / "listings"
DESIGNS = sorted(path for path in PAGES.iterdir() if path.suffix != ".json")
BASE = "https://newsroom.example/en/list"


def options(**given) -> Options:
    return Options.model_validate(given)


def read(text: str, how: Options, name: str = "page") -> Reading:
    if name.endswith(".txt"):
        return listing_text.read(text, name, how.words, how.writing)
    return listing_html.read(text, name, how.words, how.base_url or BASE, how)


def read_design(name: str, **more) -> Reading:
    beside = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    return read((PAGES / name).read_text(encoding="utf-8"), options(**beside["options"] | more), name)


def test_there_are_designs_enough():
    assert len(DESIGNS) > 10


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.name)
def test_a_design_is_read_as_its_json_says(path):
    beside = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
    assert as_json(read_design(path.name)) == beside["reading"]


def test_the_defaults_fit_the_sample():
    reading = read_design("sample.html")
    assert (len(reading.items), reading.faults, reading.next_page) == (7, (), "?page=1")


@pytest.mark.parametrize(
    "written",
    [
        "17 February 2025", "February 17, 2025", "17th of February, 2025", "Monday, 17 Feb. 2025", "17-Feb-2025",
        "17 février 2025", "lundi 17 FÉVRIER 2025 à 10h30", "17 févr. 2025", "17 fevrier 2025",
        "17. Februar 2025", "Mo., 17.02.2025", "17.2.2025", "17. Feber 2025", "17. Februar 2025 um 10:30 Uhr",
        "17 febbraio 2025", "lunedì 17 febbraio 2025", "17 февраля 2025", "17 февраля 2025 г.", "17 февр. 2025 г.",
        "понедельник, 17 февраля 2025 года, 10:30", "17 de febrero de 2025", "17 feb 2025",
        "2025-02-17", "2025/02/17", "2025-02-17T23:30:00-05:00", "2025-02-17 10:00", "17/02/2025", "02/17/2025",
        "\u00a017\u00a0February\u00a02025 ",
    ],
)  # fmt: skip
def test_a_date_is_read_in_six_languages_and_in_figures(written):
    assert parse_date(written) == date(2025, 2, 17)
    assert find_date(f"Vienna | {written}") == date(2025, 2, 17)


@pytest.mark.parametrize(
    "written",
    ["", "17 Febtober 2025", "30 February 2025", "2025-02-30", "17.02.25", "February 2025", "0001-01-01",
     "17 February 12025", "²² February ٢٠٢٥", "yesterday", "117 February 2025", "12" * 500, "17 February 2025 or so"],
)  # fmt: skip
def test_what_is_no_date_is_none(written):
    assert parse_date(written) is None


def test_nobody_guesses_which_figure_is_the_day():
    assert parse_date("03/02/2025") is None
    assert parse_date("03/02/2025", Writing(first="day")) == date(2025, 2, 3)
    assert parse_date("03/02/2025", Writing(first="month")) == date(2025, 3, 2)
    fault = read_design("table.html", dates={}).faults[0]
    assert 'dates.first = "day" or "month"' in str(fault)


def test_the_earliest_of_several_dates_is_the_one_of_publication():
    assert find_date("Updated 18 February 2025 (17 February 2025)") == date(2025, 2, 17)
    assert find_date("17 February 2025, updated 30 February 2025") is None


def test_other_languages_can_be_named_and_the_first_counts():
    assert parse_date("17 de fevereiro de 2025", Writing(("pt",))) == date(2025, 2, 17)
    assert parse_date("1 listopada 2025", Writing(("pl", "hr"))) == date(2025, 11, 1)
    assert parse_date("1 listopada 2025", Writing(("hr", "pl"))) == date(2025, 10, 1)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from(LANGUAGES))
def test_every_day_is_read_as_each_language_writes_it(day, language):
    from babel.dates import format_date

    for form in ("long", "full"):
        assert parse_date(format_date(day, form, language)) == day


@given(st.text(max_size=80))
@example("1 May 99999999999999999999")
@example("٣ May ٢٠٢٥")
def test_whatever_is_written_is_a_date_or_none(text):
    for find in (parse_date, find_date):
        found = find(text)
        assert found is None or 1900 <= found.year < 2200


@pytest.mark.parametrize(
    ("given", "where", "says"),
    [
        ({"select": {"result": "div["}}, "select.result", "is no CSS selector"),
        ({"select": {"result": "  "}}, "select.result", "is empty"),
        ({"select": {"next": "a:hover("}}, "select.next", "is no CSS selector"),
        ({"select": {"title": "a::before"}}, "select.title", "is no CSS selector"),
        ({"select": {"title": ":nonsense"}}, "select.title", "is no CSS selector"),
        ({"release_page": {"body": ""}}, "release_page.body", "is empty"),
        ({"base_url": "newsroom.example"}, "base_url", "is no web address"),
        ({"dates": {"languages": ["en", "qq"]}}, "dates.languages.1", "is no language"),
        ({"dates": {"first": "year"}}, "dates.first", "'day' or 'month'"),
        ({"versions": {"pattern": "/(en|fr/"}}, "versions.pattern", "is no regular expression"),
        ({"versions": {"pattern": "/([a-z]+)/"}}, "versions.pattern", "has no choice of languages"),
        ({"max_pages": 0}, "max_pages", "greater than or equal to 1"),
        ({"selects": {}}, "selects", "not permitted"),
    ],
)
def test_a_fault_in_the_options_says_where_and_what(given, where, says):
    with pytest.raises(ValidationError) as caught:
        options(**given)
    (error,) = caught.value.errors()
    assert (".".join(map(str, error["loc"])), says in error["msg"]) == (where, True)


def test_options_as_they_come_from_json_are_taken():
    whole = options(select={"result": "li"}, dates={"languages": ["fr"]}, labels={"date": "Le :"})
    assert Options.model_validate(whole.model_dump(mode="json")) == whole
    assert whole.words.date == "Le :"


def test_every_option_says_what_it_is():
    def undocumented(model, path=""):
        for name, field in model.model_fields.items():
            if not field.description:
                yield path + name
            if hasattr(field.annotation, "model_fields"):
                yield from undocumented(field.annotation, f"{path}{name}.")

    assert list(undocumented(Options)) == []


TREE = """<html><body><div class="a"><ul id="u"><li><b>1</b></li><li class="x y"><b>2</b><i>3</i></li></ul></div>
<div class="a b"><p><b>4</b></p><p>5<span class="x"><b>6</b></span></p></div><b>7</b></body></html>"""


@pytest.mark.parametrize(
    "css",
    ["b", "div b", "div > b", "ul > li b", "div ul li.x > b", ".a .x b", "#u b, p b", "li + li b", "p ~ p b", "b + i",
     "div.b p span > b", "body > b", "li:nth-child(2) b", "div:not(.b) b", "p:has(span) b", "body div div b",
     "html body .a b", "div.a > ul > li.x > *", "p:is(.q, p) b", "ul li:first-child b", "b:only-child"],
)  # fmt: skip
def test_selectors_choose_what_they_always_chose(css):
    from lxml import html
    from lxml.cssselect import CSSSelector

    page = html.document_fromstring(TREE)
    assert compiled(css)(page) == CSSSelector(css)(page)


def large(piece: str, times: int) -> str:
    return "<html><body>" + piece * times + "</body></html>"


@pytest.mark.holds("S6")
@pytest.mark.parametrize(
    "text",
    [
        "<html><body>" + "<div>" * 30_000 + "x",
        "<html><body>" + "<div class='search-result-news'>" * 200 + "x",
        large("<p class='search-result-news'>x</p>", 300_000),
        large("<div class='search-result-news'><p class='search-title'>x</p></div>", MOST_ELEMENTS // 2 - 10),
        large(
            "<div class='search-result-news'><p class='search-title'>x</p></div>", listing_html.MOST_RESULTS
        ),
        large("x" * 1000, 10_000),
        large("<a " + "b=1 " * 1000 + ">", 2_000),
        large("<!--" + "-" * 100 + "-->", 40_000),
        large("&amp;&lt;&#9999;", 500_000),
        large("<b><i></b></i>", 10_000),
        "<" * 10_000_000,
        "<html " + "a" * 10_000_000,
    ],
    ids=range(12),
)
def test_very_large_and_very_deep_pages_are_read_or_refused_at_once(text):
    began = time.process_time()
    reading = read(text, options())
    assert time.process_time() - began < 2
    assert reading.faults
    assert all("expected" in str(fault) for fault in reading.faults)


@pytest.mark.parametrize("css", ["div p", "div div div p", "div > p", "p ~ p", "body div p:not(.x)"])
def test_no_selector_is_slow_on_a_large_page(css):
    nested = "<div>" * 100 + "<p>x</p>" * 2_000 + "</div>" * 100
    began = time.process_time()
    read(large(nested, 1), options(select={"result": css}))
    read(large("<div><p>x</p></div>", 10_000), options(select={"result": css}))
    assert time.process_time() - began < 4


def test_a_page_without_end_tags_is_whole_where_the_options_say_so():
    page = "<html><body><li class=n><b>Title</b> <time>1 May 2025</time>"
    select = {"result": ".n", "title": "b"}
    assert not read(page, options(select=select)).complete
    whole = read(page, options(select=select, end_tag=False))
    assert (whole.complete, len(whole.items)) == (True, 1)


JUNK = st.one_of(
    st.text(max_size=400),
    st.lists(
        st.sampled_from(
            ["<", ">", "<div class='search-result-news'>", "</div>", "<a href='", "'>", "<base href='//[", "<time>",
             "<p class=search-title>", "Publishing date:", "17 February 2025", "\x00", "\ud800", "<!--", "]]>", "&#0;",
             "<img src='http://[", "<li class=pager-next><a href='http://[x'>", "</html>", "<html>", "\n", "<svg>"]
        ),
        max_size=40,
    ).map("".join),
)  # fmt: skip


@given(JUNK, st.sampled_from([{}, {"select": {"spans": True}}, {"select": {"result": "*", "title": ""}}]))
def test_whatever_a_page_is_only_faults_come_back(text, given_options):
    for name in ("junk.html", "junk.txt"):
        reading = read(text, options(**given_options), name)
        assert reading.items or reading.faults
        assert all(isinstance(item, RawItem) and item.title.strip() for item in reading.items)
        assert all("\n" not in str(fault) and "expected" in str(fault) for fault in reading.faults)


def test_the_example_in_the_documentation_is_taken():
    page = (Path(__file__).parents[3] / "docs" / "listing.md").read_text(encoding="utf-8")
    given = tomllib.loads(page.split("```toml\n")[1].split("```")[0])["source"][0]
    assert Options.model_validate(given["options"]).pages

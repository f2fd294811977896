"""Files handed over by hand. Each file in tests/feeds/data has its reading beside it, as JSON."""

import json
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds.models import Newsroom, Source
from feeds.sources import files
from feeds.sources.item import Fault, RawItem, Reading

DATA = Path(__file__).parent.parent / "data"
GIVEN = sorted(path for path in DATA.iterdir() if path.with_name(path.name + ".json").exists())
DEFAULTS = {field.name: field.default for field in fields(RawItem)}
LISTING = (DATA / "newsroom-listing.txt").read_bytes()
PAGE = (DATA / "newsroom-listing.html").read_bytes()
ATOM = (DATA / "feed.atom").read_bytes()


def as_json(reading: Reading) -> dict:
    """A reading as its .json has it: fields that are empty left out."""
    return {
        "complete": reading.complete,
        "next_page": reading.next_page,
        "faults": [str(fault) for fault in reading.faults],
        "items": [
            {
                name: str(value)
                if name in {"published_on", "visible_at"}
                else list(value)
                if isinstance(value, tuple)
                else value
                for name, value in asdict(item).items()
                if value != DEFAULTS.get(name)
            }
            for item in reading.items
        ],
    }


def read(name: str, source: Source | None = None) -> Reading:
    """Read a file of tests/feeds/data; faults name it without its folder."""
    return files.read_bytes((DATA / name).read_bytes(), name, source)


def test_every_file_has_its_reading_beside_it():
    kinds = {".txt", ".html", ".atom", ".rss", ".bin", ".md", ".ndjson", ".csv"}
    assert [path.name for path in DATA.iterdir() if path.suffix in kinds and path not in GIVEN] == []
    assert len(GIVEN) > 20


@pytest.mark.parametrize("path", GIVEN, ids=lambda path: path.name)
def test_a_file_is_read_as_its_json_says(path):
    expected = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
    assert as_json(read(path.name)) == expected


def test_text_and_page_tell_the_same_seven():
    text, page = read("newsroom-listing.txt"), read("newsroom-listing.html")
    assert len(text.items) == 7
    assert [without_key(item) for item in text.items] == [without_key(item) for item in page.items]
    assert len({item.key for item in page.items}) == 7


def without_key(item: RawItem) -> dict:
    return {name: value for name, value in asdict(item).items() if name not in {"key", "url", "line"}}


def test_a_file_that_is_not_there_or_is_a_folder_is_a_fault(tmp_path):
    for path in (tmp_path / "nothing.txt", tmp_path, Path("\0")):
        reading = files.read(path)
        assert (reading.items, reading.complete) == ((), False)
        assert len(reading.faults) == 1
        assert "expected a file" in str(reading.faults[0])


def test_a_very_large_file_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1000)
    path = tmp_path / "large.txt"
    path.write_bytes(LISTING)
    assert [fault.found for fault in files.read(path).faults] == ["a very large file"]


def test_a_fault_is_one_line():
    assert str(Fault("a\nb.txt", 3, "two\n lines", "one")) == "a b.txt:3: two lines; expected one"
    assert str(Fault("b.txt", None, "nothing", "something")) == "b.txt: nothing; expected something"


@pytest.mark.django_db
def test_a_sources_own_labels_are_found():
    source = Source(options={"labels": {"date": "Date de publication", "offices": "Où nous sommes"}})
    text = "Tête\nUn titre\nDate de publication : 17 February 2025\nOù nous sommes: Vienne\nUn résumé."
    reading = files.read_bytes(text.encode(), "fr.txt", source)
    assert [(item.title, item.offices, item.summary) for item in reading.items] == [
        ("Un titre", ("Vienne",), "Un résumé.")
    ]


def test_labels_of_a_page_are_found_whatever_the_markup():
    page = """<dl><div class="search-result-news"><dt class="search-title"><h3><a href="https://e.org/1">Title</a></h3></dt>
    <dl><dt>Publishing date</dt><dd>2025-02-17</dd><dt>Where we are:</dt><dd><a>A</a>, <a>B</a></dd></dl>
    <p><b>What we do</b>: C<br><!-- x -->Content type: News</p>
    <p class="search-snippet">Where we are: nowhere</p></div></dl>"""
    (item,) = files.read_bytes(page.encode(), "page.html").items
    assert (item.published_on.isoformat(), item.offices, item.topics, item.type, item.url) == (
        "2025-02-17", ("A, B",), ("C",), "News", "https://e.org/1"
    )  # fmt: skip
    assert item.summary == "Where we are: nowhere"


def test_a_summary_may_have_several_lines():
    text = LISTING.decode().replace("concluded their four-day visit", "concluded\ntheir four-day visit")
    (first, *_) = files.read_bytes(text.encode(), "listing.txt").items
    assert first.summary.split("\n")[1].startswith("their four-day visit")


def test_a_release_without_title_keeps_its_neighbours():
    reading = files.read_bytes(
        b"Publishing date: 1 March 2025\nA\nPublishing date: 2 March 2025\nB.", "x.txt"
    )
    assert [item.title for item in reading.items] == ["A"]
    assert [str(fault) for fault in reading.faults] == [
        "x.txt:1: a release without a title; expected a title before its labels"
    ]


def test_a_second_date_in_one_release_is_a_fault():
    reading = files.read_bytes(
        b"A\nPublishing date: 2 March 2025\nPublishing date: 3 March 2025\nB.", "x.txt"
    )
    assert [item.published_on.day for item in reading.items] == [2]
    assert [fault.line for fault in reading.faults] == [3]


def a_source(address: str = "", **options) -> Source:
    return Source(slug="newsroom", address=address, options=options)


@pytest.mark.django_db
def test_links_are_resolved_against_the_source_or_the_newsrooms_home():
    def first(source):
        return read("newsroom-listing.html", source).items[0].url

    assert first(a_source()) == ""
    Newsroom.objects.bulk_create([Newsroom(pk=1, home_url="https://home.example.org/")])
    assert first(a_source()) == "https://home.example.org/press-releases/900001"
    assert (
        first(a_source("https://list.example.org/en/news"))
        == "https://list.example.org/press-releases/900001"
    )
    assert first(a_source("/folder", base_url="https://own.example.org")) == (
        "https://own.example.org/press-releases/900001"
    )


def test_links_of_a_feed_are_resolved_against_its_address():
    rss = (DATA / "feed.rss").read_bytes().replace(b"https://newsroom.example.org/b", b"/b")
    reading = files.read_bytes(rss, "feed.rss", a_source("https://newsroom.example.org/feed.rss"))
    assert reading.items[1].url == "https://newsroom.example.org/b"


def test_the_content_of_a_file_is_never_taken_for_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("<rss >").write_text(
        "<rss version='2.0'><channel><item><title>Stolen</title></item></channel></rss>"
    )
    assert files.read_bytes(b"<rss >", "x").items == ()


def test_a_feed_in_utf_16_is_read():
    text = ATOM.decode().replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16")
    titles = [item.title for item in files.read_bytes(text, "x").items]
    assert titles == [item.title for item in read("feed.atom").items]


def test_looking_for_a_feed_takes_no_time():
    started = datetime.now(UTC)
    assert not files.is_feed(b"<!---->" * 600)
    assert (datetime.now(UTC) - started).total_seconds() < 1


MUTATED = st.builds(
    lambda base, at, length, put: base[: at % len(base)] + put + base[at % len(base) + length :],
    st.sampled_from((LISTING, PAGE, ATOM)),
    st.integers(0, 10_000),
    st.integers(0, 300),
    st.binary(max_size=20)
    | st.sampled_from((b"<", b"]]>", b"</dl>", b"&#0;", b"\nPublishing date:", b"\n", b"<!--")),
)


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode) | MUTATED)
@example(b"<rss/>")
@example(b"<feed><entry><title>x</title><updated>9999-99-99T00:00:00Z</updated>")
@example(b"<![foo<rss><!DOCTYPE")
@example(b'<?xml version="1.0" encoding="x"?><html class="search-result-news">')
@example(b"A\nPublishing date: 99 February 2025")
@example("A\nPublishing date: ²² February ٢٠٢٥".encode())
@example(b'<meta charset="idna">\xff')
@example(b'<meta charset="rot13">\xff')
def test_whatever_is_given_only_faults_come_back(data):
    reading = files.read_bytes(data, "junk")
    assert reading.items or reading.faults or reading.complete
    assert all(isinstance(item, RawItem) and item.title.strip() for item in reading.items)
    assert all("\n" not in str(fault) and "expected" in str(fault) for fault in reading.faults)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from((LISTING, PAGE, ATOM)), st.integers(0, 10_000))
def test_what_is_cut_off_is_never_kept_by_half(whole, at):
    """Every item of a file that stops somewhere is one of the whole file; in a text, only a summary can be shorter."""
    expected = {item.title: item for item in files.read_bytes(whole, "whole").items}
    for item in files.read_bytes(whole[: at % len(whole)], "cut").items[:-1]:
        assert item == expected[item.title]

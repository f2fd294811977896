"""Reading feeds of others, in parts: encodings, dates, broken documents, ids. No network."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.sources import jsonfeed_read, syndication, syndication_bytes, syndication_dates
from feeds.sources.item import Reading
from feeds.sources.syndication_bounds import TooMuch, check
from feeds.sources.syndication_parts import MOST_APART

PUBLISHED = "<pubDate>Mon, 17 Feb 2025 10:00:00 GMT</pubDate>"
VERSION = "https://jsonfeed.org/version/1.1"


def rss(*items: str, encoding: str = "") -> str:
    """A feed with an item on each line, from the second."""
    told = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding else ""
    return f'{told}<rss version="2.0"><channel><title>t</title>\n' + "\n".join(items) + "\n</channel></rss>"


def item(title: str, more: str = "") -> str:
    return f"<item><title>{title}</title>{PUBLISHED}{more}</item>"


def titles(reading: Reading) -> list[str]:
    return [one.title for one in reading.items]


WORDS = {
    "utf-8": "Grüße, Прага, 東京",
    "iso-8859-1": "Perché costa di più",
    "iso-8859-7": "Υπουργείο Εξωτερικών",
    "windows-1251": "Работа полиции",
    "koi8-r": "Работа полиции",
    "cp866": "Работа полиции в Москве",
    "windows-1256": "وزارة الداخلية",
    "windows-1257": "Āžuolas ir šūkis",
    "cp874": "ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอน",
    "mac-roman": "Café – déjà vu",
    "shift_jis": "日本語の表示",
    "euc-jp": "日本語の表示",
    "iso-2022-jp": "日本語の表示",
    "gb2312": "中华人民共和国",
    "big5": "中華民國",
    "euc-kr": "한국어 뉴스",
}


@pytest.mark.parametrize("encoding", WORDS)
def test_an_encoding_that_is_declared_is_taken(encoding: str) -> None:
    data = rss(item(WORDS[encoding]), encoding=encoding).encode(encoding)
    assert titles(syndication.read(data, "f")) == [WORDS[encoding]]


@pytest.mark.parametrize("encoding", WORDS)
def test_the_media_type_names_it_where_the_document_does_not(encoding: str) -> None:
    data = rss(item(WORDS[encoding])).encode(encoding)
    assert titles(syndication.read(data, "f", charset=encoding)) == [WORDS[encoding]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_wide_letters_and_marks_speak_for_themselves(encoding: str) -> None:
    data = rss(item("Grüße, Прага")).encode(encoding)
    assert titles(syndication.read(data, "f", charset="iso-8859-1")) == ["Grüße, Прага"]


@pytest.mark.parametrize("encoding", ["no-such-thing", "rot13", "punycode", "undefined", "hex"])
def test_an_encoding_that_is_none_is_passed_over(encoding: str) -> None:
    assert titles(syndication.read(rss(item("Grüße"), encoding=encoding).encode(), "f")) == ["Grüße"]
    assert titles(syndication.read(rss(item("Café"), encoding=encoding).encode("latin-1"), "f")) == ["Café"]


def test_more_than_gb2312_has_is_read_where_that_is_declared() -> None:
    data = rss(item("朱镕基"), encoding="gb2312").encode("gbk")
    assert titles(syndication.read(data, "f")) == ["朱镕基"]


@given(st.binary(max_size=200), st.sampled_from(["", *WORDS, "utf-16", "hex"]))
def test_whatever_the_bytes_they_are_text(data: bytes, charset: str) -> None:
    syndication_bytes.decode(data, charset)


@pytest.mark.parametrize(
    ("written", "language", "expected"),
    [
        ("2025-02-17", "", date(2025, 2, 17)),
        ("20250217T101500Z", "", date(2025, 2, 17)),
        ("2025-02-17T23:30:00-05:00", "", date(2025, 2, 18)),
        ("2025-02-17t00:30:00.123+0100", "", date(2025, 2, 16)),
        ("2025-02-17 10:00:00", "", date(2025, 2, 17)),
        ("Mon, 17 Feb 2025 10:00:00 GMT", "", date(2025, 2, 17)),
        ("Mon, 17 Feb 2025 22:00:00 PST", "", date(2025, 2, 18)),
        ("Mon, 17 Feb 2025 00:30:00 +0100", "", date(2025, 2, 16)),
        ("Mon, 17 Feb 2025 00:30:00 GMT+0100", "", date(2025, 2, 16)),
        ("17 February 25", "", date(2025, 2, 17)),
        ("17-Feb-1999 10:00", "", date(1999, 2, 17)),
        ("Wed Feb 17 10:00:00 2027", "", date(2027, 2, 17)),
        ("Mon Feb 17 23:00:00 EST 2025", "", date(2025, 2, 18)),
        ("lun., 17 févr. 2025 10:00:00 +0100", "fr", date(2025, 2, 17)),
        ("lun., 17 févr. 2025 00:30:00 +0100", "fr", date(2025, 2, 16)),
        ("17. März 2025", "de-AT", date(2025, 3, 17)),
        ("17 февраля 2025", "ru", date(2025, 2, 17)),
        ("Mon, 30 Feb 2025 10:00:00 GMT", "", None),
        ("03/02/2025", "", None),
        ("1739786400", "", None),
        ("February 2025", "", None),
        ("0000-00-00", "", None),
        ("soon", "", None),
        ("2025-02-17" + " " * 10 + "x" * 300, "", None),
    ],
)
def test_dates_in_many_forms(written: str, language: str, expected: date | None) -> None:
    assert syndication_dates.day(written, language) == expected


@given(st.text(max_size=60), st.sampled_from(["", "fr", "xx", "de-AT", "!"]))
def test_whatever_is_written_is_a_date_or_none(written: str, language: str) -> None:
    syndication_dates.day(written, language)


def test_a_broken_entry_spoils_no_other_and_is_told_with_its_line() -> None:
    data = rss(
        item("Erster"), item("Zwei <b>te"), item("Драй & vier", "<link>https://a.example/?x=1&y=2</link>")
    )
    reading = syndication.read(data.encode(), "f.rss")
    assert titles(reading) == ["Erster", "Zwei te", "Драй & vier"]
    assert reading.items[2].url == "https://a.example/?x=1&y=2"
    assert [str(fault) for fault in reading.faults] == [
        "f.rss:3: not well-formed (mismatched tag); expected well-formed XML to the end"
    ]
    assert reading.complete


def test_a_feed_that_breaks_off_gives_what_stands_whole() -> None:
    whole = rss(item("One"), item("Two"), item("Three")).encode()
    reading = syndication.read(whole[: whole.index(b"Three") + 3], "f.rss")
    assert (titles(reading), reading.complete) == (["One", "Two"], False)
    assert str(reading.faults[0]).startswith("f.rss:4: not well-formed")


@pytest.mark.parametrize("spoiled", ["", "<i>"], ids=["mended", "taken apart"])
def test_lines_are_those_of_the_document_however_much_was_mended_before(spoiled: str) -> None:
    items = (
        [item("a & b", "&" * 400 + spoiled)] * 5 + ["<item><title>No date</title></item>"] + [item("z")] * 30
    )
    (fault,) = [one for one in syndication.read(rss(*items).encode(), "f").faults if "no date" in one.found]
    assert fault.line == 7


def test_a_hint_of_an_entry_in_a_comment_or_a_text_moves_no_line() -> None:
    feed = rss(
        "<!-- <item> -->", item("x", "<description><![CDATA[<item >]]></description>"), "<item></item>"
    )
    (fault,) = syndication.read(feed.encode(), "f").faults
    assert (fault.line, fault.found) == (4, "an entry without a title")


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("tag:a.example,2025:1", ""),
        ("urn:uuid:1", ""),
        ("1", ""),
        ("https://a.example/1", "https://a.example/1"),
    ],
)
def test_an_id_stays_as_it_is_written_and_is_an_address_only_if_it_is_one(key: str, url: str) -> None:
    (one,) = syndication.read(
        rss(item("x", f"<guid>{key}</guid>")).encode(), "f", "https://base.example/"
    ).items
    assert (one.key, one.url) == (key, url)


def test_entries_with_one_id_and_several_addresses_go_by_these() -> None:
    items = [
        item(title, f"<guid isPermaLink='false'>same</guid><link>{link}</link>")
        for title, link in [("One", "https://a.example/1"), ("Two", "https://a.example/2")]
    ]
    reading = syndication.read(rss(*items).encode(), "f")
    assert [one.key for one in reading.items] == ["https://a.example/1", "https://a.example/2"]
    assert [(fault.line, fault.found) for fault in reading.faults] == [
        (2, '2 entries with one id, "same"; they are told apart by their links')
    ]
    again = syndication.read(rss(items[0], items[0].replace("One", "One, revised")).encode(), "f")
    assert ([one.key for one in again.items], again.faults) == (["same", "same"], ())


def test_entries_without_a_date_in_a_feed_without_one_have_the_day_on_which_they_were_seen() -> None:
    link = "<link>https://a.example/1</link>"
    feed = rss(
        f"<item><title>One</title>{link}</item>", "<item><title>Without a name</title></item>"
    ).encode()
    reading = syndication.read(feed, "f", seen=date(2025, 2, 18))
    assert [(one.title, one.published_on, one.dated) for one in reading.items] == [
        ("One", date(2025, 2, 18), False)
    ]
    assert len(reading.faults) == 1
    dated = feed.replace(b"</channel>", item("Dated").encode() + b"</channel>")
    assert titles(syndication.read(dated, "f", seen=date(2025, 2, 18))) == ["Dated"]


def jsonfeed(*titles: str, **more: Any) -> str:
    """A feed with an item on each line, from the second."""
    items = [
        json.dumps({"id": title, "title": title, "date_published": "2025-02-17"}, ensure_ascii=False)
        for title in titles
    ]
    head = json.dumps({"version": VERSION} | more)[:-1]
    return head + ', "items": [\n' + ",\n".join(items) + "\n]}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_json_feed_in_any_encoding(encoding: str) -> None:
    data = jsonfeed("Café", "Grüße").encode(encoding)
    assert jsonfeed_read.is_jsonfeed(data)
    assert titles(jsonfeed_read.read(data, "f")) == ["Café", "Grüße"]


def test_a_broken_json_feed_gives_all_other_items_and_the_line() -> None:
    names = [f"Number {number}" for number in range(300)]
    data = jsonfeed(*names).replace('"Number 7"', '"Number "7"', 1).encode()
    reading = jsonfeed_read.read(data, "f.json")
    assert titles(reading) == [name for name in names if name != "Number 7"]
    assert reading.complete
    assert str(reading.faults[0]).startswith("f.json:9: no JSON Feed (")


@pytest.mark.parametrize(
    "end", ['"Thr', '"Three", "date_published": "2025-02-17"}'], ids=["within", "between"]
)
def test_a_json_feed_that_breaks_off_is_not_complete(end: str) -> None:
    text = jsonfeed("One", "Two", "Three", next_url="https://a.example/2")
    at = text.index(end, text.index('"title": "Three')) + len(end)
    reading = jsonfeed_read.read(text[:at].encode(), "f")
    assert titles(reading)[:2] == ["One", "Two"]
    assert (reading.complete, reading.next_page) == (False, "https://a.example/2")


LONG = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"x" 1},'
TANGLES = {
    "CDATA that never ends": rss()[:40] + "<item><title>" + "<![CDATA[" * 900_000,
    "CDATA in a comment": rss(item("x") + "<!--" + "<![CDATA[" * 900_000 + "-->"),
    "roots": "<rss " * 900_000,
    "channels": "<rss>" + "<channel " * 900_000,
    "entries": "<rss><channel>" + "<item " * 900_000,
    "ends": rss(item("x")) + "</rss>" * 900_000 + "x",
    "items of JSON within items": LONG + '{"b":[{"k":1},{"id":"1","title":"t"},' * 200_000,
    "a list of JSON": LONG + '{"b":[{},' * 180 + "1," * 4_000_000,
}


@pytest.mark.holds("S6")
@pytest.mark.parametrize("tangle", TANGLES)
def test_what_is_broken_on_purpose_takes_no_longer(tangle: str) -> None:
    data = TANGLES[tangle].encode()
    began = time.process_time()
    (jsonfeed_read if data.startswith(b"{") else syndication).read(data, "f")
    assert time.process_time() - began < 10, "linear; by squares it would be hours"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("<a>" * 30_000, "elements in one place"),
        ("<item>" + "<category>x</category>" * 600 + "</item>", "categories of one entry"),
        ("<a " + " ".join(f"b{n}='1'" for n in range(300)) + "/>", "attributes of one element"),
        ("<a " + " ".join(f"xmlns:b{n}='u'" for n in range(300)) + "/>", "namespaces of one element"),
        ("<item><keywords>" + "a," * 3_000 + "</keywords></item>", "characters"),
        ("\n" * 600_000, "lines"),
    ],
    ids=lambda value: value if len(value) < 40 else "",
)
def test_what_no_feed_is_like_is_said_and_not_read(given: str, told: str) -> None:
    with pytest.raises(TooMuch, match=told):
        check(rss(given).encode())
    reading = syndication.read(rss(given).encode(), "f")
    assert (reading.items, reading.complete, len(reading.faults)) == ((), False, 1)


def test_a_broken_feed_of_very_many_entries_is_not_read() -> None:
    reading = syndication.read(rss("<item/>" * MOST_APART + "<item><b></item>").encode(), "f")
    assert "50,000 entries that is not well-formed" in str(reading.faults[0])

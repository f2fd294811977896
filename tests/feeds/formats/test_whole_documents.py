"""Whole documents with all that can stand in them: pages, tombstones, translations, images, hubs, corrections."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds.formats import FORMATS, opml
from feeds.formats.feedgenerator import ATOM, MEDIA
from feeds.formats.values import Category, EntryValue, FeedValue, Gone, Paging
from tests.feeds.formats.judges import atom_faults, faults, json_faults, rss_faults
from tests.feeds.formats.opml_judge import opml_faults

NOON = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
A = {"a": ATOM, "media": MEDIA}
BASE = "https://x.example/feeds/all"
FULL = EntryValue(
    "tag:x.example,2025:release/aaaa", "https://news.example/en/1", "Borders", NOON, NOON, "en", "Summary",
    '<p>Body <a href="https://news.example/2">x</a></p>', "Ann Example", "https://news.example/a.jpg",
    (Category("https://x.example/offices/", "vienna", "Vienna"), Category("https://x.example/types/", "news", "News")),
    (("ru", "https://news.example/ru/1"), ("de", "https://news.example/de/1")),
)  # fmt: skip
RIGHT_TO_LEFT = replace(
    FULL, id="tag:x.example,2025:release/bbbb", title="ערב טוב", language="he", image="https://news.example/picture",
    translations=(), content="",
)  # fmt: skip
FEED = FeedValue(
    "tag:x.example,2025:feed/all", "All", "Everything", BASE, BASE, NOON + timedelta(hours=1), "en", "X",
    "https://x.example/", (FULL, RIGHT_TO_LEFT), (Gone("tag:x.example,2025:release/cccc", NOON),),
    Paging(older=f"{BASE}/archive/2"), ("https://hub.example/",),
)  # fmt: skip
ARCHIVE = replace(
    FEED, address=f"{BASE}/archive/2", gone=(), hubs=(),
    paging=Paging(BASE, f"{BASE}/archive/1", f"{BASE}/archive/3"),
)  # fmt: skip


@pytest.fixture(params=FORMATS.values(), ids=lambda kind: kind.suffix)
def kind(request):
    return request.param


@pytest.mark.holds("F1")
def test_full_documents_pass_their_judge(kind):
    for feed in (FEED, ARCHIVE, replace(FEED, query="?office=vienna&topic=arms")):
        assert faults(kind.suffix, kind.render(feed)) == []


def test_whoever_takes_the_first_or_the_last_alternate_comes_to_the_release_itself():
    root = etree.fromstring(FORMATS["atom"].render(FEED))
    links = root.find("a:entry", A).findall("a:link[@rel='alternate']", A)
    assert [dict(link.attrib) for link in links] == [
        {"href": FULL.url, "rel": "alternate", "hreflang": "en"},
        {"href": "https://news.example/ru/1", "rel": "alternate", "hreflang": "ru"},
        {"href": "https://news.example/de/1", "rel": "alternate", "hreflang": "de"},
        {"href": FULL.url, "rel": "alternate", "type": "text/html"},
    ]
    for suffix in ("atom", "rss"):
        assert feedparser.parse(FORMATS[suffix].render(FEED)).entries[0].link == FULL.url


def test_an_image_is_an_enclosure_where_its_type_is_known_and_media_in_any_case():
    root = etree.fromstring(FORMATS["atom"].render(FEED))
    known, unknown = root.findall("a:entry", A)
    assert known.find("a:link[@rel='enclosure']", A).get("href") == FULL.image
    assert dict(known.find("media:content", A).attrib) == {
        "url": FULL.image, "medium": "image", "type": "image/jpeg",
    }  # fmt: skip
    assert unknown.find("a:link[@rel='enclosure']", A) is None
    assert dict(unknown.find("media:content", A).attrib) == {"url": RIGHT_TO_LEFT.image, "medium": "image"}
    assert root.nsmap["media"] == MEDIA
    assert FORMATS["atom"].render(FEED).count(b"xmlns:media") == 1


def test_json_tells_other_languages_and_kinds_of_tags_in_words_of_its_own():
    item = json.loads(FORMATS["json"].render(FEED))["items"][0]
    assert item["_herald"] == {
        "categories": [
            {"scheme": "https://x.example/offices/", "term": "vienna", "label": "Vienna"},
            {"scheme": "https://x.example/types/", "term": "news", "label": "News"},
        ],
        "translations": [
            {"language": "ru", "url": "https://news.example/ru/1"},
            {"language": "de", "url": "https://news.example/de/1"},
        ],
    }


LANGUAGES = st.sampled_from(["ar", "de", "en-GB", "fr", "he", "ru", "sr-Latn", "zh-Hant-TW"])
INSTANTS = st.integers(0, 10**9).map(lambda n: NOON + timedelta(milliseconds=n))
WORDS = st.text(max_size=12)
IMAGES = st.sampled_from(
    ["", "https://i.example/a.png?x=1&y=2", "https://i.example/%D0%B0", "https://i.example/b.JPG#c"]
)


@st.composite
def entries(draw, number=0):
    language = draw(LANGUAGES)
    others = draw(st.lists(LANGUAGES.filter(lambda one: one != language), unique=True, max_size=3))
    return EntryValue(
        f"tag:x.example,2025:release/{number}", f"https://news.example/{number}", draw(WORDS), NOON, draw(INSTANTS),
        language, draw(WORDS), draw(st.sampled_from(["", "<p>Body</p>", "<p>]]&gt;</p>"])), draw(WORDS), draw(IMAGES),
        FULL.categories[: draw(st.integers(0, 2))], tuple((one, f"https://news.example/{one}") for one in others),
    )  # fmt: skip


@st.composite
def documents(draw):
    held = tuple(draw(entries(number)) for number in range(draw(st.integers(0, 4))))
    gone = tuple(Gone(f"tag:x.example,2025:gone/{n}", draw(INSTANTS)) for n in range(draw(st.integers(0, 3))))
    older = draw(st.sampled_from(["", f"{BASE}/archive/1"]))
    newer = draw(st.sampled_from(["", f"{BASE}/archive/3-2"]))
    current = draw(st.booleans())
    return replace(
        FEED, title=draw(WORDS), subtitle=draw(WORDS), author=draw(WORDS), language=draw(LANGUAGES),
        home=draw(st.sampled_from(["", "https://x.example/"])), entries=held, gone=() if current else gone,
        updated=max([NOON, *(one.updated for one in held), *(one.at for one in gone)]),
        address=f"{BASE}/archive/2" if current else BASE,
        paging=Paging(BASE, older, newer) if current else Paging(older=older),
        hubs=draw(st.sampled_from([(), ("https://hub.example/?a=1&b=2",), ("https://a.example/", "https://b.example/")])),
    )  # fmt: skip


@pytest.mark.holds("F1", "F9")
@settings(max_examples=40)
@given(documents())
def test_any_document_passes_every_judge_and_is_read_back(feed):
    for kind in FORMATS.values():
        assert faults(kind.suffix, kind.render(feed)) == []
    for suffix in ("atom", "rss"):
        parsed = feedparser.parse(FORMATS[suffix].render(feed))
        assert not parsed.bozo
        assert [(one.id, one.link) for one in parsed.entries] == [(one.id, one.url) for one in feed.entries]
    read = json.loads(FORMATS["json"].render(feed))["items"]
    assert [(one["id"], one["url"]) for one in read] == [(one.id, one.url) for one in feed.entries]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'type="text/html"/>\n    <summary', b'hreflang="de"/>\n    <summary'),
        (
            b'href="https://news.example/en/1" rel="alternate" hreflang="en"',
            b'href="https://y.example/" rel="alternate" hreflang="en"',
        ),
        (b'xml:lang="he"', b'xml:lang="hebrew_"'),
        (b' hreflang="ru"', b' hreflang=""'),
        (b'rel="hub"', b'rel="hubs"'),
        (b' rel="prev-archive" type="application/atom+xml"', b' rel="prev-archive"'),
        (b"<published>2025", b"<published>2026"),
        (b"<updated>2025-02-17T13", b"<updated>2025-02-17T11"),
        (b"<summary>Summary<", b"<summary> <"),
        (b"<subtitle>Everything<", b"<subtitle><"),
        (b'Body &lt;a href="https://news.example', b'Body &lt;a href="/news'),
        (b"&lt;p&gt;", b"&lt;script&gt;"),
        (b"&lt;p&gt;", b'&lt;p onclick="x()"&gt;'),
        (b"&lt;p&gt;", b'&lt;p style="x"&gt;'),
        (b' medium="image"', b""),
        (b'<media:content url="https', b'<media:content url="'),
        (
            b'term="news" scheme="https://x.example/types/"',
            b'term="vienna" scheme="https://x.example/offices/"',
        ),
        (b'when="2025', b'when="25'),
        (b'when="2025', b'when="2035'),
        (b"release/cccc", b"release/aaaa"),
        (b'ref="tag:', b'ref="'),
        (b"<at:deleted-entry ", b"<at:buried-entry "),
        (b' rel="prev-archive"', b' rel="next-archive"'),
        (b"feeds/all/archive/2.atom", b"feeds/all.atom"),
    ],
)
def test_the_judge_of_atom_finds(old, new):
    document = FORMATS["atom"].render(FEED)
    assert old in document
    assert atom_faults(document.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<dc:creator>Ann Example</dc:creator>", b""),
        (b"<dc:language>he<", b"<dc:language>_<"),
        (b"<description>Summary<", b"<description> <"),
        (b"<language>en</language>", b""),
        (b' domain="https://x.example/offices/"', b""),
        (b' type="image/jpeg"', b' type="image"'),
        (b' medium="image"', b""),
        (b"<title>Borders", b"<title>&lt;b&gt;Borders"),
        (b"<atom:updated>2025", b"<atom:updated>25"),
        (b"<dc:creator>Ann", b"<dc:creator>Bob</dc:creator><dc:creator>Ann"),
        (b"<dc:creator>Ann Example</dc:creator>", b"<dc:date>x</dc:date>"),
        (b'Body &lt;a href="https://news.example', b'Body &lt;a href="/news'),
        (b"&lt;p&gt;", b"&lt;iframe&gt;"),
        (b' rel="prev-archive" type="application/rss+xml"', b' rel="prev-archive"'),
        (b' rel="prev-archive"', b' rel="next-archive"'),
        (b'rel="alternate" hreflang="ru"', b'rel="alternate"'),
        (b'rel="alternate" hreflang="ru"', b'rel="self"'),
        (b'href="https://news.example/ru/1"', b'href="/ru/1"'),
        (b'domain="https://x.example/types/">News', b'domain="https://x.example/offices/">Vienna'),
        (b'rel="alternate" type="text/html"', b'rel="related"'),
        (b"release/aaaa", b"release/bbbb"),
        (b"<lastBuildDate>Mon", b"<lastBuildDate>Tue"),
    ],
)
def test_the_judge_of_rss_finds(old, new):
    document = FORMATS["rss"].render(FEED)
    assert old in document
    assert rss_faults(document.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"archive/2.json", b"../all.json"),
        (b'"date_published":"2025', b'"date_published":"2026'),
        (b'\\"https://news.example/2', b'\\"/2'),
        (b'"content_html":"<p>', b'"content_html":"<script>'),
        (b'"_herald":{', b'"herald":{'),
        (b'"content_text":"Summary"', b'"content_text":"Summary","summary":"Summary"'),
    ],
)
def test_the_judge_of_json_feed_finds(old, new):
    document = FORMATS["json"].render(FEED)
    assert old in document
    document = document.replace(old, new, 1).replace(b"/feeds/all/../all.json", b"/feeds/all.json")
    assert json_faults(document)


def test_an_archive_document_without_its_mark_is_found():
    atom, rss = (FORMATS[suffix].render(ARCHIVE) for suffix in ("atom", "rss"))
    assert atom_faults(atom.replace(b"<fh:archive/>", b""))
    assert rss_faults(rss.replace(b"<fh:archive/>", b""))
    assert atom_faults(atom.replace(b'rel="current"', b'rel="hub"'))


OUTLINES = [
    opml.Outline("All", f"{BASE}.atom", BASE, "Everything"),
    opml.Outline("\x00Vienna & <co>", f"{BASE}/v.atom", BASE, "From\nVienna"),
]


@pytest.mark.holds("F11")
def test_a_list_of_feeds_passes_its_judge():
    document = opml.render("X", "Publisher", NOON, "en", [("Feeds", OUTLINES), ("None", [])])
    assert opml_faults(document) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'version="2.0"', b'version="1.0"'),
        (b"<head>", b"<body/><head>"),
        (b"Mon, 17", b"Tue, 17"),
        (b"<title>X<", b"<title><"),
        (b' text="All"', b""),
        (b'type="rss"', b'type="atom"'),
        (b'xmlUrl="https:', b'xmlUrl="'),
        (b"all/v.atom", b"all.atom"),
        (b'htmlUrl="https', b'htmlUrl="ftp'),
        (b'description="Everything"', b'description=""'),
        (b'language="en"', b'language=""'),
        (b'description="Everything"', b'about="Everything"'),
        (b'text="Feeds"', b'text="Feeds" type="rss"'),
        (b"<ownerName>", b"<owner/><ownerName>"),
        (b"<dateModified>", b"<title>Y</title><dateModified>"),
        (b"<body>", b'<body><outline text="none"/>'),
        (b"<body>", b"<body><feed/>"),
    ],
)
def test_the_judge_of_opml_finds(old, new):
    document = opml.render("X", "Publisher", NOON, "en", [("Feeds", OUTLINES)])
    assert old in document
    assert opml_faults(document.replace(old, new, 1))


def test_an_empty_list_is_no_list():
    assert opml_faults(b'<opml version="2.0"><head><title>X</title></head><body/></opml>')

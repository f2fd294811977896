"""Values as Atom, RSS and JSON Feed: valid, the same each time, and read back as they were written."""

from __future__ import annotations

import html
import json
import locale
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds import normalise
from feeds.formats import FORMATS
from feeds.formats.feedgenerator import ATOM, DC, MEDIA
from feeds.formats.values import UNTITLED, Category, EntryValue, FeedValue, rfc822, rfc3339
from tests.feeds.formats.judges import atom_faults, faults, json_faults, rss_faults

NOON = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
BORDERS = Category("https://x.example/topics/", "border-management", "Border management")
ENTRY = EntryValue(
    id="tag:x.example,2025:release/aaaa",
    url="https://news.example/1?a=1&b=2",
    title="Bishkek: “borders” & trade <soon>",
    published=NOON,
    updated=NOON + timedelta(hours=1, milliseconds=250),
    language="en-GB",
    summary='A summary with <b>no markup</b> & "quotes"',
    content='<p>Body &amp; <a href="https://news.example/2">soul</a></p>',
    author="Ann Example",
    image="https://news.example/a.jpg?w=1",
    categories=(BORDERS, Category("https://x.example/types/", "news", "News")),
)
BARE = EntryValue("tag:x.example,2025:release/bbbb", "https://news.example/3", "", NOON, NOON, "ru")
FEED = FeedValue(
    id="tag:x.example,2025:feed/all",
    title="All releases – X",
    subtitle="Everything",
    address="https://x.example/feeds/all",
    page="https://x.example/feeds/all",
    updated=NOON + timedelta(hours=1, milliseconds=250),
    language="en",
    author="X",
    home="https://x.example/",
    entries=(ENTRY, BARE),
)
NASTY = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from("\x00\x08\x0b\x1f\ud800\udfff\ufffe\uffff\r\n\t\x85\u2028\u202e\u200b<>&'\"]é̶🙂"),
        st.sampled_from(
            ["</title>", "<script>alert(1)</script>", "]]>", "&lt;", "&#0;", "<?xml ?>", "{{ 1 }}"]
        ),
    ),
    max_size=8,
).map("".join)


@pytest.fixture(params=FORMATS.values(), ids=lambda kind: kind.suffix)
def kind(request):
    return request.param


@pytest.mark.holds("F1")
def test_each_format_passes_its_judge(kind):
    for feed in (FEED, replace(FEED, entries=()), replace(FEED, home="")):
        assert faults(kind.suffix, kind.render(feed)) == []


@pytest.mark.holds("F2")
def test_the_same_values_are_the_same_bytes_a_thousand_times(kind):
    feed = replace(FEED, entries=(BARE,))
    assert {kind.render(feed) for _ in range(1000)} == {kind.render(feed)}


def test_no_date_is_written_by_way_of_the_locale(kind, monkeypatch):
    monkeypatch.setattr(locale, "setlocale", lambda *_: pytest.fail("setlocale is not safe among threads"))
    assert b"2025" in kind.render(FEED)


def test_atom_as_it_is_read():
    root = etree.fromstring(FORMATS["atom"].render(FEED))
    a = {"a": ATOM}
    first, bare = root.findall("a:entry", a)
    assert [dict(link.attrib) for link in first.findall("a:link", a)] == [
        {"href": ENTRY.image, "rel": "enclosure", "type": "image/jpeg"},
        {"href": ENTRY.url, "rel": "alternate", "hreflang": "en-GB"},
    ]
    assert [dict(link.attrib) for link in root.findall("a:link", a)] == [
        {"href": "https://x.example/feeds/all.atom", "rel": "self", "type": "application/atom+xml"},
        {"href": "https://x.example/feeds/all", "rel": "alternate", "type": "text/html"},
    ]
    assert dict(first.find("a:category", a).attrib) == {
        "term": "border-management", "scheme": "https://x.example/topics/", "label": "Border management",
    }  # fmt: skip
    assert (
        first.findtext("a:updated", "", a) == root.findtext("a:updated", "", a) == "2025-02-17T13:00:00.250Z"
    )
    assert first.findtext("a:published", "", a) == "2025-02-17T12:00:00Z"
    assert (first.find("a:content", a).get("type"), first.findtext("a:content", "", a)) == (
        "html",
        ENTRY.content,
    )
    assert first.findtext("a:author/a:name", "", a) == "Ann Example"
    assert bare.find("a:author", a) is None
    assert [entry.get("{http://www.w3.org/XML/1998/namespace}lang") for entry in (first, bare)] == [
        "en-GB",
        "ru",
    ]


def test_rss_as_it_is_read():
    root = etree.fromstring(FORMATS["rss"].render(FEED))
    first, bare = root.findall("channel/item")
    assert root.findtext("channel/link") == FEED.page
    assert root.find(f"channel/{{{ATOM}}}link").get("href") == "https://x.example/feeds/all.rss"
    assert root.findtext("channel/lastBuildDate") == "Mon, 17 Feb 2025 13:00:00 GMT"
    assert first.findtext("description") == html.escape(ENTRY.summary, quote=False)
    assert first.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") == ENTRY.content
    assert [item.findtext(f"{{{DC}}}creator") for item in (first, bare)] == ["Ann Example", "X"]
    assert first.findtext(f"{{{ATOM}}}updated") == "2025-02-17T13:00:00.250Z"
    assert dict(first.find("category").attrib) == {"domain": "https://x.example/topics/"}
    assert first.find(f"{{{MEDIA}}}content").get("url") == first.find("enclosure").get("url") == ENTRY.image


def test_json_as_it_is_read():
    feed = json.loads(FORMATS["json"].render(FEED))
    first, bare = feed["items"]
    assert (first["content_html"], first["tags"], first["image"]) == (
        ENTRY.content,
        ["Border management", "News"],
        ENTRY.image,
    )
    assert (bare["title"], bare["content_text"]) == (UNTITLED, UNTITLED)
    assert "content_text" not in first
    assert not {"content_html", "summary"}.intersection(bare)


@pytest.mark.parametrize("suffix", ["atom", "rss"])
def test_feedparser_sees_the_same(suffix):
    parsed = feedparser.parse(FORMATS[suffix].render(FEED))
    entry = parsed.entries[0]
    assert not parsed.bozo
    assert [e.id for e in parsed.entries] == [ENTRY.id, BARE.id]
    assert (entry.link, entry.updated, entry.author) == (ENTRY.url, rfc3339(ENTRY.updated), "Ann Example")
    assert [link.href for link in entry.enclosures] == [ENTRY.image]


def test_entries_stand_in_the_order_given(kind):
    many = tuple(replace(BARE, id=f"tag:x.example,2025:release/{n:02}x") for n in range(30))
    text = kind.render(replace(FEED, entries=many)).decode()
    places = [text.index(entry.id) for entry in many]
    assert places == sorted(places)


@pytest.mark.holds("F9")
@settings(max_examples=40, deadline=None)
@given(title=NASTY, summary=NASTY, body=NASTY, author=NASTY, label=NASTY, feed_title=NASTY)
def test_whatever_is_written_is_valid_and_read_back(title, summary, body, author, label, feed_title):
    entry = EntryValue(
        ENTRY.id, ENTRY.url, title, NOON, NOON, "en", summary, normalise.markup(body), author, "",
        (Category(BORDERS.scheme, "t", label), *ENTRY.categories),
    )  # fmt: skip
    feed = replace(FEED, title=feed_title, entries=(entry, BARE))
    atom, rss, jsonfeed = (FORMATS[suffix].render(feed) for suffix in ("atom", "rss", "json"))
    assert atom_faults(atom) == rss_faults(rss) == json_faults(jsonfeed) == []
    a = {"a": ATOM}
    node = etree.fromstring(atom).find("a:entry", a)
    expected = (entry.title, entry.summary, entry.content, entry.author)
    assert (
        tuple(node.findtext(f"a:{name}", "", a) for name in ("title", "summary", "content", "author/a:name"))
        == expected
    )
    item = etree.fromstring(rss).find("channel/item")
    assert item.findtext("title") == entry.title
    assert html.unescape(item.findtext("description") or "") == (
        entry.summary or html.unescape(entry.content)
    )
    held = json.loads(jsonfeed)["items"][0]
    assert (held["title"], held.get("content_html", "")) == (entry.title, entry.content)
    assert not entry.summary or held["summary" if entry.content else "content_text"] == entry.summary


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda naive: naive.replace(tzinfo=UTC)))
def test_instants_are_read_back_to_the_millisecond(instant):
    assert abs(datetime.fromisoformat(rfc3339(instant)) - instant) < timedelta(milliseconds=1)
    assert rfc822(instant).endswith(" GMT")


def test_the_judges_find_faults():
    """A judge that accepts everything would prove nothing."""
    atom, rss, feed = (FORMATS[suffix].render(FEED) for suffix in ("atom", "rss", "json"))
    for old, new in [
        (b"<id>", b"<id>x</id><id>"), (b"<updated>2025", b"<updated>25"), (b' rel="self"', b' rel="selfie"'),
        (b"<generator>", b"<ttl>1</ttl><generator>"), (b'href="https://news.example/3"', b'href="/3"'),
        (b"release/bbbb", b"release/aaaa"), (b"Bishkek", b"Bishkek</title><title>"), (b' term="news"', b""),
        (b"<author>\n    <name>X</name>", b"<contributor>\n    <name>X</name>"),
    ]:  # fmt: skip
        broken = atom.replace(old, new, 1)
        broken = broken.replace(b"</author>", b"</contributor>", 1) if b"<contributor>" in new else broken
        assert broken != atom, old
        assert atom_faults(broken), old
    for old, new in [
        (b"<description>Everything</description>", b""), (b"Mon, 17", b"Tue, 17"), (b'isPermaLink="false"', b""),
        (b"<link>https://news.example/3</link>", b"<link>3</link>"), (b"<generator>", b"<updated/><generator>"),
        (b"release/bbbb", b"release/aaaa"), (b' rel="self"', b""), (b' length="0"', b""),
    ]:  # fmt: skip
        broken = rss.replace(old, new, 1)
        assert broken != rss, old
        assert rss_faults(broken), old
    for old, new in [
        (b"version/1.1", b"version/1"), (b'"content_text":"(untitled)",', b""), (b"12:00:00Z", b"12:00"),
        (b"https://news.example/3", b"3"), (b"release/bbbb", b"release/aaaa"), (b'"items"', b'"entries"'),
    ]:  # fmt: skip
        broken = feed.replace(old, new, 1)
        assert broken != feed, old
        assert json_faults(broken), old

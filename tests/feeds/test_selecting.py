"""Any selection by address: one notion, however it is written, and a feed as good as the others."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds import selecting
from feeds.live import streams
from feeds.live.streams import NoStream
from feeds.pages import selection as page
from feeds.selecting import UnknownNames
from feeds.selection import EVERYTHING, NOTHING, BadSelection, Rule, Selection
from tests.feeds.formats.judges import faults
from tests.feeds.published import A, go
from tests.feeds.stories import NOW, SECOND, edit, kind, newsroom, office, settle, topic, withdraw, write

SLUGS = st.lists(st.sampled_from(["a", "b", "c-d", "untagged"]), max_size=3)
WORDS = st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=12), max_size=2)
RULES = st.builds(
    Rule, offices=SLUGS, topics=SLUGS, types=SLUGS, languages=st.lists(st.sampled_from(["en", "fr"])), words=WORDS,
    not_offices=SLUGS, not_topics=SLUGS, not_types=SLUGS, not_languages=st.lists(st.sampled_from(["ru", "de"])),
    not_words=WORDS,
)  # fmt: skip
SELECTIONS = st.lists(RULES, min_size=1, max_size=4).map(lambda rules: Selection(tuple(rules)))


@given(SELECTIONS)
def test_what_is_written_is_read_back(selection):
    query = QueryDict(selecting.write(selection))
    assert selecting.read(dict(query.lists())) == selection


def test_several_rules_are_told_apart_by_numbers():
    one = selecting.read(
        {"office.7": ["vienna"], "topic.7": ["youth"], "topic": ["borders"], "topic.3": [" "]}
    )
    other = Selection((Rule(topics=("borders",)), Rule(offices=("vienna",), topics=("youth",))))
    assert one == other
    assert selecting.write(one) == "office=vienna&topic=youth&topic.2=borders"
    assert selecting.describe(one, {"offices": {"vienna": "Vienna"}}) == "Vienna · youth + borders"


@pytest.mark.parametrize("name", ["bogus", "topics", "topic.0", "topic.x", ".2", "utm", "clid", "Office", ""])
def test_a_slip_of_the_pen_is_no_selection_of_everything(name):
    with pytest.raises(UnknownNames, match="there is no parameter"):
        selecting.read({name: ["a"], "topic": ["b"]})


@pytest.mark.parametrize("name", ["utm_source", "fbclid", "gclid", "msclkid", "mc_cid", "mc_eid", "lang"])
def test_what_campaigns_add_to_an_address_says_nothing(name):
    assert selecting.read({name: ["a"]}) == EVERYTHING


def test_a_selection_of_nothing_has_no_address():
    with pytest.raises(BadSelection, match="selects nothing"):
        selecting.write(NOTHING)


def test_equal_selections_have_one_address():
    one = selecting.read({"topic": ["b,a"], "office": ["x"], "utm_source": ["mail"]})
    other = selecting.read({"office": ["x", "x", ""], "topic": ["a", "b"]})
    assert one == other
    assert selecting.write(one) == "office=x&topic=a&topic=b"


@pytest.mark.parametrize("query", [{"topic": [f"t{n}" for n in range(101)]}, {"q": ["x" * 201]}])
def test_too_much_is_refused(query):
    with pytest.raises(BadSelection):
        selecting.read(query)


@given(st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=3)))
def test_junk_is_a_selection_or_refused(query):
    with suppress(BadSelection):
        selecting.write(selecting.read(query))


@pytest.fixture
def shop(db, monkeypatch):
    monkeypatch.setattr(page, "_selections", page.Selections())
    newsroom()
    vienna, tirana = office(), office("tirana", "Tirana")
    borders, youth, news = topic(), topic("youth", "Youth"), kind()
    write("Vienna on borders", labels=(vienna, borders), type_id=news.pk)
    write("Tirana on borders and youth", labels=(tirana, borders, youth))
    write("Nobody on human rights", summary="Human rights for all")
    write("Vienna on youth", labels=(vienna, youth), language="fr")
    settle()
    return borders


def get(client, query, suffix="atom", **headers):
    return client.get(f"/feeds/selection.{suffix}?{query}", headers=headers)


def titles(response):
    return [node.text for node in etree.fromstring(response.content).findall("a:entry/a:title", A)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "",
            ["Vienna on youth", "Nobody on human rights", "Tirana on borders and youth", "Vienna on borders"],
        ),
        ("office=vienna", ["Vienna on youth", "Vienna on borders"]),
        ("office=vienna&topic=borders", ["Vienna on borders"]),
        ("office=vienna,tirana&topic=borders", ["Tirana on borders and youth", "Vienna on borders"]),
        ("topic=borders&not-topic=youth", ["Vienna on borders"]),
        ("q=human+rights", ["Nobody on human rights"]),
        ("type=news", ["Vienna on borders"]),
        ("language=fr", ["Vienna on youth"]),
        ("office=untagged&topic=untagged", ["Nobody on human rights"]),
        ("topic=borders&q=nobody", []),
        ("topic=borders&not-topic=youth&office.2=vienna&topic.2=youth", ["Vienna on youth", "Vienna on borders"]),
        ("office=untagged&topic=untagged&topic.2=youth&not-language.2=fr",
         ["Nobody on human rights", "Tirana on borders and youth"]),
        ("type=untagged&not-office=untagged", ["Vienna on youth", "Tirana on borders and youth"]),
    ],
)  # fmt: skip
def test_it_holds_what_matches_the_newest_first(client, shop, query, expected):
    response = get(client, query)
    assert (response.status_code, titles(response)) == (200, expected)
    assert faults("atom", response.content) == []


@pytest.mark.holds("F1")
@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_it_is_a_feed_with_an_address_of_its_own_whatever_the_order(client, shop, suffix):
    one = get(client, "topic=borders&office=vienna", suffix)
    other = get(client, "office=vienna&topic=borders", suffix)
    assert faults(suffix, one.content) == []
    assert one.content == other.content
    address = f"http://localhost:8000/feeds/selection.{suffix}?office=vienna&topic=borders"
    assert one["Link"] == f'<{address}>; rel="self"'
    assert address.replace("&", "&amp;") in one.content.decode() or suffix == "json"
    if suffix == "json":
        assert json.loads(one.content)["feed_url"] == address


def test_it_is_asked_for_as_any_feed(client, shop):
    first = get(client, "topic=borders", **{"accept-encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    tag = get(client, "topic=borders")["ETag"]
    assert get(client, "topic=borders", **{"if-none-match": tag}).status_code == 304
    write("More on borders", labels=(shop,))
    settle(NOW + SECOND)
    response = get(client, "topic=borders", **{"if-none-match": tag, "a-im": "feed"})
    assert (response.status_code, titles(response)) == (226, ["More on borders"])


def test_a_withdrawal_leaves_it_at_once_and_moves_its_instant(client, shop):
    release = write("Soon gone, on borders", labels=(shop,))
    settle(NOW + SECOND)
    assert titles(get(client, "topic=borders"))[0] == "Soon gone, on borders"
    withdraw(release)
    settle(NOW + 5 * SECOND)
    response = get(client, "topic=borders")
    root = etree.fromstring(response.content)
    assert "Soon gone, on borders" not in titles(response)
    assert root.findtext("a:updated", "", A) == "2025-02-17T12:00:05Z"
    assert root.find("{http://purl.org/atompub/tombstones/1.0}deleted-entry") is not None


def test_an_edit_shows_even_where_the_release_lies_in_an_archive_page(client, shop, monkeypatch, tmp_path):
    from feeds import archiving

    monkeypatch.setattr(archiving, "PAGE", 2)
    first = write("An old one on borders", labels=(shop,))
    for n in range(5):
        write(str(n), labels=(shop,))
    go(tmp_path / "feeds")
    edit(first, author="Ann")
    settle(NOW + SECOND)
    assert b"<name>Ann</name>" in get(client, "topic=borders").content


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("office=nowhere", 404, "There is no office nowhere."),
        ("not-topic=x&type=y", 404, "There is no type y, no topic x."),
        ("q=" + "x" * 201, 400, "at most 200 characters"),
    ],
)
def test_a_wrong_address_is_told_what_is_wrong(client, shop, query, status, said):
    for response in (get(client, query), client.get(f"/feeds/selection?{query}")):
        assert (response.status_code, said in response.content.decode()) == (status, True)
    assert client.get("/feeds/selection.xml").status_code == 404


@pytest.mark.parametrize("place", ["/feeds/selection.atom", "/feeds/selection.rss", "/feeds/selection.json",
                                   "/feeds/selection", "/live", "/", "/subscribe"])  # fmt: skip
def test_an_unknown_parameter_is_refused_wherever_a_selection_is_read(client, shop, place):
    refused = client.get(f"{place}?topics=youth&utm_source=mail", follow=True)
    assert refused.status_code == 400
    assert "topics" in refused.content.decode()
    assert "utm_source" not in refused.content.decode().partition("<main")[2]
    assert client.get(f"{place}?topic=youth&utm_source=mail", follow=True).status_code == 200


def test_a_stream_of_a_slip_of_the_pen_is_refused(shop):
    with pytest.raises(NoStream, match="there is no parameter topics"):
        streams.find("selection", "topics=youth")


def test_its_page_shows_and_offers_it(client, shop):
    response = client.get("/feeds/selection?office=vienna&topic=borders")
    text = response.content.decode()
    assert "<h1" in text
    assert "Vienna · Border management" in text
    assert 'href="/feeds/selection.atom?office=vienna&amp;topic=borders"' in text
    assert "Vienna on borders" in text
    assert "Vienna on youth" not in text


def test_what_is_in_memory_is_bounded(client, shop, monkeypatch):
    monkeypatch.setattr(page, "KEPT", 3)
    for n in range(6):
        assert get(client, f"q=word{n}").status_code == 200
    assert len(page._selections._kept) == 3

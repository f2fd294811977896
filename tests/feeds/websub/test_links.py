"""How a reader finds the hub and the feed's own address: in the headers of every answer, and in the document."""

from __future__ import annotations

import json
import re

import pytest
from lxml import etree

from feeds import archiving, serving
from feeds.folder import read_card
from feeds.formats import FORMATS
from feeds.memory import Memory
from feeds.models import HubPing
from feeds.sheet import Card
from tests.feeds.asking import ask
from tests.feeds.formats.judges import faults
from tests.feeds.stories import NOW, SECOND, newsroom, write
from tests.feeds.websub.telling import BASE, go

pytestmark = [pytest.mark.django_db, pytest.mark.holds("F7")]
HUB = "https://hub.example/?key=1&b=(c)"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.BASE_URL = BASE
    monkeypatch.setattr(serving, "_memory", Memory())
    newsroom(hub=HUB)
    write("one")
    go()
    return settings.FEED_FOLDER


def links(headers):
    return re.findall(r'<([^>]*)>; rel="([a-z]+)"(?:, |$)', headers["link"])


def said(path):
    return [(HUB, "hub"), (f"{BASE}{path}", "self")]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_hub_and_self_stand_in_the_headers_of_every_answer(suffix, method):
    path = f"/feeds/all.{suffix}"
    status, headers, _ = ask(path, method)
    assert (status, links(headers)) == (200, said(path))
    tag = headers["etag"]
    status, headers, _ = ask(path, method, if_none_match=tag)
    assert (status, links(headers)) == (304, said(path))
    write("two")
    go(NOW + SECOND)
    status, headers, _ = ask(path, method, if_none_match=tag, a_im="feed")
    assert (status, links(headers)) == (226, said(path))
    status, headers, _ = ask(path, method, accept_encoding="br")
    assert (status, links(headers)) == (200, said(path))


@pytest.mark.parametrize("suffix", FORMATS)
def test_they_stand_in_the_document_too_and_are_what_the_hub_is_told(suffix):
    path = f"/feeds/all.{suffix}"
    _, headers, body = ask(path)
    assert faults(suffix, body) == []
    if suffix == "json":
        feed = json.loads(body)
        found = [(hub["url"], "hub") for hub in feed["hubs"]] + [(feed["feed_url"], "self")]
        assert [hub["type"] for hub in feed["hubs"]] == ["WebSub"]
    else:
        every = etree.fromstring(body).iter("{http://www.w3.org/2005/Atom}link")
        named = [(link.get("href"), link.get("rel")) for link in every]
        found = sorted((one for one in named if one[1] in {"hub", "self"}), key=lambda one: one[1])
    assert found == links(headers)
    write("two")
    go(NOW + SECOND)
    assert HubPing.objects.filter(hub=HUB, topic=f"{BASE}{path}").count() == 1


def test_a_page_of_the_archive_names_no_hub_as_none_is_told_of_it(monkeypatch):
    monkeypatch.setattr(archiving, "PAGE", 2)
    for n in range(5):
        write(str(n))
    go(NOW + SECOND)
    for suffix in FORMATS:
        path = f"/feeds/all/archive/1.{suffix}"
        status, headers, body = ask(path)
        assert (status, links(headers)) == (200, [(f"{BASE}{path}", "self")])
        assert b"hub.example" not in body


def test_a_hub_that_is_taken_away_is_named_no_more():
    newsroom(hub="")
    go(NOW + SECOND)
    _, headers, body = ask()
    assert links(headers) == [(f"{BASE}/feeds/all.atom", "self")]
    assert b"hub" not in body.lower()


@pytest.mark.parametrize(
    ("hub", "named"),
    [
        ("HTTPS://Hub.Example", "https://hub.example/"),
        ("https://hüb.example/ä>b\"c", "https://xn--hb-xka.example/%C3%A4%3Eb%22c"),
        ("https://hub.example/\r\nX: y", "https://hub.example/%20X:%20y"),
    ],
)  # fmt: skip
def test_whatever_stands_in_the_row_breaks_no_header(hub, named):
    newsroom(hub=hub)
    go(NOW + SECOND)
    _, headers, _ = ask()
    assert links(headers)[0] == (named, "hub")


def test_a_card_without_hubs_is_a_card(folder):
    card = read_card(folder / "all.atom")
    assert card.hubs == (HUB,)
    without = {name: value for name, value in json.loads(card.to_bytes()).items() if name != "hubs"}
    assert Card.from_bytes(json.dumps(without).encode()).hubs == ()

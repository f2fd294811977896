"""Feeds are found from every page, and what a page offers by mail is exactly what its feed brings."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from lxml import html

from feeds import catalogue, selecting
from feeds.models import SavedFeed, Standing
from notifier.pages.choice import read
from tests.feeds.formats.opml_judge import opml_faults
from tests.feeds.stories import kind, newsroom, office, settle, topic, withdraw, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages():
    """Addresses of all kinds of page, and the status of each."""
    newsroom()
    labels = office(), topic()
    shown = write("shown", labels=labels, language="en", type_id=kind().pk)
    write("показано", labels=labels, language="ru")
    gone = write("gone", labels=labels)
    settle()
    withdraw(gone)
    settle()
    SavedFeed.objects.bulk_create(
        [SavedFeed(slug="mine", title="Mine", selection=selecting.read({"q": ["word"]}).to_json())]
    )
    keys = {pk: Standing.objects.get(pk=pk).key for pk in (shown, gone)}
    own = (
        "offices/vienna",
        "topics/borders",
        "feeds/all",
        "feeds/untagged",
        "feeds/types/news",
        "feeds/languages/ru",
        "feeds/offices/vienna/topics/borders",
        "feeds/saved/mine",
        "feeds/selection?office=vienna&q=word",
    )
    return {
        **{
            f"/{path}": 200 for path in ("", "offices/", "topics/", "feeds/", f"releases/{keys[shown]}", *own)
        },
        f"/releases/{keys[gone]}": 410,
        "/nothing/here": 404,
    }


@pytest.mark.holds("F11")
def test_every_page_leads_to_a_feed_and_the_twins_to_their_own_in_each_format(client, pages):
    for address, status in pages.items():
        answer = client.get(address)
        assert answer.status_code == status, address
        found = html.fromstring(answer.content).xpath("//head/link[@rel='alternate'][@type]/@href")
        path, _, query = address.partition("?")
        path = path.removeprefix("/feeds")
        twin = (
            path.count("/") > 1 and not path.endswith("/") and not path.startswith(("/releases", "/nothing"))
        )
        if twin or address.startswith(("/feeds/all", "/feeds/untagged", "/feeds/selection")):
            suffixed = [
                f"/feeds{path}.{suffix}{'?' if query else ''}{query}" for suffix in ("atom", "rss", "json")
            ]
            assert found == suffixed
        else:
            assert found[0] == "/feeds/all.atom", address


@pytest.mark.holds("F11")
def test_the_address_is_there_as_text_to_be_copied_without_a_script(client, pages):
    for address in pages:
        if address.startswith(("/feeds/types", "/feeds/selection", "/feeds/saved", "/offices/vienna")):
            tree = html.fromstring(client.get(address).content)
            shown = tree.xpath("//dl[@class='copy']//code/text()")
            assert shown == [
                f"http://localhost:8000{a}" for a in tree.xpath("//head/link[@rel='alternate'][@type]/@href")
            ]


@pytest.mark.holds("F11")
def test_the_list_of_feeds_passes_its_judge(client, pages):
    assert opml_faults(client.get("/feeds.opml").content) == []


@pytest.mark.holds("P3")
def test_each_twin_leads_to_mail_for_just_what_it_brings_and_says_how_much_that_is(client, pages):
    for address in pages:
        path, _, query = address.partition("?")
        path = path.removeprefix("/feeds").removeprefix("/")
        if not path.startswith(
            ("offices/v", "topics/b", "types", "languages", "saved", "selection", "untagged")
        ):
            continue
        tree = html.fromstring(client.get(address).content)
        (link,) = (
            href
            for href in tree.xpath("//aside//a/@href")
            if href.startswith("/?") and href.endswith("#yours")
        )
        assert "between 0 and 0" in tree.xpath("string(//aside/p[@class='hint'])"), address
        signing_up = html.fromstring(client.get(link.partition("#")[0]).content)
        form = signing_up.xpath("//form[@method='post']")[0]
        fields = QueryDict(mutable=True)
        for field in form.xpath("./input[@type='hidden']"):
            fields.appendlist(field.get("name"), field.get("value"))
        chosen = read(fields, {"borders"}, {"vienna"}).selection
        saved = catalogue.find(path)
        assert chosen == (saved.selection if saved else selecting.read(dict(QueryDict(query).lists()))), (
            address
        )

"""One release that nobody could have meant spoils nothing for the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import DataError, connection, transaction
from lxml import etree

from feeds import catalogue, documents, library
from feeds.formats import FORMATS
from feeds.models import Membership, Office
from feeds.press import Press
from feeds.publisher import publish
from tests.feeds.formats.judges import faults
from tests.feeds.published import A, atom, go, held, titles
from tests.feeds.stories import (
    NOW,
    newsroom,
    run,
    settle,
    write,
    write_row,
)
from tests.logged import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "feeds"


POISON = {
    "control characters": {"title": "a\x01b\x0bc", "body": "<p>\x08\x1f</p>"},
    "a title of nothing": {"title": " \u200b\u202e ", "summary": "What it is about"},
    "broken markup": {"body": "<p><b><table><tr><p></i></b><!-- <script>alert(1)</script> <![CDATA[ ]]>"},
    "right to left": {"title": "\u202eאבג\u202c العربية", "body": "<p dir=rtl>אבג</p>"},
    "emoji": {"title": "🏳️‍🌈 👩‍👩‍👧 🙂" * 20},
    "five megabytes": {"body": "<p>" + "long <b>word</b> " * 310_000 + "</p>"},
    "a thousand levels": {"body": "<div>" * 1000 + "deep"},
    "addresses that are none": {"url": "http://[::1", "image_url": "http://a b/\n"},
    "a template": {
        "title": "{{ 7*7 }}{% include 'x' %}",
        "summary": "=1+1",
        "editors_note": "<script>1</script>",
    },
    "another language": {"language": "x_"},
    "nulls": {
        "summary": None,
        "body": None,
        "url": None,
        "author": None,
        "image_url": None,
        "editors_note": None,
    },
}


@pytest.mark.holds("F9")
@pytest.mark.parametrize("poison", POISON)
def test_one_poison_release_spoils_nothing(folder, poison):
    newsroom()
    write("before", date(2025, 2, 16))
    write(**{"title": "T", **POISON[poison]})
    write("after")
    go(folder)
    files = held(folder)
    assert [
        (name, fault) for name, held in files.items() for fault in faults(name.rpartition(".")[2], held)
    ] == []
    assert [titles(folder)[n] for n in (0, 2)] == ["after", "before"]
    contents = [node.text for node in atom(folder).findall("a:entry/a:content", A)]
    assert not any("<script" in content for content in contents)


@pytest.mark.holds("F9")
def test_a_release_that_cannot_be_shown_is_left_out_and_told_of(folder, monkeypatch, caplog):
    write("good")
    bad = write("bad")
    make = library.entry
    monkeypatch.setattr(
        library, "entry", lambda told, one, *more: 1 / 0 if one.pk == bad else make(told, one, *more)
    )
    go(folder)
    assert titles(folder) == ["good"]
    assert {event["release"] for event in events(caplog.records, "feeds.library")} == {bad}


@pytest.mark.holds("F9")
def test_an_entry_that_defies_a_format_is_left_out_of_that_alone(folder, caplog):
    newsroom()
    write("good")
    write("bad")
    settle()
    show = documents.presentation()
    document = next(documents.current(catalogue.all_feeds(), show, library.Library(show)))

    def fussy(value, publisher):
        if value.title == "bad":
            raise ValueError("I do not like it")
        return FORMATS["atom"].entry(value, publisher)

    made = Press().sheet(document, replace(FORMATS["atom"], entry=fussy)).body
    assert [node.text for node in etree.fromstring(made).findall("a:entry/a:title", A)] == ["good"]
    assert [event["format"] for event in events(caplog.records, "feeds.press")] == ["atom"]


def test_a_row_that_is_no_release_does_not_hold_up_the_others(folder, caplog):
    """PostgreSQL refuses such a row; SQLite takes it, and it is left out."""
    write("good")
    bad = write("bad")
    settle()
    poison = "UPDATE feeds_release SET visible_at = '2025-13-45 00:00:00' WHERE id = %s"
    if connection.vendor == "postgresql":
        with pytest.raises(DataError), transaction.atomic():
            run(poison, bad)
        expected = {"good", "bad"}
    else:
        run(poison, bad)
        expected = {"good"}
    publish(folder, NOW)
    assert set(titles(folder)) == expected
    told = {event["release"] for event in events(caplog.records, "feeds.library")}
    assert told == ({bad} if "bad" not in expected else set())


def test_a_term_whose_slug_is_a_path_is_never_written(folder):
    write_row("feeds_office", slug="../../../escaped", name="Evil")
    write("one", labels=(Office.objects.get(),))
    go(folder)
    assert sorted(held(folder)) == sorted(
        f"{path}.{suffix}" for path in ("all", "untagged") for suffix in FORMATS
    )
    assert not list(folder.parent.parent.glob("escaped*"))
    assert Membership.objects.filter(feed="all").count() == 1

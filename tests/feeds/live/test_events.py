"""What a change means for a selection, and its bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from feeds.formats.values import Category, EntryValue
from feeds.live import events
from feeds.live.events import Happening, Step, kind
from feeds.selection import EVERYTHING, Facts, Rule, Selection
from tests.feeds.live.wire import parse

AT = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
BORDERS = Selection((Rule(topics=("borders",)),))
MINES = Selection((Rule(topics=("borders",), words=("mines",)),))
ON_BORDERS = Facts(topics=frozenset({"borders"}), text="Patrols")
ON_ARMS = Facts(topics=frozenset({"arms"}), text="Patrols")


def happening(before=None, after=None, **fields):
    entry = EntryValue("tag:x,2025:1", "https://x.example/1", "A\nB", AT, AT, "en", "In short", "<p>Long</p>")
    return Happening(7, entry.id, before, after, entry if after else None, **fields)


@pytest.mark.parametrize(
    ("before", "after", "fields", "said"),
    [
        (None, ON_BORDERS, {}, "release"),
        (None, ON_ARMS, {}, ""),
        (ON_ARMS, ON_BORDERS, {"significant": True}, "release"),
        (ON_BORDERS, ON_ARMS, {"significant": True}, "removal"),
        (ON_BORDERS, ON_BORDERS, {"significant": True}, "correction"),
        (ON_BORDERS, ON_BORDERS, {}, "change"),
        (ON_BORDERS, None, {}, "withdrawal"),
        (ON_ARMS, None, {}, ""),
        (ON_ARMS, ON_ARMS, {"significant": True}, ""),
    ],
)
def test_what_a_selection_is_told(before, after, fields, said):
    assert kind(BORDERS, happening(before, after, **fields)) == said


def test_a_deleted_release_is_taken_back_from_whoever_may_have_had_it_by_its_words():
    assert kind(MINES, happening(ON_BORDERS, None)) == ""
    assert kind(MINES, happening(ON_BORDERS, None, loose=True)) == "withdrawal"
    assert kind(MINES, happening(ON_ARMS, None, loose=True)) == ""


def test_an_event_is_an_item_of_json_feed_in_short():
    [told] = parse(events.render("release", happening(None, ON_BORDERS)))
    assert (told.id, told.event) == ("7", "release")
    assert json.loads(told.data) == {
        "id": "tag:x,2025:1",
        "url": "https://x.example/1",
        "title": "A B",
        "content_text": "In short",
        "date_published": "2025-02-17T12:00:00Z",
        "date_modified": "2025-02-17T12:00:00Z",
        "language": "en",
    }


def test_labels_and_the_instant_of_a_correction_go_with_it():
    entry = EntryValue(
        "tag:1", "u", "T", AT, AT, "en", categories=(Category("https://x/topics/", "borders", "Borders"),)
    )
    said = events.item(entry, AT)
    assert said["tags"] == ["Borders"]
    assert said["_herald"]["corrected_at"] == "2025-02-17T12:00:00Z"
    assert said["_herald"]["categories"][0]["term"] == "borders"


@pytest.mark.holds("E1")
@pytest.mark.parametrize("what", ["withdrawal", "removal"])
def test_of_what_left_it_says_only_that(what):
    [told] = parse(events.render(what, happening(ON_BORDERS, ON_ARMS)))
    assert json.loads(told.data) == {"id": "tag:x,2025:1", what: True}


@pytest.mark.parametrize("text", ["a\rb", "a\r\n\r\nid: 9\nevent: reset", "a\u2028b", "\ud800"])
def test_no_text_can_end_an_event_or_begin_another(text):
    entry = EntryValue("tag:1", "u", text, AT, AT, "en", text)
    found = parse(events.block("release", 7, events.item(entry, None)))
    assert [(one.id, one.event) for one in found] == [("7", "release")]


def test_a_mark_moves_the_id_and_is_no_event():
    assert parse(events.mark(12)) == []
    assert parse(events.mark(12) + b"data: x\n\n")[0].id == "12", "what comes next goes on from there"


def test_equal_selections_share_their_bytes_and_others_the_event():
    step = Step(6, 7, 7, (happening(None, ON_BORDERS),))
    assert step.frames(BORDERS) is step.frames(Selection((Rule(topics=("borders",)),)))
    assert step.frames(BORDERS)[0][2] is step.frames(EVERYTHING)[0][2]
    assert step.frames(MINES) == ()

"""What changed for readers between two numbers, on a real store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feeds import membership, notice
from feeds.live import steps
from feeds.live.events import kind
from feeds.selection import EVERYTHING, Rule, Selection
from feeds.workshop import Workshop
from tests.feeds.stories import (
    NOW,
    edit,
    label,
    newsroom,
    run,
    settle,
    topic,
    withdraw,
    write,
)

pytestmark = pytest.mark.django_db
BORDERS = Selection((Rule(topics=("borders",)),))


@pytest.fixture(autouse=True)
def _newsroom():
    newsroom()


def since(after, selection=EVERYTHING):
    """(kind, title or None) of what a stream says of all that happened after `after`."""
    settle()
    step = steps.read(after, Workshop())
    told = ((kind(selection, one), one.entry.title if one.entry else None) for one in step.happenings)
    return [(what, title) for what, title in told if what]


def now():
    settle()
    return membership.reached()


def test_nothing_happened():
    write("Old")
    assert since(now()) == []


def test_a_release_is_told_with_its_labels_by_its_last_change():
    borders, before = topic(), now()
    write("New", labels=(borders,))
    assert since(before, BORDERS) == [("release", "New")]
    [one] = steps.read(before, Workshop()).happenings
    assert one.seq == membership.reached(), "the labels are changes too"


def test_what_was_changed_twice_while_one_was_away_is_told_once_as_it_is_last():
    release, before = write("First"), now()
    edit(release, title="Second")
    now()
    edit(release, title="Third")
    assert since(before) == [("correction", "Third")]


def test_what_came_and_was_changed_is_new_to_whoever_was_away():
    before = now()
    release = write("First")
    now()
    edit(release, title="Second")
    assert since(before) == [("release", "Second")]


def test_a_change_nobody_sees_is_none_and_labels_alone_are_no_correction():
    release, borders, before = write("A release"), topic(), now()
    edit(release, title="A release")
    assert since(before) == []
    label(release, borders)
    assert since(before) == [("change", "A release")]
    assert since(before, BORDERS) == [("release", "A release")]


def test_what_is_relabelled_leaves_the_one_and_stays_in_the_other():
    borders = topic()
    release, before = write("A release", labels=(borders,)), now()
    run("DELETE FROM feeds_release_topics WHERE release_id = %s", release)
    assert since(before, BORDERS) == [("removal", "A release")]
    assert since(before) == [("change", "A release")]


def test_words_are_matched_as_they_were_before():
    mines = Selection((Rule(words=("mines",)),))
    release, before = write("On mines"), now()
    edit(release, title="On fields")
    assert since(before, mines) == [("removal", "On fields")]


@pytest.mark.holds("F5")
def test_withdrawn_or_deleted_it_is_taken_back_once():
    first, second, before = write("First"), write("Second"), now()
    withdraw(first)
    run("DELETE FROM feeds_release WHERE id = %s", second)
    assert since(before) == [("withdrawal", None), ("withdrawal", None)]
    after = membership.reached()
    edit(first, withdrawn_reason="by mistake")
    assert since(after) == []


@pytest.mark.holds("E1")
def test_under_embargo_it_is_not_there_and_no_number_tells_of_it():
    write("Old")
    told = (now(), steps.start()[1])[1]
    release = write("Secret", visible_at=NOW + timedelta(hours=1), state="scheduled")
    assert since(told) == []
    edit(release, title="Still secret")
    assert since(told) == []
    assert membership.reached() > told
    assert steps.start()[1] == told
    assert steps.read(told, Workshop()).told == 0
    before = membership.reached()
    later = NOW + timedelta(hours=1)
    notice.release_due(later)
    membership.keep(later)
    assert since(told) == since(before) == [("release", "Still secret")]


@pytest.mark.holds("E1")
def test_put_under_embargo_again_it_is_taken_back():
    release, before = write("Too early"), now()
    edit(release, visible_at=NOW + timedelta(hours=1))
    assert since(before) == [("withdrawal", None)]


def test_withdrawn_by_now_but_not_noticed_it_is_left_to_the_next_look():
    before = now()
    release = write("Short-lived")
    now()
    withdraw(release)
    assert steps.read(before, Workshop()).happenings == ()
    assert since(before) == []


def test_a_clock_that_was_set_back_hides_nothing():
    release, before = write("First"), now()
    edit(release, title="Second")
    notice.take(NOW - timedelta(hours=2))
    membership.keep(NOW - timedelta(hours=2))
    assert since(before) == [("correction", "Second")]


@pytest.mark.parametrize("limit", ["MOST", "FURTHEST"])
def test_too_many_are_not_listed(monkeypatch, limit):
    monkeypatch.setattr(steps, limit, 2)
    before = now()
    for number in range(3):
        write(f"Release {number}")
    settle()
    assert steps.read(before, Workshop()).happenings is None


def test_terms_and_saved_feeds_are_said_to_have_changed():
    before = now()
    topic()
    settle()
    step = steps.read(before, Workshop())
    assert (step.terms, step.saved, step.happenings) == (True, None, ())

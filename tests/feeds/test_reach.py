"""Which feeds a change reaches; what the publisher and the hub make of it is in their own tests."""

from __future__ import annotations

import pytest

from feeds import membership, reach
from feeds.publisher import MANY, Published, rebuild
from tests.feeds.published import go
from tests.feeds.stories import (
    NOW,
    SECOND,
    edit,
    label,
    newsroom,
    office,
    run,
    settle,
    topic,
    withdraw,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _newsroom():
    newsroom()


def reached(after, most=MANY):
    found = reach.feeds(after, membership.reached(), most)
    return found if found is None else sorted(found)


def test_no_change_reaches_nothing():
    write("one")
    settle()
    assert reached(membership.reached()) == []


def test_a_release_reaches_the_feeds_it_is_in_and_those_it_was_in():
    vienna, borders = office(), topic()
    release = write("one", labels=(vienna,))
    settle()
    before = membership.reached()
    run("DELETE FROM feeds_release_offices WHERE release_id = %s", release)
    label(release, borders)
    settle(NOW + SECOND)
    assert reached(before) == ["all", "languages/en", "offices/vienna", "topics/borders"]
    before = membership.reached()
    withdraw(release)
    settle(NOW + 2 * SECOND)
    assert reached(before) == ["all", "languages/en", "topics/borders"]


@pytest.mark.holds("F2")
def test_a_translation_reaches_the_feeds_of_its_siblings_which_name_it(tmp_path):
    french = write("Bonjour", language="fr")
    german = write("Hallo", language="de", translation_of_id=french)
    go(tmp_path)
    before = membership.reached()
    edit(german, url="https://news.example/hallo")
    assert go(tmp_path, NOW + SECOND).feeds == 4
    assert reached(before) == ["all", "languages/de", "languages/fr", "untagged"]
    assert b"https://news.example/hallo" in (tmp_path / "languages/fr.atom").read_bytes()
    assert rebuild(tmp_path, NOW + SECOND) == Published(feeds=4, files=0)


def test_many_changes_and_terms_that_are_gone_reach_everything():
    gone = topic()
    settle()
    before = membership.reached()
    write("one")
    write("two")
    settle()
    assert reached(before, most=3) is not None
    assert reached(before, most=2) is None
    run("DELETE FROM feeds_topic WHERE id = %s", gone.pk)
    settle()
    assert reached(before) is None

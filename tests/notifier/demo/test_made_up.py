from collections import Counter
from datetime import date

import pytest

from notifier.demo import made_up
from notifier.demo.people import people

OFFICES = [f"Office {n}" for n in range(20)]
TOPICS = [f"Topic {n}" for n in range(27)]
TYPES = ["News", "Press release", "Daily report"]
UNTIL = date(2026, 3, 31)


@pytest.fixture(scope="module")
def two_thousand():
    return list(made_up.releases(7, 2_000, OFFICES, TOPICS, TYPES, until=UNTIL))


def test_equal_seeds_give_equal_releases_and_others_give_others():
    def ten(seed):
        return list(made_up.releases(seed, 10, OFFICES, TOPICS, TYPES, until=UNTIL))

    assert ten(1) == ten(1)
    assert ten(1) != ten(2)


def test_each_says_that_it_is_made_up(two_thousand):
    assert all(item.title.startswith("Made up: ") for item in two_thousand)
    assert {item.author for item in two_thousand} == {"Made up for the demo"}


def test_none_is_taken_for_another(two_thousand):
    assert len({item.key for item in two_thousand}) == 2_000
    assert len({(item.title, item.published_on) for item in two_thousand}) == 2_000


def test_they_are_as_long_as_real_ones(two_thousand):
    assert all(60 <= len(item.title) <= 140 for item in two_thousand)
    assert all(180 <= len(item.summary) <= 520 for item in two_thousand)


def test_they_hold_what_breaks_careless_programs(two_thousand):
    titles = "".join(item.title for item in two_thousand)
    assert {"“", "»", "ç", "ö", "ы"} <= set(titles.lower())
    assert 0.02 < sum(item.language == "ru" for item in two_thousand) / 2_000 < 0.07


def test_labels_are_shared_out_unevenly(two_thousand):
    untagged = sum(not item.offices and not item.topics for item in two_thousand) / 2_000
    assert 0.09 < untagged < 0.15
    assert 0.9 < sum(len(item.offices) for item in two_thousand) / 2_000 < 1.3
    assert 1.4 < sum(len(item.topics) for item in two_thousand) / 2_000 < 2.0
    assert max(len(item.topics) for item in two_thousand) == 18
    counts = Counter(topic for item in two_thousand for topic in item.topics).most_common()
    assert counts[0][1] > 4 * counts[-1][1]


def test_days_are_uneven_and_end_with_the_last(two_thousand):
    days = Counter(item.published_on for item in two_thousand)
    assert [item.published_on for item in two_thousand] == sorted(item.published_on for item in two_thousand)
    assert max(days) <= UNTIL
    assert (UNTIL - min(days)).days < 730
    assert len(days) < 600
    assert max(days.values()) > 15


def test_bodies_only_on_request():
    without, with_body = (
        list(made_up.releases(3, 30, OFFICES, TOPICS, TYPES, until=UNTIL, bodies=wanted))
        for wanted in (False, True)
    )
    assert {item.body for item in without} == {""}
    assert all(2_000 <= len(item.body.encode()) <= 8_192 for item in with_body)


def test_nothing_to_label_with_is_no_trouble():
    items = list(made_up.releases(3, 20, [], [], [], until=UNTIL, days=1))
    assert {(item.offices, item.topics, item.type, item.published_on) for item in items} == {
        ((), (), "", UNTIL)
    }


def test_people_are_at_addresses_that_nobody_can_own():
    hundred = list(people(5, 100, ["a", "b", "c"], ["x", "y", "z"], 3))
    assert len({person.address for person in hundred}) == 100
    assert {person.address.rpartition("@")[2].split(".", 1)[1] for person in hundred} == {
        "example.org", "example.net", "example.com",
    }  # fmt: skip
    assert len({person.zone for person in hundred}) > 8
    assert len({person.language for person in hundred}) == 6
    assert {choice.frequency for person in hundred for choice in person.choices} == {
        "instant",
        "several",
        "daily",
        "weekly",
        "monthly",
    }
    assert hundred == list(people(5, 100, ["a", "b", "c"], ["x", "y", "z"], 3))

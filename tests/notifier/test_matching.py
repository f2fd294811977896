"""What each group of people gets out of what was announced, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feeds.selection import EVERYTHING, NOTHING, Facts, Selection, of
from notifier.matching import Candidate, Entry, applies, entries, match

START = datetime(2025, 2, 17, tzinfo=UTC)
DAY = date(2025, 2, 17)


def candidate(
    number: int, *topics: str, minute: int = 0, group: int = 0, language: str = "en", **more
) -> Candidate:
    facts = Facts(topics=frozenset(topics), language=language)
    at = START + timedelta(minutes=minute)
    return Candidate(number, group or number, at, more.pop("published_on", DAY), facts, **more)


def releases(found: tuple[Entry, ...]) -> list[int]:
    return [entry.release for entry in found]


def got(
    interest: Selection,
    *candidates: Candidate,
    minus: Selection = NOTHING,
    languages: tuple[str, ...] = ("en",),
    since: int = 0,
    joined: int = 0,
    had: tuple[int, ...] = (),
) -> tuple[Entry, ...]:
    hits = match(interest, minus, candidates)
    return entries(hits, languages, START + timedelta(minutes=since), START + timedelta(minutes=joined), had)


def test_a_release_comes_once_with_all_its_matching_topics_named():
    found = got(of(topics=["border", "media", "youth"]), candidate(1, "border", "media", "policing"))
    assert found == (Entry(1, 1, (("topic", "border"), ("topic", "media"))),)


def test_newest_published_first_then_latest_announced():
    found = got(
        EVERYTHING,
        candidate(1, published_on=date(2025, 2, 15)),
        candidate(2, minute=1),
        candidate(3, minute=2),
        candidate(4, minute=3, published_on=date(2025, 2, 16)),
    )
    assert releases(found) == [3, 2, 4, 1]


def test_of_a_language_group_the_version_in_ones_language_else_the_newsrooms_else_the_first():
    group = [
        candidate(1, "border", group=1, language="ru"),
        candidate(2, "media", group=1, language="en", minute=1),
        candidate(3, group=1, language="fr-CH", minute=2),
    ]
    assert releases(got(EVERYTHING, *group, languages=("fr", "en"))) == [3]
    assert releases(got(EVERYTHING, *group, languages=("de", "en"))) == [2]
    assert releases(got(EVERYTHING, *group, languages=("de", "it"))) == [1]
    assert got(of(topics=["border", "media"]), *group) == (
        Entry(2, 1, (("topic", "border"), ("topic", "media"))),
    )


def test_only_what_was_announced_since():
    assert releases(got(EVERYTHING, candidate(1), candidate(2, minute=1), since=1)) == [2]


def test_what_comes_at_once_does_not_come_again_in_any_language():
    fast = of(topics=["border"])
    versions = [candidate(1, "border", group=1), candidate(2, group=1, language="fr", minute=1)]
    assert got(EVERYTHING, *versions, candidate(3, minute=2), minus=fast) == (Entry(3, 3, (("all", ""),)),)


def test_minus_says_nothing_about_what_was_announced_before_it_held():
    assert releases(got(EVERYTHING, candidate(1, "border"), minus=of(topics=["border"]), joined=1)) == [1]


def test_minus_does_not_judge_a_release_that_was_touched_since():
    assert releases(got(EVERYTHING, candidate(1, "border", steady=False), minus=of(topics=["border"]))) == [1]


def test_late_labels_are_for_those_who_match_only_now():
    late = candidate(1, "border", "media", before=Facts(topics=frozenset({"media"})))
    assert applies(of(topics=["border"]), late)
    assert not applies(of(topics=["media"]), late)
    assert not applies(of(topics=["youth"]), late)


def test_late_labels_are_also_for_those_who_chose_them_only_after():
    late = candidate(1, "border", "media", before=Facts(topics=frozenset({"media"})))
    assert got(of(topics=["media"]), late) == ()
    assert releases(got(of(topics=["media"]), late, joined=1)) == [1]


def test_what_a_person_had_is_left_out_by_group():
    assert releases(got(EVERYTHING, candidate(2, group=1), candidate(3), had=(1,))) == [3]


SLUGS = st.sampled_from(["a", "b", "c"])
CANDIDATES = st.lists(
    st.tuples(st.sets(SLUGS), st.integers(1, 4), st.sampled_from(["en", "fr"]), st.booleans()), max_size=8
).map(
    lambda rows: [
        candidate(n, *topics, group=group, language=language, minute=n, steady=steady)
        for n, (topics, group, language, steady) in enumerate(rows, 1)
    ]
)


@given(CANDIDATES, st.sets(SLUGS), st.sets(SLUGS), st.integers(0, 9), st.randoms())
def test_entries_do_not_depend_on_order_within_an_instant_and_hold_a_group_once(
    found, wanted, minus, since, random
):
    same_instant = [candidate(c.release, *c.facts.topics, group=c.group, language="en") for c in found]
    mixed = random.sample(same_instant, len(same_instant))
    assert {e.group for e in got(of(topics=wanted), *same_instant)} == {
        e.group for e in got(of(topics=wanted), *mixed)
    }
    answer = got(of(topics=wanted), *found, minus=of(topics=minus) if minus else NOTHING, since=since)
    groups = [entry.group for entry in answer]
    assert len(groups) == len(set(groups))
    selected = {
        c.group
        for c in found
        if c.at >= START + timedelta(minutes=since) and (not wanted or wanted & c.facts.topics)
    }
    assert set(groups) <= selected
    if not minus:
        assert set(groups) == selected

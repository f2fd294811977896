"""What each group of people gets out of what was announced, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feeds.selection import EVERYTHING, NOTHING, UNTAGGED, Facts, Rule, Selection, of
from notifier.matching import Candidate, Entry, Hit, Hits, Matcher, entries

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
    hits = Matcher({1: interest, 2: minus}, candidates).hits(1, 2, START)
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
    assert releases(got(of(topics=["border"]), late)) == [1]
    assert got(of(topics=["media"]), late) == ()
    assert got(of(topics=["youth"]), late) == ()
    assert got(EVERYTHING, late, minus=of(topics=["media"])) == got(EVERYTHING, late)


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


LABELS = st.sets(st.sampled_from(["a", "b", "c"]), max_size=2)
WORDS = st.sampled_from(
    ["border", "border guards", "“guards”", "граница", "a-b", "€", "e\u0301te\u0301", "中文", "OSCE", "हिन्दी"]
)
TEXTS = st.sampled_from(
    [
        "Border guards met.",
        "The “guards” of A-B",
        "Bordering",
        "Государственная граница",
        "10 € an été",
        "在OSCE工作，中文。",
        "“हिन्दी” a b",
        "",
    ]
)
RULES = st.builds(
    Rule,
    offices=st.sets(st.sampled_from(["a", "b", UNTAGGED]), max_size=1).map(tuple),
    topics=st.sets(st.sampled_from(["a", "b", UNTAGGED]), max_size=2).map(tuple),
    types=st.sets(st.sampled_from(["news", "report", UNTAGGED]), max_size=1).map(tuple),
    languages=st.sets(st.sampled_from(["en", "fr"]), max_size=1).map(tuple),
    words=st.sets(WORDS, max_size=2).map(tuple),
    not_topics=st.sets(st.just("c"), max_size=1).map(tuple),
    not_words=st.sets(st.just("met"), max_size=1).map(tuple),
)
SELECTIONS = st.lists(st.lists(RULES, max_size=2).map(lambda rules: Selection(tuple(rules))), min_size=1)
FACTS = st.builds(
    Facts,
    offices=LABELS.map(frozenset),
    topics=LABELS.map(frozenset),
    type=st.sampled_from(["", "news", "report"]),
    language=st.sampled_from(["", "en", "fr-CH"]),
    text=TEXTS,
)
ANNOUNCED = st.lists(
    st.tuples(FACTS, st.none() | FACTS, st.integers(1, 4), st.integers(0, 5), st.booleans()), max_size=6
).map(
    lambda rows: [
        Candidate(n, group, START + timedelta(minutes=minute), DAY, facts, before, steady)
        for n, (facts, before, group, minute, steady) in enumerate(sorted(rows, key=lambda row: row[3]), 1)
    ]
)


@given(SELECTIONS, ANNOUNCED, st.integers(0, 5), st.randoms())
def test_by_index_is_what_asking_each_selection_about_each_release_gives(chosen, announced, since, random):
    """And it does not depend on the order of the selections."""
    numbered = dict(enumerate(chosen))
    mixed = dict(random.sample(list(numbered.items()), len(numbered)))
    at = START + timedelta(minutes=since)
    matcher, other = Matcher(numbered, announced), Matcher(mixed, announced)
    for interest, selection in numbered.items():
        for minus in (interest, 0, len(chosen) - 1):
            expected = one_by_one(selection, numbered[minus], announced, at)
            assert plain(matcher.hits(interest, minus, at)) == expected
            assert plain(other.hits(interest, minus, at)) == expected


def plain(hits: Hits) -> tuple[list[Hit], dict[int, datetime]]:
    return list(hits.found), dict(hits.at_once)


def one_by_one(
    interest: Selection, minus: Selection, announced: list[Candidate], since: datetime
) -> tuple[list[Hit], dict[int, datetime]]:
    def again(selection: Selection, c: Candidate) -> bool:
        return c.before is not None and selection.matches(c.before)

    found = [
        Hit(c, interest.reasons(c.facts), again(interest, c))
        for c in announced
        if c.at >= since and interest.matches(c.facts)
    ]
    groups = {hit.candidate.group for hit in found}
    taken = [c for c in announced if c.steady and minus.matches(c.facts) and not again(minus, c)]
    return found, {c.group: c.at for c in taken if c.group in groups}


def test_equal_hits_are_worked_out_once():
    both = {1: of(topics=["a"]), 2: of(topics=["a", "b"]), 3: of(topics=["b"])}
    matcher = Matcher(both, [candidate(1, "a")])
    assert matcher.hits(1, 3, START) is matcher.hits(2, 3, START)
    assert matcher.hits(3, 3, START).found == ()

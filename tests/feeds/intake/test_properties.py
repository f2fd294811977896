"""What holds of intake whatever comes in."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds import drafting, intake, labels
from feeds.merging import Stored, decide
from feeds.models import Release, ReleaseKey, Source
from feeds.sources.item import RawItem
from tests.feeds.intake.kit import LATER, NOW, changes, make_source

pytestmark = pytest.mark.django_db
FRESH = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

JUNK = st.text(st.characters() | st.sampled_from("\x00\ud800<>&\"', \u202e\u200b\u0301"), max_size=12)
WORDS = st.sampled_from(["", "A course.", "Otherwise.", "<p>x</p>"])
DAYS = st.sampled_from([date(2025, 2, 16), date(2025, 2, 17)])
MOMENTS = st.none() | st.datetimes(datetime(2025, 2, 1), datetime(2025, 3, 1), timezones=st.just(UTC))
LABELS = st.lists(st.sampled_from(["Youth", "Border management, Tides", "Moon", ""]), max_size=2).map(tuple)
ITEMS = st.builds(
    RawItem,
    title=st.sampled_from(["Daily report", "Spot report", "Elections"]),
    published_on=DAYS,
    key=st.sampled_from(["", "1", "2", "3"]),
    url=st.sampled_from(["", "https://newsroom.example.org/1", "https://newsroom.example.org/2"]),
    summary=WORDS,
    body=WORDS,
    topics=LABELS,
    offices=LABELS,
    dated=st.booleans(),
    whole=st.booleans(),
    visible_at=MOMENTS,
    silent=st.booleans(),
    withdrawn=st.sampled_from(["", "", "An error"]),
    translation_of=st.sampled_from(["", "", "1", "2", "https://newsroom.example.org/1"]),
)
SEVERAL = st.lists(JUNK, max_size=2).map(tuple)
ADDRESSES = JUNK | JUNK.map("https://e.org/".__add__)
JUNK_ITEMS = st.builds(
    RawItem,
    title=JUNK, published_on=st.dates(), key=JUNK, url=ADDRESSES, summary=JUNK, body=JUNK, type=JUNK, offices=SEVERAL,
    topics=SEVERAL, language=JUNK, author=JUNK, image_url=ADDRESSES, dated=st.booleans(), whole=st.booleans(),
    visible_at=st.none() | st.datetimes(), silent=st.booleans(), editors_note=JUNK, withdrawn=JUNK,
    translation_of=ADDRESSES, alternates=st.lists(st.tuples(JUNK, ADDRESSES), max_size=2).map(tuple), warnings=SEVERAL,
)  # fmt: skip


def empty():
    Release.objects.all().delete()
    ReleaseKey.objects.all().delete()


def in_store():
    names = (
        "title",
        "published_on",
        "summary",
        "body",
        "url",
        "state",
        "visible_at",
        "silent",
        "withdrawn_reason",
    )
    return sorted(map(repr, Release.objects.values_list(*names, "topics__slug", "offices__slug")))


@FRESH
@given(items=st.lists(ITEMS, max_size=6))
def test_taking_in_twice_is_taking_in_once(source, items):
    empty()
    intake.take_in(items, source, NOW)
    before, count = in_store(), changes()
    report = intake.take_in(items, source, NOW)
    assert (report.new, report.changed) == ((), ())
    assert (in_store(), changes()) == (before, count)


@FRESH
@given(data=st.data(), items=st.lists(ITEMS, max_size=6, unique_by=lambda item: item.key))
def test_the_order_of_a_fetch_does_not_matter(source, data, items):
    items = [
        replace(item, key=str(number), url="", title=f"{item.title} {number}")
        for number, item in enumerate(items)
    ]
    empty()
    intake.take_in(items, source, NOW)
    before = in_store()
    empty()
    intake.take_in(data.draw(st.permutations(items)), source, NOW)
    assert in_store() == before


@FRESH
@given(items=st.lists(ITEMS, max_size=6, unique_by=lambda item: (item.title, item.published_on)))
def test_two_sources_with_and_without_addresses_find_the_same_releases(source, items):
    """As text and as HTML: keys and addresses on one side, titles and dates on the other."""
    empty()
    other = Source.objects.filter(slug="other").first() or make_source("other", first_complete_at=NOW)
    bare = [replace(item, key="", url="", translation_of="") for item in items]
    full = [
        replace(one, key=f"k{n}", url=f"https://newsroom.example.org/n/{n}") for n, one in enumerate(bare)
    ]
    intake.take_in(bare, source, NOW)
    assert intake.take_in(full, other, LATER).new == ()
    empty()
    intake.take_in(full, other, NOW)
    assert intake.take_in(bare, source, LATER).new == ()
    assert Release.objects.count() == len(items)


@FRESH
@given(items=st.lists(JUNK_ITEMS, max_size=4))
def test_junk_is_stored_or_left_out_and_never_raises(source, items):
    empty()
    report = intake.take_in(items, source, NOW)
    assert len(report.new) == Release.objects.count()
    again = intake.take_in(items, source, NOW)
    assert (again.new, again.changed) == ((), ())


@FRESH
@given(items=st.lists(ITEMS, min_size=2, max_size=5))
def test_a_stream_in_order_is_stored_as_a_list_is(source, items):
    items = [
        replace(item, key=f"k{number}", url="", title=f"T {number}") for number, item in enumerate(items)
    ]
    empty()
    intake.take_in(items, source, NOW)
    before = in_store()
    empty()
    intake.take_in(iter(drafting.oldest_first(items)), source, NOW, in_order=True)
    assert in_store() == before


@given(item=ITEMS, others=st.tuples(ITEMS, ITEMS))
def test_two_items_differ_or_have_one_digest(item, others):
    for other in others:
        assert (drafting.raw_of(item) == drafting.raw_of(other)) == (item == other)


@given(item=ITEMS)
def test_what_was_told_before_asks_for_nothing(item):
    (named,) = drafting.name([item], "x")
    draft = drafting.draft(named)
    vocabularies = labels.load_all()
    told = decide(draft, {}, Stored(), vocabularies, NOW).told
    for stored in (Stored(), Stored({"title": "By an editor", "summary": "Hers", "state": "withdrawn"})):
        intent = decide(draft, told, stored, vocabularies, NOW)
        assert not intent
        assert intent.told == told

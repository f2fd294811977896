"""The made-up archive, and the feed that intake is measured with."""

import io
import json
from statistics import mean

import pytest

from feeds.sources import record, syndication
from notifier.bench import data, intake

COUNT = 1500


@pytest.fixture(scope="module")
def archive():
    return list(data.releases(COUNT))


def test_the_same_seed_gives_the_same_releases(archive):
    assert archive == list(data.releases(COUNT))
    assert archive[:5] != list(data.releases(COUNT, seed=1))[:5]


def test_it_is_as_uneven_as_life(archive):
    days = [item.published_on for item in archive]
    assert days == sorted(days)
    assert (days[-1] - days[0]).days > 19 * 365
    assert 0.9 < mean(len(item.offices) for item in archive) < 1.3
    assert 1.4 < mean(len(item.topics) for item in archive) < 2.1
    assert 0.09 < mean(not item.offices and not item.topics for item in archive) < 0.15
    assert all(60 <= len(item.title) <= 140 and 180 <= len(item.summary) <= 520 for item in archive)
    assert all(len(item.body) > 1_500 and len(item.body.encode()) < 9_000 for item in archive)


def test_a_file_of_it_is_read_as_any_other(archive):
    out = io.StringIO()
    facts = data.write(out, 50)
    lines = out.getvalue().splitlines()
    assert (facts["releases"], facts["characters"], len(lines)) == (50, len(out.getvalue()), 50)
    items = [record.read(json.loads(line)).to_item() for line in lines]
    assert [(item.key, item.title, item.body) for item in items] == [
        (item.key, item.title, item.body) for item in data.releases(50)
    ]


def test_the_feed_holds_all_that_the_releases_hold(archive):
    some = archive[:20]
    reading = syndication.read(intake.atom(some), "feed.atom")
    assert reading.faults == ()
    assert [
        (item.title, item.published_on, item.url, item.body.strip()) for item in reversed(reading.items)
    ] == [(item.title, item.published_on, item.url, item.body.strip()) for item in some]


def test_intake_is_measured_beside_the_reference():
    figures = intake.run(entries=20, releases=0, repeat=1)
    assert figures["entries"] == 20
    assert figures["ratio"] > 0
    assert {"first", "again", "reference", "parsing"} <= figures["rounds"][0].keys()

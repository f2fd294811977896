"""Sources are fetched when they are due, each for itself, and what goes wrong is told and tried again."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from feeds import harvest, intake
from feeds.harvest import claims
from feeds.models import Release, Source, SourceState
from feeds.sources.item import RawItem
from tests.feeds.harvest.conftest import Harvest
from tests.feeds.sources.newsroom import NOW, PATH, Newsroom
from tests.feeds.web.server import Site


def test_the_first_fetch_is_silent_and_what_comes_later_is_not(newsroom: Newsroom, fetching: Harvest) -> None:
    assert set(Release.objects.values_list("silent", "silent_because")) == {(True, "first_fetch")}
    newsroom.numbers.insert(0, 11)
    newsroom.publish()
    assert fetching.go() == 1
    assert Release.objects.get(title="Release 11").silent is False
    assert fetching.state().outcome["new"] == 1


def test_what_is_unchanged_is_asked_for_by_its_tag_and_writes_nothing(
    site: Site, newsroom: Newsroom, fetching: Harvest
) -> None:
    before = fetching.state()
    assert fetching.go() == 1
    assert site.requests[-1].headers.get("if-none-match")
    state = fetching.state()
    assert (state.error, state.failures, state.outcome) == ("", 0, before.outcome)
    assert state.succeeded_at == fetching.now


def test_nothing_is_due_before_its_time_and_sources_do_not_fall_into_step(
    site: Site, newsroom: Newsroom, fetching: Harvest
) -> None:
    assert fetching.go(500) == 0
    next_at = fetching.state().next_at
    assert next_at is not None
    assert (
        timedelta(seconds=540) <= next_at - (fetching.now - timedelta(seconds=500)) <= timedelta(seconds=660)
    )
    fetching.source("other", site.url + PATH, active=False)
    fetching.source("third", "")
    assert fetching.go(300) == 1


def test_a_source_that_fails_backs_off_alone_and_recovers_by_itself(
    site: Site, newsroom: Newsroom, fetching: Harvest, tmp_path: Path
) -> None:
    fetching.source("files", str(tmp_path), kind="folder")
    site.put(PATH, b"", status=500)
    pauses = []
    for n in range(1, 7):
        fetching.now = max(fetching.now, fetching.state().next_at or fetching.now)
        assert fetching.go(1) >= 1
        state = fetching.state()
        assert (state.failures, "500" in state.error) == (n, True)
        assert state.next_at is not None
        pauses.append((state.next_at - fetching.now).total_seconds())
    assert all(300 * 2**n <= pause <= 600 * 2**n for n, pause in enumerate(pauses))
    assert fetching.state("files").failures == 0
    assert Release.objects.count() == 10
    newsroom.publish()
    fetching.go(7 * 3600)
    assert (fetching.state().failures, fetching.state().error) == (0, "")


def test_the_other_side_says_when_it_wants_to_be_asked_again(
    site: Site, newsroom: Newsroom, fetching: Harvest
) -> None:
    site.put(PATH, b"", status=429, headers={"Retry-After": "7200"})
    fetching.go()
    next_at = fetching.state().next_at
    assert next_at is not None
    assert next_at >= fetching.now + timedelta(seconds=7200)


def test_another_address_is_another_source_of_news_and_is_asked_for_all(
    site: Site, newsroom: Newsroom, fetching: Harvest
) -> None:
    site.put("/elsewhere", newsroom.page(0))
    Source.objects.update(address=site.url + "/elsewhere")
    SourceState.objects.update(next_at=None)
    fetching.go(1)
    assert site.requests[-1].path == "/elsewhere"
    assert "if-none-match" not in site.requests[-1].headers


def test_options_that_fit_no_more_are_told_and_hold_up_nobody(newsroom: Newsroom, fetching: Harvest) -> None:
    Source.objects.update(options={"hold": {"new": "many"}})
    fetching.go()
    assert "options.hold.new" in fetching.state().error


def test_a_folder_is_a_source_like_the_others(fetching: Harvest, tmp_path: Path) -> None:
    fetching.source("files", str(tmp_path), kind="folder")
    fetching.go()
    (tmp_path / "one.md").write_text("---\ntitle: One\ndate: 2025-02-16\n---\n\nText.\n")
    for _ in range(4):
        fetching.go(6)
    assert Release.objects.get().title == "One"


@pytest.mark.django_db
def test_one_bad_item_never_loses_its_neighbours(
    newsroom: Newsroom, fetching: Harvest, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in = intake.take_in

    def fussy(items: list[RawItem], *args: object, **kwargs: object) -> intake.Report:
        if any(item.title == "Release 12" for item in items):
            raise ValueError("not this one")
        return take_in(items, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "take_in", fussy)
    newsroom.numbers[:0] = [14, 13, 12, 11]
    newsroom.publish()
    fetching.go()
    found = set(
        Release.objects.filter(title__in=[f"Release {n}" for n in (11, 12, 13, 14)]).values_list("title")
    )
    assert found == {("Release 11",), ("Release 13",), ("Release 14",)}
    (fault,) = fetching.state().outcome["faults"]
    assert "cannot be stored (ValueError)" in fault


def test_what_goes_wrong_in_a_way_nobody_thought_of_is_told_and_tried_again(
    newsroom: Newsroom, fetching: Harvest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feeds.sources import listing

    fetch = listing.fetch
    monkeypatch.setattr(listing, "fetch", lambda *_: 1 / 0)
    fetching.go()
    assert fetching.state().error == "ZeroDivisionError: division by zero"
    monkeypatch.setattr(listing, "fetch", fetch)
    fetching.go(3600)
    assert fetching.state().error == ""


def test_one_that_is_gone_for_good_is_not_asked_again(
    site: Site, newsroom: Newsroom, fetching: Harvest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feeds.sources import listing
    from feeds.sources.way import Fetched

    monkeypatch.setattr(listing, "fetch", lambda *_: Fetched(gone=True))
    fetching.go()
    state = fetching.state()
    assert (state.stopped, "gone for good" in state.error) == (True, True)
    assert fetching.go(86_400) == 0


@pytest.mark.django_db(transaction=True)
def test_many_who_look_at_once_fetch_a_source_once(fetching: Harvest, site: Site) -> None:
    room = Newsroom(site, [2, 1])
    site.put(PATH, room.page(0), latency=0.2)
    fetching.source("news", site.url + PATH)
    harvest.fetch_now(fetching.sources[0], NOW, fetching.web)  # what is loaded first takes time
    SourceState.objects.update(next_at=None)
    before = len(site.requests)

    def look() -> None:
        try:
            harvest.fetch_due(NOW + timedelta(hours=1), fetching.web)
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [asked.path for asked in site.requests[before:]].count(PATH) == 1
    assert Release.objects.count() == 2


@pytest.mark.django_db
def test_what_a_killed_fetcher_held_is_taken_up_again(newsroom: Newsroom, fetching: Harvest) -> None:
    later = fetching.now + timedelta(hours=1)
    claim = claims.due(later)
    assert claim is not None
    assert claims.due(later) is None
    assert "just now" in harvest.fetch_now(claim.source, later, fetching.web).error
    assert harvest.fetch_due(later + claims.LEASE, fetching.web) is True
    before = fetching.state()
    claims_again = replace(claim)
    assert claims_again.state.claimed_by != before.claimed_by, "what the first one writes now is not heard"


def test_a_clock_that_was_set_back_stops_nothing(newsroom: Newsroom, fetching: Harvest) -> None:
    fetching.now -= timedelta(days=3)
    assert fetching.go(1) == 1


def test_it_can_be_asked_for_now(newsroom: Newsroom, fetching: Harvest) -> None:
    newsroom.numbers.insert(0, 11)
    newsroom.publish()
    told: list[tuple[int, int]] = []
    result = harvest.fetch_now(
        fetching.sources[0], fetching.now, fetching.web, lambda done, total: told.append((done, total))
    )
    assert (result.new, result.same, result.error, told) == (1, 10, "", [(11, 11)])
    by_hand = Source.objects.bulk_create([Source(slug="hand", name="Hand", kind="api")])[0]
    assert "no address" in harvest.fetch_now(by_hand, fetching.now, fetching.web).error

"""`herald bench feeds` and `herald bench serve` in small: both sides do what they are timed for."""

from __future__ import annotations

import shutil

import pytest
from django.conf import settings

from notifier.bench import Unavailable, feeds, serve


@pytest.mark.skipif("sqlite" not in settings.DATABASES["default"]["ENGINE"], reason="it has its own SQLite")
def test_all_feeds_are_made_beside_feedgen_and_a_release_goes_to_its_own() -> None:
    figures = feeds.run(releases=60, commits=2, repeat=1, times=2)
    rebuilt, published = figures["rebuild"], figures["publish"]
    assert rebuilt["files"] == 3 * rebuilt["feeds"] > 3 * 60
    assert rebuilt["entries"] > 60
    assert min(rebuilt["ratio"], rebuilt["ratio_cpu"], published["published_ms_p50"]) > 0
    assert published["commits"] == 2
    assert published["feeds"] >= 1
    assert figures["releases_grown"] > 2 * 60
    assert figures["ratio_grown"] > 0


@pytest.mark.skipif(not shutil.which("wrk") or not shutil.which("nginx"), reason="needs wrk and nginx")
def test_both_servers_give_the_same_answers_under_the_same_load() -> None:
    figures = serve.run(seconds=1, repeat=1)
    assert 50_000 < figures["feed_bytes"] < 80_000
    for answer in ("304", "200", "304 in other words"):
        assert figures[answer]["ratio"] > 0
        assert figures[answer]["ours_p99_ms"] > 0


def test_a_load_generator_that_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match=r"wrk is not installed .*apt-get install wrk"):
        serve.run()

"""Pages that are gone upstream propose a withdrawal; nothing else does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import notice, pagechecks
from feeds.models import PageCheck, Release, Source, Suggestion
from feeds.pagechecks import Verdict, judge
from tests.feeds.stories import NOW, TODAY, edit, newsroom, withdraw, write
from tests.feeds.web.server import client, serving, site, web

__all__ = ["site", "web"]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_what_one_answer_means():
    assert judge(200, None, NOW) == Verdict(NOW + DAY, None, 200, back=True)
    assert judge(404, None, NOW) == Verdict(NOW + HOUR, NOW, 404)
    assert judge(410, NOW, NOW + HOUR) == Verdict(NOW + HOUR + DAY, NOW, 410, gone=True)
    assert judge(404, NOW, NOW + 0.9 * HOUR) == Verdict(NOW + HOUR, NOW, 404)
    assert judge(503, NOW, NOW + HOUR) == Verdict(NOW + 2 * HOUR, NOW)
    assert judge(None, None, NOW) == Verdict(NOW + DAY, None)


@given(
    st.lists(
        st.tuples(st.sampled_from([200, 304, 404, 410, 403, 429, 500, None]), st.integers(1, 200)),
        max_size=30,
    )
)
def test_only_two_in_a_row_an_hour_apart_say_that_it_is_gone(answers):
    now, missing_since = NOW, None
    gone_at = []
    for status, minutes in answers:
        verdict = judge(status, missing_since, now)
        missing_since = verdict.missing_since
        if status in {404, 410}:
            gone_at.append(now)
        elif status in {200, 304}:
            gone_at = []
        assert verdict.gone == (status in {404, 410} and gone_at[-1] - gone_at[0] >= HOUR)
        assert verdict.next_at > now
        now += timedelta(minutes=minutes)


@pytest.fixture
def source(db) -> Source:
    newsroom()
    return upstream("upstream")


def upstream(slug: str, **columns: object) -> Source:
    """Configuration changes only when recorded; a test needs the row alone."""
    told = {
        "slug": slug,
        "name": slug,
        "kind": "listing",
        "address": "https://newsroom.example/news",
        **columns,
    }
    return Source.objects.bulk_create([Source(**told)])[0]


def release(source: Source, url: str, title: str = "Once there", **columns: object) -> int:
    made = write(title, source_id=source.pk, url=url, **columns)
    notice.take(NOW)
    return made


def proposed() -> list[tuple[int, str]]:
    rows = Suggestion.objects.filter(kind="withdrawal").order_by("release_id")
    return [(row.release_id, row.decision) for row in rows]


def test_a_page_that_is_gone_twice_an_hour_apart_proposes_a_withdrawal(source, site, web):
    here, there = release(source, site.url + "/gone"), release(source, site.url + "/there")
    site.put("/there", "text")
    assert pagechecks.check_due(NOW, web, 10) == 2
    assert proposed() == []
    assert pagechecks.check_due(NOW + 0.9 * HOUR, web, 10) == 0
    assert pagechecks.check_due(NOW + HOUR, web, 10) == 1
    assert proposed() == [(here, "")]
    suggestion = Suggestion.objects.get()
    assert suggestion.reason == f"its page {site.url}/gone has answered 404 since 2025-02-17 12:00 UTC"
    assert Release.objects.get(pk=here).state == "published", "nothing is withdrawn by itself"
    assert PageCheck.objects.get(pk=there).status == 200


def test_410_counts_like_404(source, site, web):
    here = release(source, site.url + "/gone")
    site.put("/gone", status=410)
    pagechecks.check_due(NOW, web, 10)
    site.remove("/gone")
    pagechecks.check_due(NOW + HOUR, web, 10)
    assert proposed() == [(here, "")]


def test_a_redirect_to_nowhere_is_gone_too(source, site, web):
    here = release(source, site.url + "/old")
    site.redirect("/old", "/nowhere", 301)
    pagechecks.check_due(NOW, web, 10)
    pagechecks.check_due(NOW + HOUR, web, 10)
    assert proposed() == [(here, "")]


def test_each_page_is_looked_at_once_a_day(source, site, web):
    release(source, site.url + "/there")
    site.put("/there", "text")
    times = [NOW + number * 6 * HOUR for number in range(9)]
    assert [pagechecks.check_due(at, web, 10) for at in times] == [1, 0, 0, 0, 1, 0, 0, 0, 1]


def test_a_page_that_is_back_lapses_what_was_proposed_and_may_be_proposed_again(source, site, web):
    here = release(source, site.url + "/page")
    pagechecks.check_due(NOW, web, 10)
    pagechecks.check_due(NOW + HOUR, web, 10)
    assert proposed() == [(here, "")]
    site.put("/page", "text")
    pagechecks.check_due(NOW + 2 * DAY, web, 10)
    assert proposed() == [(here, "lapsed")]
    site.remove("/page")
    pagechecks.check_due(NOW + 4 * DAY, web, 10)
    assert proposed() == [(here, "lapsed")]
    pagechecks.check_due(NOW + 4 * DAY + HOUR, web, 10)
    assert proposed() == [(here, "")]


def test_what_was_dismissed_is_not_proposed_again(source, site, web):
    here = release(source, site.url + "/page")
    pagechecks.check_due(NOW, web, 10)
    pagechecks.check_due(NOW + HOUR, web, 10)
    Suggestion.objects.update(decision="dismissed")
    pagechecks.check_due(NOW + 3 * DAY, web, 10)
    assert proposed() == [(here, "dismissed")]


@pytest.mark.parametrize(
    "how", [{"status": 503}, {"status": 403}, {"status": 429}, {"reset": True}, {"cut": 0}]
)
def test_faults_count_as_nothing(source, site, web, how):
    release(source, site.url + "/page")
    site.put("/page", "text", **how)
    for hours in (0, 24, 48):
        pagechecks.check_due(NOW + hours * HOUR, web, 10)
    assert proposed() == []
    site.remove("/page")
    pagechecks.check_due(NOW + 72 * HOUR, web, 10)
    assert proposed() == [], "the first time that it is missing"
    site.put("/page", "text", **how)
    pagechecks.check_due(NOW + 73 * HOUR, web, 10)
    site.remove("/page")
    pagechecks.check_due(NOW + 74 * HOUR, web, 10)
    assert len(proposed()) == 1


def test_a_host_that_is_down_proposes_nothing(source, web):
    with serving() as gone:
        release(source, gone.url + "/page")
    for hours in (0, 24, 48):
        assert pagechecks.check_due(NOW + hours * HOUR, web, 10) == 1
    assert proposed() == []
    assert PageCheck.objects.get().status is None


def test_rules_for_robots_are_kept(source, site, web):
    site.put("/robots.txt", "User-agent: Herald\nDisallow: /hidden\nCrawl-delay: 3\n")
    release(source, site.url + "/hidden/1")
    release(source, site.url + "/a")
    release(source, site.url + "/b")
    assert pagechecks.check_due(NOW, web, 10) == 3
    assert site.paths == ["/robots.txt", "/a", "/b"]
    (waited,) = web.waited
    assert 1 < waited <= 3


def test_a_private_page_is_not_asked_for(source, site):
    release(source, site.url + "/page")
    guarded = client("192.0.2.1")
    pagechecks.check_due(NOW, guarded, 10)
    pagechecks.check_due(NOW + DAY, guarded, 10)
    assert (site.connections, proposed()) == (0, [])


def test_which_pages_are_looked_at(source, site, web):
    old = TODAY - timedelta(days=30)
    feed = upstream("feed", kind="syndication", options={"check_pages_days": 60})
    off = upstream("off", options={"check_pages_days": 0})
    release(source, site.url + "/new", published_on=old + DAY)
    release(feed, site.url + "/of-a-feed", published_on=old - 20 * DAY)
    release(source, site.url + "/old", published_on=old)
    release(off, site.url + "/off")
    release(upstream("folder", kind="folder", address="/srv/in"), site.url + "/of-a-folder")
    release(upstream("by-hand", address=""), site.url + "/by-hand")
    release(upstream("idle", active=False), site.url + "/idle")
    release(source, "")
    release(source, site.url + "/scheduled", state="scheduled", visible_at="2030-01-01 00:00:00+00:00")
    withdraw(release(source, site.url + "/withdrawn"))
    write("Not noticed yet", source_id=source.pk, url=site.url + "/not-noticed")
    write("Without a source", url=site.url + "/no-source")
    assert pagechecks.any_due(NOW)
    assert pagechecks.check_due(NOW, web, 100) == 2
    assert sorted(site.paths[1:]) == ["/new", "/of-a-feed"]
    assert not pagechecks.any_due(NOW)
    assert pagechecks.any_due(NOW + DAY)


def test_what_is_proposed_is_looked_at_until_it_is_decided(source, site, web):
    here = release(source, site.url + "/page")
    pagechecks.check_due(NOW, web, 10)
    pagechecks.check_due(NOW + HOUR, web, 10)
    site.put("/page", "text")
    assert pagechecks.check_due(NOW + 100 * DAY, web, 10) == 1
    assert proposed() == [(here, "lapsed")]
    assert pagechecks.check_due(NOW + 102 * DAY, web, 10) == 0


def test_those_that_wait_longest_come_first_and_no_more_than_asked_for(source, site, web):
    for number in range(5):
        release(source, f"{site.url}/{number}")
        site.put(f"/{number}", "text")
    assert pagechecks.check_due(NOW, web, 2) == 2
    assert pagechecks.check_due(NOW + HOUR, web, 2) == 2
    assert pagechecks.check_due(NOW + 2 * HOUR, web, 2) == 1
    assert pagechecks.check_due(NOW + 2 * HOUR, web, 2) == 0
    assert site.paths[1:] == [f"/{number}" for number in range(5)]


def test_two_processes_do_not_look_at_the_same_page(source, site, web):
    release(source, site.url + "/page")
    (found,) = pagechecks._due(NOW, 10)
    assert pagechecks._claim(found, NOW) is not None
    assert pagechecks._claim(found, NOW) is None
    assert pagechecks.check_due(NOW, web, 10) == 0
    (again,) = pagechecks._due(NOW + HOUR, 10)
    assert pagechecks._claim(again, NOW + HOUR) is not None
    assert pagechecks._claim(again, NOW + HOUR) is None


def test_what_other_programs_wrote_holds_nothing_up(source, site, web):
    release(source, "gopher://newsroom.example/1")
    release(source, "http://[")
    release(source, site.url + "/page")
    edit(release(source, "x"), url="http://" + "x" * 500)
    Source.objects.filter(pk=source.pk).update(options={"check_pages_days": "soon"})
    assert pagechecks.check_due(NOW, web, 10) == 3
    assert site.paths == ["/robots.txt", "/page"]

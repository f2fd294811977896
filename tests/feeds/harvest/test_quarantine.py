"""A redesigned website never becomes a mass mailing: what is not usual waits for an admin."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import AuditEntry
from feeds import notice
from feeds.harvest import packing, quarantine, usual
from feeds.models import Announcement, HeldFetch, Release, ReleaseVersion, Standing
from feeds.previewing import Edit, Preview
from feeds.sources.item import RawItem
from feeds.sources.way import Hold
from tests.feeds.harvest.conftest import Harvest
from tests.feeds.sources.newsroom import Newsroom

ADMIN = "account:1"


def redesign(newsroom: Newsroom, count: int = 25) -> None:
    """Every release seems to be another one."""
    newsroom.numbers = list(range(100 + count, 100, -1))
    newsroom.size = 50
    newsroom.publish()


def the_held_one() -> HeldFetch:
    return HeldFetch.objects.get(decision="")


def test_nothing_of_a_held_fetch_is_visible_anywhere(newsroom: Newsroom, fetching: Harvest) -> None:
    notice.take(fetching.now)
    redesign(newsroom)
    fetching.go()
    notice.take(fetching.now)
    assert Release.objects.count() == Standing.objects.count() == ReleaseVersion.objects.count() == 10
    held = the_held_one()
    assert held.reasons == ["25 releases would be new; usual are at most 20"]
    assert held.differences["new"] == 25
    assert held.differences["listed_new"][0] == {
        "title": "Release 101", "date": "2025-04-12", "url": f"{newsroom.site.url}/r/101",
    }  # fmt: skip
    assert fetching.state().outcome["held"] == held.reasons


@pytest.mark.parametrize("announce", [True, False])
def test_an_admin_takes_it_in_after_all(newsroom: Newsroom, fetching: Harvest, announce: bool) -> None:
    redesign(newsroom)
    fetching.go()
    report = quarantine.accept(the_held_one(), ADMIN, fetching.now, announce=announce)
    assert report is not None
    assert len(report.new) == 25
    notice.take(fetching.now)
    assert bool(Announcement.objects.count()) is announce
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("accepted" if announce else "accepted silently", "fetch of news")
    fetching.go()
    assert not HeldFetch.objects.filter(decision="").exists()
    assert Release.objects.count() == 35
    assert quarantine.accept(HeldFetch.objects.get(), ADMIN, fetching.now, announce=True) is None


def test_what_was_discarded_is_known_again_until_it_changes(newsroom: Newsroom, fetching: Harvest) -> None:
    redesign(newsroom)
    fetching.go()
    assert quarantine.discard(the_held_one(), ADMIN, fetching.now)
    newsroom.site.put("/news", newsroom.page(0), etag='"another"')
    fetching.go()
    assert not HeldFetch.objects.filter(decision="").exists()
    assert Release.objects.count() == 10
    redesign(newsroom, 26)
    fetching.go()
    assert the_held_one().differences["new"] == 26
    assert not quarantine.discard(HeldFetch.objects.order_by("pk")[0], ADMIN, fetching.now)


def test_a_later_fetch_takes_the_place_and_a_usual_one_ends_it(newsroom: Newsroom, fetching: Harvest) -> None:
    redesign(newsroom)
    fetching.go()
    first = the_held_one()
    redesign(newsroom, 30)
    fetching.go()
    held = the_held_one()
    assert (held.pk, held.held_at, held.differences["new"]) == (first.pk, first.held_at, 30)
    assert held.fetched_at > first.fetched_at
    assert quarantine.accept(first, ADMIN, fetching.now, announce=True) is None, (
        "that is not what was looked at"
    )
    newsroom.numbers = list(range(11, 0, -1))
    newsroom.publish()
    fetching.go()
    assert HeldFetch.objects.get().decision == "superseded"
    assert Release.objects.filter(title="Release 11").exists()


def test_many_changed_at_once_are_held_and_one_edit_is_not(newsroom: Newsroom, fetching: Harvest) -> None:
    newsroom.edits = {10: "Release ten"}
    newsroom.publish()
    fetching.go()
    assert Release.objects.filter(title="Release ten").exists()
    newsroom.edits = {n: f"Changed {n}" for n in (7, 8)}
    newsroom.publish()
    fetching.go()
    held = the_held_one()
    assert "3 of 10 known releases would change" in held.reasons[0]
    assert {
        name: value for name, value in held.differences["listed_changed"][0].items() if name != "release"
    } == {"title": "Release 7", "fields": ["title"]}
    assert not Release.objects.filter(title__startswith="Changed").exists()


@pytest.mark.parametrize(
    ("preview", "shown", "usual_items", "held"),
    [
        (Preview(), 0, 12, ["there is no release at all; last time there were 12"]),
        (Preview(), 0, None, []),
        (Preview(changed=(Edit(1, "a", ("title",)),), same=2), 3, 3, []),
        (Preview(changed=(Edit(1, "a", ("title",)), Edit(2, "b", ("title",))), same=18), 20, 20, []),
        (Preview(changed=tuple(Edit(n, "a", ("body",), fills=True) for n in range(9)), same=0), 9, 9, []),
    ],
)
def test_what_is_usual(preview: Preview, shown: int, usual_items: int | None, held: list[str]) -> None:
    assert usual.reasons(preview, shown, usual_items, Hold()) == held


def test_the_measure_is_configurable() -> None:
    some = Preview(changed=tuple(Edit(n, "a", ("title",)) for n in range(3)), same=7)
    assert usual.reasons(some, 10, 10, Hold(changed_percent=30)) == []
    assert usual.reasons(Preview(), 0, 10, Hold(none=False)) == []


TEXTS = st.text(max_size=12)
ITEMS = st.builds(
    RawItem, title=TEXTS, published_on=st.dates(date(1, 1, 1)), key=TEXTS, body=TEXTS,
    offices=st.lists(TEXTS, max_size=2).map(tuple), dated=st.booleans(), whole=st.booleans(),
    visible_at=st.none() | st.just(datetime(2025, 2, 17, 12, 30, 1, 5, tzinfo=UTC)), silent=st.booleans(),
    alternates=st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple), warnings=st.lists(TEXTS).map(tuple),
    line=st.none() | st.integers(1, 9),
)  # fmt: skip


@given(st.lists(ITEMS, max_size=3))
def test_what_is_packed_is_unpacked(items: list[RawItem]) -> None:
    found = packing.unpack(packing.pack(items))
    assert found == items
    assert [item.line for item in found] == [item.line for item in items]

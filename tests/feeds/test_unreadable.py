"""A row that the database takes and Herald cannot read is left out; nothing else waits for it (docs/store.md)."""

from __future__ import annotations

import pytest
from django.db import connection

from config import clock
from feeds import notice
from feeds.models import ReleaseKey
from tests.feeds.api.kit import LEAST, desk, told
from tests.feeds.published import go, titles
from tests.feeds.stories import TODAY, run, write
from tests.logged import events

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

UNREADABLE = {
    "sqlite": {
        "the year 0": "published_on = '0000-01-01'",
        "a title of bytes": "title = x'ff'",
        "a title that is not UTF-8": "title = CAST(x'ff' AS TEXT)",
        "an instant that is none": "visible_at = 'soon', state = 'scheduled'",
    },
    "postgresql": {
        "a date without end": "published_on = 'infinity'",
        "a date before our era": "published_on = '0044-03-15 BC'",
        "a year of five digits": "published_on = '12025-02-17'",
        "an embargo without end": "visible_at = 'infinity', state = 'scheduled'",
        "an embargo of always": "visible_at = '-infinity'",
    },
}
CASES = [(vendor, name) for vendor, rows in UNREADABLE.items() for name in rows]


@pytest.fixture(params=[(vendor, name) for vendor, rows in UNREADABLE.items() for name in rows], ids="-".join)
def bad(request):
    """The id of a release that is past reading."""
    vendor, name = request.param
    if vendor != connection.vendor:
        pytest.skip(f"only {vendor} takes it")
    release = write("bad")
    run(f"UPDATE feeds_release SET {UNREADABLE[vendor][name]} WHERE id = %s", release)
    return release


def test_a_row_that_cannot_be_read_holds_up_no_other(tmp_path, caplog, bad):
    write("good")
    go(tmp_path / "feeds")
    assert titles(tmp_path / "feeds") == ["good"]
    assert {event["release"] for event in events(caplog.records, "feeds.observing")} == {bad}


def test_programs_go_on_pushing_and_listing_beside_it(desk, bad):
    ReleaseKey.objects.create(source=desk.source, key="bad", release_id=bad)
    told(desk.post({**LEAST, "key": "good", "published_on": TODAY.isoformat()}), 201)
    listed = told(desk.ask("GET", "/api/releases"), 200)["releases"]
    assert [one["key"] for one in listed if one["key"] != "bad"] == ["good"]
    assert desk.get("bad").status_code in {200, 404}


def test_a_program_mends_it_by_saying_it_whole(tmp_path, desk, bad):
    ReleaseKey.objects.create(source=desk.source, key="bad", release_id=bad)
    whole = {**LEAST, "published_on": TODAY.isoformat(), "visible_at": "2025-02-17T00:00:00Z"}
    assert desk.put("bad", whole).status_code in {200, 201}
    notice.release_due(clock.now())
    go(tmp_path / "feeds", clock.now())
    assert titles(tmp_path / "feeds") == [LEAST["title"]]

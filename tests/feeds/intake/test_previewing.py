"""What an intake would do, told without doing it."""

from dataclasses import replace

import pytest

from feeds.models import Change, PendingTerm, Release, ReleaseKey
from feeds.previewing import Edit, preview
from tests.feeds.intake.kit import BORDER, changes, listing, make_source, take_in, the_release

pytestmark = pytest.mark.django_db


def test_a_preview_writes_nothing(source):
    strange = replace(BORDER, topics=("Tides",), key="2", url="", title="Another")
    take_in(source, BORDER)
    before = changes()
    seen = preview([BORDER, replace(BORDER, summary="Otherwise."), strange], source)
    assert (len(seen.new), len(seen.changed)) == (1, 1) or seen.same
    assert (changes(), Release.objects.count(), ReleaseKey.objects.count()) == (before, 1, 1)
    assert PendingTerm.objects.count() == 0


def test_a_preview_tells_what_an_intake_then_does(source):
    items = listing("newsroom-listing.txt", source).items
    take_in(source, *items[3:])
    edited = replace(items[4], summary="Otherwise.", topics=("Youth",))
    fetched = [*items[:4], edited, *items[5:], replace(items[0], title="\x00")]
    seen = preview(fetched, source)
    report = take_in(source, *fetched)
    assert len(seen.new) == len(report.new) == 3
    assert [one.release for one in seen.changed] == list(report.changed)
    assert (seen.same, seen.faults) == (report.same, report.faults)
    assert [draft.title for draft in seen.new] == list(
        Release.objects.filter(pk__in=report.new).order_by("pk").values_list("title", flat=True)
    )


def test_an_edit_names_the_release_as_it_is_now_and_what_changes(source):
    take_in(source, BORDER)
    edited = replace(BORDER, title="Otherwise", summary="A longer course.", topics=("Youth",), type="Feature")
    assert preview([edited], source).changed == (
        Edit(the_release().pk, "Border guards trained", ("summary", "title", "topics", "type"), key="1"),
    )


def test_what_was_taken_in_is_the_same(source):
    take_in(source, BORDER)
    seen = preview([BORDER], source)
    assert (seen.new, seen.changed, seen.same) == ((), (), 1)
    assert preview([replace(BORDER, key="elsewhere")], make_source("other")).same == 1
    assert Change.objects.exists()


def test_nothing_to_see_is_nothing(source):
    assert preview([], source).same == 0

"""Items that say everything, embargoes, withdrawals and silence: what a source says besides words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from feeds import intake, notice
from feeds.models import Office, PendingTerm, Release, Topic
from feeds.sources.item import RawItem
from tests.feeds.intake.kit import BORDER, LATER, NOW, make_source, slugs, take_in, the_release

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(hours=3)
WHOLE = replace(
    BORDER, whole=True, body="<p>Full</p>", author="Ann", language="en", editors_note="Put right."
)
BARE = RawItem(title=BORDER.title, published_on=BORDER.published_on, key="1", whole=True)


def state():
    release = the_release()
    return release.state, release.visible_at, release.withdrawn_reason


# what a whole item leaves out


def test_what_a_whole_item_leaves_out_is_taken_away(source):
    take_in(source, replace(WHOLE, topics=("Border management, Tides",)))
    assert take_in(source, BARE).changed == (the_release().pk,)
    release = the_release()
    assert [release.summary, release.body, release.author, release.language, release.editors_note] == [""] * 5
    assert (release.url, release.type, slugs(release.offices), slugs(release.topics)) == (None, None, [], [])
    assert PendingTerm.objects.count() == 0
    assert take_in(source, BARE).same == 1


def test_what_an_editor_wrote_and_the_source_never_said_stays(source):
    take_in(source, BARE)
    Release.objects.update(summary="By the editor.", author="Eve")
    the_release().offices.add(Office.objects.get(slug="osce-secretariat"))
    take_in(source, replace(BARE, language="fr"))
    assert (the_release().summary, the_release().author, the_release().language) == (
        "By the editor.", "Eve", "fr",
    )  # fmt: skip
    assert slugs(the_release().offices) == ["osce-secretariat"]


def test_what_an_editor_corrected_stays_where_a_whole_item_says_the_same_as_before(source):
    take_in(source, WHOLE)
    Release.objects.update(summary="A better course.")
    the_release().topics.add(Topic.objects.get(slug="youth"))
    take_in(source, replace(WHOLE, author="Bob"))
    assert (the_release().summary, the_release().author) == ("A better course.", "Bob")
    assert slugs(the_release().topics) == ["border-management", "countering-terrorism", "youth"]


def test_a_whole_item_of_another_source_blanks_nothing_that_it_never_said(source):
    take_in(source, WHOLE)
    take_in(make_source("other", first_complete_at=NOW), replace(BARE, key="x", url=WHOLE.url))
    assert (the_release().summary, the_release().author) == ("A course.", "Ann")


def test_what_a_source_said_is_remembered_while_it_does_not_say_it(source):
    take_in(source, BORDER)
    Release.objects.update(summary="A better course.")
    take_in(source, replace(BORDER, summary="", topics=()))
    take_in(source, BORDER)
    assert the_release().summary == "A better course."
    take_in(source, replace(BORDER, topics=("Youth",)))
    assert slugs(the_release().topics) == ["youth"]


# embargo


def test_a_release_under_embargo_is_scheduled(source):
    take_in(source, replace(BORDER, visible_at=SOON))
    assert state() == ("scheduled", SOON, "")


def test_an_embargo_that_has_passed_is_none(source):
    take_in(source, replace(BORDER, visible_at=NOW - timedelta(seconds=1)))
    assert the_release().state == "published"


def test_an_embargo_can_be_moved_and_lifted_until_it_is_over(source):
    item = replace(WHOLE, visible_at=SOON)
    take_in(source, item)
    take_in(source, replace(item, visible_at=SOON + timedelta(days=1)))
    assert state() == ("scheduled", SOON + timedelta(days=1), "")
    take_in(source, replace(item, visible_at=NOW))
    assert the_release().state == "published"
    take_in(source, item)
    assert the_release().state == "scheduled"
    take_in(source, WHOLE)
    assert state() == ("published", None, "")


def test_a_release_that_became_visible_stays_so_while_the_source_says_the_same(source):
    item = replace(BORDER, visible_at=SOON)
    take_in(source, item)
    Release.objects.update(state="published")  # by an editor, early
    take_in(source, replace(item, summary="Another."))
    assert (the_release().state, the_release().summary) == ("published", "Another.")
    Release.objects.update(state="scheduled")
    notice.release_due(SOON)
    intake.take_in([item], source, SOON + timedelta(hours=1))
    assert the_release().state == "published"


def test_an_embargo_set_again_schedules_a_published_release_again(source):
    take_in(source, BORDER)
    take_in(source, replace(BORDER, visible_at=SOON))
    assert the_release().state == "scheduled"


def test_an_editors_own_embargo_is_not_lifted_by_a_source(source):
    take_in(source, replace(WHOLE, visible_at=NOW + timedelta(hours=1)))
    Release.objects.update(visible_at=SOON)
    take_in(source, WHOLE)
    assert state() == ("scheduled", SOON, "")


def test_nothing_of_an_embargoed_release_stands_in_a_log_or_report(source, caplog):
    caplog.set_level("DEBUG", logger="feeds")
    secret = replace(BORDER, title="Hush", visible_at=SOON, url="ftp://hush", topics=("Hushed",), line=3)
    report = take_in(
        source, secret, replace(secret, title="Hush, too", key="1"), replace(secret, key="3", title="")
    )
    assert "ush" not in " ".join(map(str, report.faults)) + caplog.text


# withdrawn


def test_a_source_that_says_why_withdraws(source):
    take_in(source, BORDER)
    assert take_in(source, replace(BORDER, withdrawn="Sent in error")).changed == (the_release().pk,)
    assert state() == ("withdrawn", None, "Sent in error")
    take_in(source, BORDER)
    assert the_release().state == "withdrawn"


def test_a_release_can_come_withdrawn(source):
    take_in(source, replace(WHOLE, withdrawn="Sent in error"))
    assert the_release().state == "withdrawn"


def test_a_whole_item_that_says_it_no_more_publishes_again(source):
    take_in(source, replace(WHOLE, withdrawn="Sent in error"))
    take_in(source, WHOLE)
    assert state() == ("published", None, "")
    take_in(source, replace(WHOLE, withdrawn="Sent in error"))
    take_in(source, replace(WHOLE, visible_at=SOON))
    assert state() == ("scheduled", SOON, "")


def test_what_an_editor_withdrew_is_not_published_again_by_a_source(source):
    take_in(source, replace(WHOLE, withdrawn="Sent in error"))
    Release.objects.update(withdrawn_reason="The court has forbidden it")
    take_in(source, WHOLE)
    assert state() == ("withdrawn", None, "The court has forbidden it")


def test_what_an_editor_published_again_stays_so(source):
    take_in(source, replace(WHOLE, withdrawn="Sent in error"))
    Release.objects.update(state="published")
    take_in(source, replace(WHOLE, withdrawn="Sent in error", summary="Another."))
    assert the_release().state == "published"


def test_a_withdrawn_release_whose_embargo_moves_stays_withdrawn(source):
    take_in(source, replace(BORDER, withdrawn="Sent in error"))
    take_in(source, replace(BORDER, withdrawn="Sent in error", visible_at=SOON))
    assert the_release().state == "withdrawn"


# announced or silent


def test_a_silent_item_is_silent_by_its_own_wish(source):
    take_in(source, replace(BORDER, silent=True))
    assert (the_release().silent, the_release().silent_because) == (True, "")


def test_what_programs_hand_over_is_announced_from_the_start(terms):
    source = make_source("desk")
    source.kind = "api"
    assert take_in(source, BORDER).silence == ""
    other = replace(BORDER, key="2", url="", title="Another")
    assert take_in(source, other, announce=False).silence == "import"
    assert list(Release.objects.order_by("pk").values_list("silent", flat=True)) == [False, True]


def test_a_row_another_program_spoilt_is_mended_by_the_next_word(source):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL takes no such row")
    take_in(source, BORDER)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feeds_release SET visible_at = '2025-13-45 10:00:00'")
    good = replace(BORDER, key="2", url="", title="Another")
    intake.take_in([replace(BORDER, summary="Otherwise."), good], source, LATER)
    assert Release.objects.filter(summary="Otherwise.").exists()
    assert Release.objects.count() == 2

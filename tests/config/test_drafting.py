"""Drafts: changes that are collected, brought up to what changes meanwhile, and applied as they were reviewed."""

from __future__ import annotations

import copy

import pytest
from django.db import transaction

from config import drafting, revisions
from config.models import AuditEntry, Draft, Revision
from feeds.models import Office, Topic
from tests.config.samples import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("newsroom"), pytest.mark.holds("P4")]

ADA, BOB = "account:1", "account:2"
SKOPJE = "osce-mission-to-skopje"


def tried(**fields):
    """What a form does: it changes the office in Skopje, and that is taken back."""
    with revisions.trying(NOW) as found:
        office = Office.objects.get(slug=SKOPJE)
        for name, value in fields.items():
            setattr(office, name, value)
        office.save()
    return found


def draft(actor=ADA, **fields) -> Draft:
    return drafting.add(actor, tried(**fields), NOW)


def meanwhile(**fields) -> None:
    with revisions.recording(BOB, "admin", now=NOW):
        office = Office.objects.get(slug=SKOPJE)
        for name, value in fields.items():
            setattr(office, name, value)
        office.save()


def changes(one: Draft) -> dict[str, dict[str, object]]:
    return {
        difference.key: {name: after for name, _, after in difference.fields()}
        for difference in drafting.review(Draft.objects.get(pk=one.pk)).differences
    }


def apply(one: Draft, note: str = ""):
    return drafting.apply(one, drafting.review(one).seen, note, ADA, NOW)


def skopje() -> Office:
    return Office.objects.get(slug=SKOPJE)


def test_what_is_tried_leaves_nothing(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as effects:
        found = tried(name="Skopje")
    assert (found.before == found.after, effects) == (False, [])
    assert skopje().name == "OSCE Mission to Skopje"
    assert (Revision.objects.count(), AuditEntry.objects.filter(subject__contains="skopje").count()) == (1, 1)
    with pytest.raises(revisions.Unrecorded), transaction.atomic():
        Office.objects.first().save()


def test_what_fails_while_it_is_tried_leaves_nothing_either():
    with pytest.raises(RuntimeError), revisions.trying(NOW):  # noqa: PT012
        Topic.objects.create(slug="new", name="New")
        raise RuntimeError
    assert not Topic.objects.filter(slug="new").exists()


def test_a_draft_collects_changes_and_is_applied_as_one_revision():
    one = draft(name="Skopje")
    assert draft(country="XK").pk == one.pk
    assert changes(one) == {SKOPJE: {"name": "Skopje", "country": "XK"}}
    assert skopje().name == "OSCE Mission to Skopje"
    one.refresh_from_db()
    made = apply(one, "moved")
    assert (made.number, made.actor, made.way, made.note) == (2, ADA, "admin", "moved")
    assert (skopje().name, skopje().country) == ("Skopje", "XK")
    assert not Draft.objects.exists()
    said = AuditEntry.objects.filter(subject__startswith="draft").values_list("action", flat=True)
    assert list(said) == ["applied", "drafted", "drafted"]


def test_two_accounts_have_two_drafts():
    assert draft(ADA, name="Skopje").pk != draft(BOB, country="XK").pk


def test_a_later_change_of_the_same_field_stands_in_the_draft():
    one = draft(name="Skopje")
    draft(name="Mission to Skopje")
    assert changes(one) == {SKOPJE: {"name": "Mission to Skopje"}}


def test_a_draft_goes_on_top_of_what_changes_meanwhile_elsewhere():
    one = draft(name="Skopje")
    meanwhile(country="XK")
    review = drafting.review(one)
    assert ([r.number for r in review.since], review.conflicts) == ([2], [])
    assert changes(one) == {SKOPJE: {"name": "Skopje"}}
    apply(one)
    assert (skopje().name, skopje().country) == ("Skopje", "XK")


def test_a_draft_is_led_along_when_more_goes_into_it():
    one = draft(name="Skopje")
    meanwhile(country="XK")
    assert draft(position=3).base == 2
    assert changes(one) == {SKOPJE: {"name": "Skopje", "position": 3}}


@pytest.mark.parametrize(("mine", "name"), [(True, "Skopje"), (False, "The Skopje office")])
def test_where_two_changed_the_same_field_somebody_chooses(mine, name):
    one = draft(name="Skopje", position=3)
    meanwhile(name="The Skopje office")
    review = drafting.review(one)
    assert [(c.key, c.fields) for c in review.conflicts] == [(SKOPJE, ("name",))]
    with pytest.raises(drafting.Moved):
        drafting.apply(one, review.seen, "", ADA, NOW)
    drafting.choose(one, [("office", SKOPJE)] if mine else [], one.actor, NOW)
    assert drafting.review(one).conflicts == []
    apply(one)
    assert (skopje().name, skopje().position) == (name, 3)


def test_a_row_that_was_removed_meanwhile_is_a_choice_too():
    with revisions.trying(NOW) as found:
        topic = Topic.objects.get(slug="youth")
        topic.name = "Young people"
        topic.save()
    one = drafting.add(ADA, found, NOW)
    with revisions.recording(BOB, "admin", now=NOW):
        Topic.objects.get(slug="youth").delete()
    review = drafting.review(one)
    assert [(c.key, c.fields, c.theirs) for c in review.conflicts] == [("youth", (), None)]
    drafting.choose(one, [("topic", "youth")], one.actor, NOW)
    apply(one)
    assert Topic.objects.get(slug="youth").name == "Young people"


def test_what_was_not_reviewed_is_not_applied():
    one = draft(name="Skopje")
    seen = drafting.review(one).seen
    meanwhile(country="XK")
    with pytest.raises(drafting.Moved, match="look again"):
        drafting.apply(one, seen, "", ADA, NOW)
    assert (Revision.objects.count(), Draft.objects.count()) == (2, 1)
    assert skopje().name == "OSCE Mission to Skopje"


def test_a_draft_is_applied_once():
    one = draft(name="Skopje")
    seen = drafting.review(one).seen
    apply(one)
    with pytest.raises(drafting.Moved):
        drafting.apply(one, seen, "", ADA, NOW)


def test_a_row_is_taken_out_and_the_last_one_ends_the_draft():
    one = draft(name="Skopje")
    with revisions.trying(NOW) as found:
        Topic.objects.create(slug="new", name="New")
    drafting.add(ADA, found, NOW)
    one.refresh_from_db()
    assert drafting.take_out(one, ("office", SKOPJE), "account:9", NOW) is not None
    assert list(changes(one)) == ["new"]
    assert drafting.take_out(one, ("topic", "new"), "account:9", NOW) is None
    assert not Draft.objects.exists()


def test_what_another_program_wrote_is_no_change_of_the_draft():
    Office.objects.filter(slug="osce-mission-to-serbia").update(name="By SQL")
    one = draft(name="Skopje")
    assert changes(one) == {SKOPJE: {"name": "Skopje"}}
    made = apply(one)
    assert [entry.subject for entry in made.entries.all()] == [f"office {SKOPJE}"]


@pytest.mark.holds("E4")
def test_a_revision_is_restored_as_it_was_whatever_came_since():
    first = copy.deepcopy(Revision.objects.get(number=1).document)
    meanwhile(name="Skopje")
    one = drafting.restoring(1, ADA, NOW)
    meanwhile(name="Skopje again", country="XK")
    assert drafting.restoring(1, ADA, NOW).pk == one.pk
    made = apply(Draft.objects.get())
    assert (made.number, made.note) == (4, "revision 1 restored")
    assert revisions.canonical(made.document) == revisions.canonical(first)

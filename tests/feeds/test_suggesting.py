"""Releases without an office: proposals, what becomes of them, and their pages in the admin site."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse

from config.models import AuditEntry
from feeds import notice, proposals, suggesting
from feeds.intake import take_in
from feeds.models import Office, Release, Source, Suggestion
from feeds.sources import files
from tests.feeds.stories import NOW, edit, label, newsroom, office, run, topic, withdraw, write

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
CONFIRM, DISMISS = {"feeds_suggestion_confirm_this": ""}, {"feeds_suggestion_dismiss_this": ""}
BISHKEK = "Bishkek, 31 January 2025 – 31 experts from the Border Service"


@pytest.fixture(autouse=True)
def offices() -> None:
    newsroom()
    office("bishkek", "Programme Office in Bishkek")
    office("skopje", "Mission to Skopje")
    office("bih", "Mission to Bosnia and Herzegovina")


def follow(now=NOW) -> None:
    notice.take(now)
    while suggesting.follow(now):
        pass


def suggested(**which: object) -> list[tuple[int, str, str]]:
    rows = Suggestion.objects.filter(**which).order_by("release_id", "value")
    return [(row.release_id, row.value, row.decision) for row in rows]


def test_a_dateline_and_a_title_propose_an_office():
    by_dateline = write("Training", summary=BISHKEK)
    by_body = write("Training", summary="Training.", body=f"<p><strong>{BISHKEK}</strong></p>")
    by_title = write("Mission to Skopje opens its doors")
    write("Nothing to be known", summary="Nothing.")
    follow()
    assert suggested() == [(by_dateline, "bishkek", ""), (by_body, "bishkek", ""), (by_title, "skopje", "")]
    reasons = list(Suggestion.objects.order_by("release_id").values_list("reason", flat=True))
    assert reasons[1:] == [
        "it begins with the dateline “Bishkek, 31 January 2025”", "the title names “Mission to Skopje”",
    ]  # fmt: skip
    assert not Release.objects.exclude(offices=None).exists(), "nothing is applied by itself"


def test_a_release_that_has_an_office_needs_none_and_a_topic_is_no_office():
    write("Training", labels=(Office.objects.get(slug="skopje"),), summary=BISHKEK)
    with_topic = write("Training", labels=(topic(),), summary=BISHKEK)
    follow()
    assert suggested() == [(with_topic, "bishkek", "")]


def test_doing_it_twice_changes_nothing():
    write("Training", summary=BISHKEK)
    follow()
    before = list(Suggestion.objects.values())
    run("DELETE FROM feeds_cursor WHERE name = 'suggestions'")
    follow(NOW + HOUR)
    assert list(Suggestion.objects.values()) == before
    assert not suggesting.follow(NOW + HOUR)


@pytest.mark.parametrize(
    "end",
    [
        lambda release: label(release, Office.objects.get(slug="skopje")),
        withdraw,
        lambda release: edit(release, summary="Another text."),
    ],
)
def test_a_proposal_lapses_when_its_reason_goes(end):
    release = write("Training", summary=BISHKEK)
    follow()
    end(release)
    follow(NOW + HOUR)
    assert suggested() == [(release, "bishkek", "lapsed")]
    assert Suggestion.objects.get().decided_at == NOW + HOUR


def test_what_lapsed_is_proposed_again_and_what_was_dismissed_never():
    lapsed, dismissed = write("One", summary=BISHKEK), write("Two", summary=BISHKEK)
    follow()
    proposals.dismiss(Suggestion.objects.get(release_id=dismissed), "account:1", NOW)
    for text in ("Another text.", BISHKEK):
        edit(lapsed, summary=text)
        edit(dismissed, summary=text)
        follow(NOW + HOUR)
    assert suggested() == [(lapsed, "bishkek", ""), (dismissed, "bishkek", "dismissed")]


def test_a_deleted_release_takes_its_proposals_with_it():
    release = write("Training", summary=BISHKEK)
    follow()
    run("DELETE FROM feeds_release WHERE id = %s", release)
    follow(NOW + HOUR)
    assert suggested() == []


def test_of_two_offices_the_second_can_be_confirmed_after_the_first():
    release = write("Mission to Skopje trains", summary=BISHKEK)
    follow()
    proposals.confirm(Suggestion.objects.get(value="bishkek"), "account:1", NOW)
    follow(NOW + HOUR)
    assert suggested() == [(release, "bishkek", "confirmed"), (release, "skopje", "")]
    label(release, Office.objects.get(slug="skopje"))
    follow(NOW + HOUR)
    assert suggested(value="skopje") == [(release, "skopje", "lapsed")]


def test_a_withdrawal_proposed_lapses_when_somebody_withdraws():
    release = write("Training")
    proposals.propose(release, proposals.Kind.WITHDRAWAL, "", "its page is gone", NOW)
    follow()
    assert suggested() == [(release, "", "")]
    withdraw(release)
    follow(NOW + HOUR)
    assert suggested() == [(release, "", "lapsed")]


def test_what_other_programs_wrote_holds_nothing_up():
    run("UPDATE feeds_office SET aliases = %s WHERE slug = 'skopje'", '"no list"')
    run("UPDATE feeds_office SET aliases = %s WHERE slug = 'bih'", '[1, null, ["x"], "Mission in Sarajevo"]')
    write("", summary=None, body=None)
    release = write("Training", summary="SARAJEVO, 3 March 2025 – Today")
    follow()
    assert suggested() == [(release, "bih", "")]


def test_the_sample_listing_has_one_that_names_its_office():
    Office.objects.update(name=Concat(Value("OSCE "), "name"))
    source = Source.objects.bulk_create([Source(slug="listing", name="Listing", kind="listing")])[0]
    for name in ("newsroom-listing.txt", "newsroom-listing.html"):
        reading = files.read(settings.ROOT / "tests" / "feeds" / "data" / name, source)
        take_in(reading.items, source, NOW)
        follow()
    assert [(row.release.title, row.value) for row in Suggestion.objects.all()] == [
        ("OSCE Mission to BiH statement on the brutal killing in Kalesija", "bih")
    ]


@pytest.fixture
def ada() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def page(suggestion: Suggestion) -> str:
    return reverse("admin:feeds_suggestion_change", args=[suggestion.pk])


LIST = "admin:feeds_suggestion_changelist"


def withdrawal(title: str = "Gone upstream") -> Suggestion:
    proposals.propose(write(title), proposals.Kind.WITHDRAWAL, "", "its page has answered 404", NOW)
    notice.take(NOW)
    return Suggestion.objects.get(release__title=title)


def test_the_list_shows_open_ones_with_title_and_reason(ada):
    write("Training <b>now</b>", summary=BISHKEK)
    follow()
    dismissed = withdrawal("Dismissed already")
    proposals.dismiss(dismissed, "account:1", NOW)
    text = ada.get(reverse(LIST)).content.decode()
    assert "Training &lt;b&gt;now&lt;/b&gt;" in text
    assert "gets an office: Programme Office in Bishkek" in text
    assert "it begins with the dateline “Bishkek, 31 January 2025”" in text
    assert "Dismissed already" not in text
    assert "Dismissed already" in ada.get(reverse(LIST) + "?decision=dismissed").content.decode()
    assert "Dismissed already" in ada.get(reverse(LIST) + "?decision=all").content.decode()
    assert "Dismissed already" not in ada.get(reverse(LIST) + "?kind__exact=office").content.decode()


def test_confirming_an_office_adds_it_and_is_audited(ada):
    release = write("Training", summary=BISHKEK)
    follow()
    suggestion = Suggestion.objects.get()
    assert "Confirm" in ada.get(page(suggestion)).content.decode()
    answer = ada.post(page(suggestion), CONFIRM, follow=True)
    assert "Confirmed: Training, gets an office: Programme Office in Bishkek" in answer.content.decode()
    assert [office.slug for office in Release.objects.get(pk=release).offices.all()] == ["bishkek"]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("confirmed", f"account:{User.objects.get().pk}")
    assert entry.subject == f"suggestion for release {release}: gets an office: Programme Office in Bishkek"
    assert (entry.before["offices"], entry.after["offices"]) == ([], ["bishkek"])
    assert suggested() == [(release, "bishkek", "confirmed")]
    notice.take(NOW + HOUR)
    assert Release.objects.get(pk=release).standing.facts["offices"] == ["bishkek"]


def test_confirming_a_withdrawal_withdraws_with_the_reason(ada):
    suggestion = withdrawal()
    ada.post(page(suggestion), CONFIRM)
    release = Release.objects.get()
    assert (release.state, release.withdrawn_reason) == ("withdrawn", "its page has answered 404")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.before["state"], entry.after["state"]) == (
        "confirmed",
        "published",
        "withdrawn",
    )


def test_dismissing_changes_no_release_and_is_audited(ada):
    suggestion = withdrawal()
    ada.post(page(suggestion), DISMISS)
    assert Release.objects.get().state == "published"
    assert AuditEntry.objects.get().action == "dismissed"
    assert suggested() == [(suggestion.release_id, "", "dismissed")]


def test_what_is_decided_has_no_buttons_and_is_not_decided_again(ada):
    suggestion = withdrawal()
    ada.post(page(suggestion), DISMISS)
    assert "confirm_this" not in ada.get(page(suggestion)).content.decode()
    ada.post(page(suggestion), CONFIRM)
    ada.post(reverse(LIST) + "?decision=all", {"action": "confirm_all", "_selected_action": [suggestion.pk]})
    assert Release.objects.get().state == "published"
    assert AuditEntry.objects.count() == 1


def test_several_are_decided_at_once(ada):
    ones = [withdrawal(f"Gone {number}") for number in range(3)]
    chosen = {"action": "confirm_all", "_selected_action": [ones[0].pk, ones[1].pk]}
    ada.post(reverse(LIST), chosen)
    ada.post(reverse(LIST), {"action": "dismiss_all", "_selected_action": [ones[2].pk]})
    assert [release.state for release in Release.objects.order_by("pk")] == [
        "withdrawn",
        "withdrawn",
        "published",
    ]
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "confirmed",
        "confirmed",
        "dismissed",
    ]


def test_what_was_overtaken_is_told_and_nothing_changes(ada):
    write("Training", summary=BISHKEK)
    follow()
    run("DELETE FROM feeds_office WHERE slug = 'bishkek'")
    suggestion = Suggestion.objects.get()
    answer = ada.post(page(suggestion), CONFIRM, follow=True)
    assert "There is no office bishkek any more." in answer.content.decode()
    assert (suggested()[0][2], AuditEntry.objects.count()) == ("", 0)
    other = withdrawal()
    edit(other.release_id, state="scheduled", visible_at="2030-01-01 00:00:00+00:00")
    answer = ada.post(page(other), CONFIRM, follow=True)
    assert "The release is scheduled, not published." in answer.content.decode()


def test_looking_changes_nothing(ada):
    suggestion = withdrawal()
    ada.get(page(suggestion) + "?confirm_this=")
    assert Release.objects.get().state == "published"


def test_who_may_not_change_releases_may_not_decide():
    bob = User.objects.create_user("bob", is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(codename__in=["view_suggestion", "change_suggestion"]))
    client = Client()
    client.force_login(bob)
    suggestion = withdrawal()
    assert "confirm_this" not in client.get(page(suggestion)).content.decode()
    client.post(page(suggestion), CONFIRM)
    client.post(reverse(LIST), {"action": "confirm_all", "_selected_action": [suggestion.pk]})
    assert Release.objects.get().state == "published"
    stranger = User.objects.create_user("carol", is_staff=True)
    client.force_login(stranger)
    assert client.get(page(suggestion)).status_code == 403


def test_an_embargoed_release_is_proposed_to_admins_alone():
    write(
        "Training",
        date(2025, 2, 18),
        summary=BISHKEK,
        state="scheduled",
        visible_at="2025-03-01 00:00:00+00:00",
    )
    follow()
    assert len(suggested()) == 1

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import revisions
from config.models import AuditEntry, Revision
from feeds import notice
from feeds.models import (
    Announcement,
    Newsroom,
    Office,
    PendingLabel,
    PendingTerm,
    Release,
    ReleaseKey,
    Source,
    Topic,
)
from tests.config.drafting_kit import Hasty
from tests.config.samples import NOW, shipped
from tests.staff import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    revisions.apply(shipped(), "start", "start", now=NOW)
    client = Hasty()
    client.force_login(User.objects.create_superuser("ada"))
    return client


@pytest.fixture
def release(ada) -> Release:
    made = Release.objects.create(
        title="Border guards <b>trained</b>",
        published_on=NOW.date() - timedelta(days=90),
        source=Source.objects.get(),
    )
    made.offices.add(Office.objects.get(slug="osce-centre-in-ashgabat"))
    ReleaseKey.objects.create(release=made, source=Source.objects.get(), key="900002")
    notice.take(NOW)
    return made


def change_url(instance) -> str:
    return reverse(f"admin:feeds_{instance._meta.model_name}_change", args=[instance.pk])


def account() -> str:
    return f"account:{User.objects.get().pk}"


def office_form(**changes: str) -> dict[str, str]:
    form = {"name": "OSCE Mission to Skopje", "aliases": "", "kind": "field-operation", "country": "MK"}
    return form | {"region": "south-eastern-europe", "grace_seconds": "0", "position": "0"} | changes


def test_saving_an_office_makes_a_revision_and_an_audit_entry(ada):
    office = Office.objects.get(slug="osce-mission-to-skopje")
    answer = ada.post(
        change_url(office), office_form(name="Mission to Skopje", aliases="Skopje\n\n  OSCE Skopje  ")
    )
    assert answer.status_code == 302
    office.refresh_from_db()
    assert (office.name, office.aliases) == ("Mission to Skopje", ["Skopje", "OSCE Skopje"])
    revision = Revision.objects.get(number=2)
    assert (revision.actor, revision.way) == (account(), "admin")
    entry = revision.entries.get()
    assert (entry.action, entry.subject) == ("changed", "office osce-mission-to-skopje")
    assert entry.before["name"] == "OSCE Mission to Skopje"
    assert entry.after["aliases"] == ["Skopje", "OSCE Skopje"]


def test_saving_without_a_change_records_nothing(ada):
    ada.post(change_url(Office.objects.get(slug="osce-mission-to-skopje")), office_form())
    assert Revision.objects.count() == 1


def test_what_is_wrong_is_said_at_its_field(ada):
    office = Office.objects.get(slug="osce-mission-to-skopje")
    answer = ada.post(change_url(office), office_form(country="mk", aliases="OSCE Mission to Serbia"))
    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert errors == {
        "country": ["country must be two letters"],
        "aliases": ["aliases 'OSCE Mission to Serbia' is a label of 'osce-mission-to-serbia' already"],
    }
    assert Revision.objects.count() == 1


def test_a_slug_can_be_chosen_once(ada):
    form = office_form(name="New", slug="untagged", country="")
    answer = ada.post(reverse("admin:feeds_office_add"), form)
    assert "slug must not be" in str(answer.context["adminform"].form.errors)
    ada.post(reverse("admin:feeds_office_add"), form | {"slug": "new-office"})
    office = Office.objects.get(slug="new-office")
    ada.post(change_url(office), form | {"slug": "other"})
    office.refresh_from_db()
    assert office.slug == "new-office"


def test_a_topic_gets_a_broader_one(ada):
    topic = Topic.objects.get(slug="youth")
    form = {
        "name": "Youth",
        "aliases": "",
        "broader": Topic.objects.get(slug="education").pk,
        "position": "0",
    }
    ada.post(change_url(topic), form)
    assert Revision.objects.get(number=2).entries.get().after["broader"] == "education"
    answer = ada.post(change_url(topic), form | {"broader": topic.pk})
    assert "leads back" in str(answer.context["adminform"].form.errors)


def test_deleting_what_is_used_is_refused_and_says_why(ada, release):
    office = Office.objects.get(slug="osce-centre-in-ashgabat")
    page = ada.get(change_url(office)).content.decode()
    assert "cannot be removed: 1 release carries it" in page
    assert "/delete/" not in page
    answer = ada.post(reverse("admin:feeds_office_delete", args=[office.pk]), {"post": "yes"})
    assert answer.status_code == 403
    assert Office.objects.filter(pk=office.pk).exists()


def test_deleting_what_is_unused_is_recorded(ada):
    topic = Topic.objects.get(slug="youth")
    ada.post(reverse("admin:feeds_topic_delete", args=[topic.pk]), {"post": "yes"})
    assert not Topic.objects.filter(slug="youth").exists()
    entry = AuditEntry.objects.first()
    assert (entry.action, entry.subject, entry.revision.number) == ("removed", "topic youth", 2)


def test_nothing_is_deleted_in_bulk(ada):
    topics = list(Topic.objects.values_list("pk", flat=True))
    ada.post(
        reverse("admin:feeds_topic_changelist"),
        {"action": "delete_selected", "_selected_action": topics, "post": "yes"},
    )
    assert Topic.objects.count() == 3


def test_the_tag_authority_cannot_change_once_there_are_releases(ada, release):
    newsroom = Newsroom.objects.get()
    form = {name: getattr(newsroom, name) for name in revisions.document()["newsroom"][0]} | {
        "tag_authority": "other.example.org,2020"
    }
    answer = ada.post(change_url(newsroom), form, follow=True)
    assert "tag_authority never changes" in answer.content.decode()
    assert Newsroom.objects.get().tag_authority == "newsroom.example.org,2025"


def release_form(release: Release, **changes: object) -> dict[str, object]:
    return {
        "title": release.title, "published_on": release.published_on, "summary": "", "body": "", "url": "",
        "language": "", "author": "", "image_url": "", "type": "", "translation_of": "", "state": "published",
        "offices": [office.pk for office in release.offices.all()], "visible_at_0": "", "visible_at_1": "",
        "editors_note": "", "withdrawn_reason": "", "keys-TOTAL_FORMS": 0, "keys-INITIAL_FORMS": 0,
    } | changes  # fmt: skip


def test_a_release_shows_why_it_was_silent(ada, release):
    page = ada.get(change_url(release)).content.decode()
    assert "it had been published too long before it was first seen" in page
    assert release.standing.guid in page
    assert "Border guards &lt;b&gt;trained" in page
    assert "<b>trained" not in page


def test_a_change_of_a_release_is_in_the_audit_log(ada, release):
    answer = ada.post(
        change_url(release), release_form(release, state="withdrawn", withdrawn_reason="An error")
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    entry = AuditEntry.objects.first()
    assert (entry.actor, entry.action, entry.subject) == (account(), "changed", f"release {release.pk}")
    differing = {name for name in entry.after if entry.after[name] != entry.before[name]}
    assert differing == {"state", "withdrawn_reason"}
    assert entry.revision is None
    assert Revision.objects.count() == 1


def test_labels_of_a_release_are_in_the_audit_log(ada, release):
    topics = [Topic.objects.get(slug="border-management").pk]
    ada.post(change_url(release), release_form(release, topics=topics, offices=[]))
    entry = AuditEntry.objects.first()
    assert (entry.before["topics"], entry.after["topics"]) == ([], ["border-management"])
    assert (entry.before["offices"], entry.after["offices"]) == (["osce-centre-in-ashgabat"], [])


def test_a_release_is_written_here(ada):
    new = Release(title="By hand", published_on=NOW.date())
    form = release_form(Release.objects.create(title="x", published_on=NOW.date()), title=new.title)
    assert ada.post(reverse("admin:feeds_release_add"), form).status_code == 302
    entry = AuditEntry.objects.first()
    assert (entry.action, entry.before, entry.after["title"]) == ("created", None, "By hand")


def test_a_page_that_was_open_before_does_not_bring_a_withdrawn_release_back(ada, release):
    shown = ada.get(change_url(release)).context["adminform"].form["seen"].value()
    Release.objects.filter(pk=release.pk).update(state="withdrawn", withdrawn_reason="An error")
    answer = ada.post(change_url(release), release_form(release, title="Edited", seen=shown))
    assert "Nothing was saved: this release was changed or withdrawn" in answer.content.decode()
    release.refresh_from_db()
    assert (release.state, release.title == "Edited") == ("withdrawn", False)


def test_releases_are_withdrawn_not_deleted(ada, release):
    assert (
        ada.post(reverse("admin:feeds_release_delete", args=[release.pk]), {"post": "yes"}).status_code == 403
    )
    answer = ada.post(
        reverse("admin:feeds_release_changelist"), {"action": "withdraw", "_selected_action": [release.pk]}
    )
    ada.post(answer["Location"], {"reason": "An error"})
    release.refresh_from_db()
    assert (release.state, release.withdrawn_reason) == ("withdrawn", "An error")
    assert AuditEntry.objects.first().action == "withdrawn"


def test_announcing_after_all(ada, release):
    url = reverse("admin:feeds_release_changelist")
    ada.post(url, {"action": "announce_after_all", "_selected_action": [release.pk]})
    assert Announcement.objects.get().release_id == release.pk
    assert AuditEntry.objects.first().action == "announced"
    ada.post(url, {"action": "announce_after_all", "_selected_action": [release.pk]})
    assert Announcement.objects.count() == 1


def test_announcing_with_the_button_of_its_page(ada, release):
    assert "Announce after all" in ada.get(change_url(release)).content.decode()
    ada.post(change_url(release), release_form(release, feeds_release_announce_this="1"))
    assert Announcement.objects.get().release_id == release.pk
    assert "Announce after all" not in ada.get(change_url(release)).content.decode()


def test_pending_terms_are_looked_at_only(ada, release):
    term = PendingTerm.objects.create(kind="office", label="OSCE Moon Base", first_seen_at=NOW)
    PendingLabel.objects.create(term=term, release=release)
    page = ada.get(reverse("admin:feeds_pendingterm_changelist")).content.decode()
    assert "OSCE Moon Base" in page
    assert ada.get(change_url(term)).status_code == 200
    assert ada.post(change_url(term), {"label": "x"}).status_code == 403
    assert ada.get(reverse("admin:feeds_pendingterm_add")).status_code == 403


def test_a_date_that_no_calendar_has_is_a_filter_that_is_dropped(ada, release):
    listed = reverse("admin:feeds_release_changelist")
    for year in ("999999999", "0", "-1", "x"):
        assert ada.get(f"{listed}?published_on__year={year}").status_code in {200, 302}, year


def test_a_number_that_no_database_holds_is_no_choice(ada, release):
    for number in ("9" * 40, "-9223372036854775809"):
        page = ada.post(change_url(release), release_form(release, offices=[number]))
        assert page.status_code == 200
        # SQLite cannot even be asked for such a number; PostgreSQL has none.
        assert re.search(
            "There is none of this number|is not one of the available choices", page.content.decode()
        )


@pytest.mark.parametrize("made_up", ["9" * 5000, "9" * 19, "\0", "-1"])
@pytest.mark.parametrize(
    ("page", "action"),
    [("release", "label"), ("release", "withdraw"), ("suggestion", "confirm_all"), ("apitoken", "revoke")],
)
def test_a_made_up_number_among_those_that_are_ticked_is_no_row(ada, release, page, action, made_up):
    asked = {"action": action, "_selected_action": [made_up, str(release.pk)], "index": "0"}
    assert ada.post(reverse(f"admin:feeds_{page}_changelist"), asked).status_code in (200, 302)


def test_a_source_of_a_made_up_number_is_not_fetched(ada):
    for made_up in ("9" * 5000, "9" * 19, "²"):
        answer = ada.post(reverse("admin:feeds_source_change", args=[made_up]), {"fetch_now": "1"})
        assert answer["Location"] == reverse("admin:feeds_source_changelist")


def test_pages_are_called_as_they_are_at_the_side(ada, release):
    def head(address: str) -> str:
        return words(re.search(r"<h1.*?</h1>", ada.get(address).content.decode(), re.S)[0])

    assert head(reverse("admin:feeds_pendingterm_changelist")).split("chevron_right") == [
        " Releases ",
        " Pending labels ",
    ]
    assert "Offices chevron_right OSCE Centre in Ashgabat" in head(change_url(release.offices.get()))
    assert "Topics chevron_right Add topic" in head(reverse("admin:feeds_topic_add"))
    page = ada.get(reverse("admin:feeds_pendingterm_changelist")).content.decode()
    assert "<title>Pending labels | Herald</title>" in re.sub(r"\s+", " ", page).replace("> ", ">").replace(
        " <", "<"
    )
    assert "There are none." in page
    assert "Reset filters" not in page


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
def test_a_release_is_locked_while_it_is_saved_so_that_the_second_of_two_sees_what_the_first_did(
    ada, release
):
    with CaptureQueriesContext(connection) as made:
        ada.post(change_url(release), release_form(release, title="Edited"))
    about = [one["sql"] for one in made if "feeds_release" in one["sql"].partition("FROM")[2][:20]]
    assert about[0].endswith("FOR UPDATE")
    assert ada.post(reverse("admin:feeds_release_change", args=["junk"]), {}).status_code == 302

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config import revisions
from config.models import AuditEntry, Revision
from feeds.models import Office
from tests.config.drafting_kit import Hasty
from tests.config.samples import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(newsroom) -> Client:
    client = Hasty()
    client.force_login(User.objects.create_superuser("ada", "ada@example.org", "canary-password"))
    return client


def account() -> str:
    return f"account:{User.objects.get(username='ada').pk}"


def rename(name: str) -> None:
    with revisions.recording("account:7", "admin", now=NOW):
        Office.objects.filter(slug="osce-mission-to-skopje").update(name=name)


def test_signing_in(newsroom):
    User.objects.create_superuser("ada", "ada@example.org", "canary-password")
    client = Client()
    wrong = client.post(reverse("admin:login"), {"username": "ada", "password": "wrong"})
    assert b"Name and password do not match" in wrong.content
    right = client.post(reverse("admin:login"), {"username": "ada", "password": "canary-password"})
    assert (right.status_code, right["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_a_stranger_is_asked_to_sign_in_everywhere():
    for model in admin.site._registry:
        for page in ("changelist", "add"):
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")
            answer = Client().get(url)
            assert answer.status_code == 302, url
            assert answer["Location"].startswith("/admin/login/")


def test_staff_without_a_permission_see_nothing(newsroom):
    client = Client()
    client.force_login(User.objects.create_user("bob", is_staff=True))
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert client.get(url).status_code == 403, url
    page = client.get("/admin/").content.decode()
    assert "Subscribers" not in page


def test_the_front_page_leads_everywhere(ada):
    page = ada.get("/admin/").content.decode()
    for title in ("Pending labels", "Offices", "Schedules", "Subscribers", "Channel", "Audit log"):
        assert title in page


def test_a_revision_shows_what_changed(ada):
    rename("Skopje")
    page = ada.get(reverse("admin:config_revision_changelist")).content.decode()
    assert "office osce-mission-to-skopje" in page
    number_two = Revision.objects.get(number=2)
    page = ada.get(reverse("admin:config_revision_change", args=[number_two.pk])).content.decode()
    assert "office osce-mission-to-skopje</code>" in page
    assert "OSCE Mission to Skopje</td>" in page
    assert "Restore this revision" in page
    assert 'name="_save"' not in page


@pytest.mark.holds("E4")
def test_a_revision_is_restored_by_a_button(ada):
    rename("Skopje")
    first = Revision.objects.get(number=1)
    url = reverse("admin:config_revision_change", args=[first.pk])
    ada.post(url, {"config_revision_restore": "1"})
    assert Office.objects.get(slug="osce-mission-to-skopje").name == "OSCE Mission to Skopje"
    made = Revision.objects.first()
    assert (made.number, made.actor, made.way, made.note) == (3, account(), "admin", "revision 1 restored")
    assert made.document == first.document
    ada.post(url, {"config_revision_restore": "1"})
    assert Revision.objects.count() == 3


def test_a_revision_is_never_altered(ada):
    first = Revision.objects.get()
    ada.post(reverse("admin:config_revision_change", args=[first.pk]), {"note": "forged", "number": 9})
    first.refresh_from_db()
    assert (first.note, first.number) == ("", 1)
    assert (
        ada.post(reverse("admin:config_revision_delete", args=[first.pk]), {"post": "yes"}).status_code == 403
    )
    assert ada.get(reverse("admin:config_revision_add")).status_code == 403


def test_restoring_needs_the_permission(newsroom):
    client = Client()
    client.force_login(User.objects.create_user("bob", is_staff=True))
    rename("Skopje")
    url = reverse("admin:config_revision_change", args=[Revision.objects.get(number=1).pk])
    assert client.post(url, {"config_revision_restore": "1"}).status_code == 403
    assert Revision.objects.count() == 2


def test_an_audit_entry_shows_before_and_after_and_cannot_be_changed(ada):
    rename("<script>alert(1)</script>")
    entry = AuditEntry.objects.first()
    url = reverse("admin:config_auditentry_change", args=[entry.pk])
    page = ada.get(url).content.decode()
    assert "OSCE Mission to Skopje" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert ada.post(url, {"subject": "forged"}).status_code == 403


@pytest.mark.parametrize("page", ["config_auditentry", "config_revision", "config_draft", "auth_user"])
@pytest.mark.parametrize("action", ["delete_selected", "__class__", ""])
def test_a_made_up_action_on_made_up_rows_does_nothing(ada, page, action):
    before = (User.objects.count(), AuditEntry.objects.count(), Revision.objects.count())
    for rows in (["9" * 5000], ["9" * 19, "\0"]):
        asked = {"action": action, "_selected_action": rows, "select_across": "1", "index": "x"}
        assert ada.post(reverse(f"admin:{page}_changelist"), asked).status_code == 200
    assert (User.objects.count(), AuditEntry.objects.count(), Revision.objects.count()) == before

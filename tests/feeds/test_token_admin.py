"""Tokens in the admin site."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from config import revisions
from config.models import AuditEntry
from feeds.api import tokens
from feeds.models import ApiToken, Source
from tests.config.samples import NOW, shipped
from tests.feeds.api.kit import Program, program

pytestmark = pytest.mark.django_db
LIST, ADD = "admin:feeds_apitoken_changelist", "admin:feeds_apitoken_add"


@pytest.fixture
def ada() -> Client:
    revisions.apply(shipped(), "start", "start", now=NOW)
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


@pytest.fixture
def desk(ada: Client) -> Program:
    return program()


def page_of(token: ApiToken) -> str:
    return reverse("admin:feeds_apitoken_change", args=[token.pk])


@pytest.mark.holds("S10")
def test_a_token_is_made_and_shown_this_once(ada, desk):
    answer = ada.post(reverse(ADD), {"source": desk.source.pk, "name": "Editorial system"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    [secret] = re.findall(r"herald_[\w-]{43}", answer.content.decode())
    made = tokens.find(secret)
    assert made is not None
    assert (made.name, made.source) == ("Editorial system", desk.source)
    for page in (page_of(made), reverse(LIST), reverse("admin:config_auditentry_changelist")):
        assert secret not in ada.get(page).content.decode()
    assert secret not in str(answer.cookies) + str(dict(ada.session))
    entry = AuditEntry.objects.filter(subject=f"token {made.pk} of desk").get()
    assert (entry.actor, entry.way, entry.action) == (f"account:{User.objects.get().pk}", "admin", "created")


def test_only_a_source_of_kind_api_can_be_chosen(ada, desk):
    listing = Source.objects.get(kind="listing")
    assert f'value="{listing.pk}"' not in ada.get(reverse(ADD)).content.decode()
    ada.post(reverse(ADD), {"source": listing.pk, "name": "x"})
    assert ApiToken.objects.count() == 1


def test_a_token_is_revoked_by_its_button_and_then_has_none(ada, desk):
    assert "Revoke" in ada.get(page_of(desk.token)).content.decode()
    answer = ada.post(page_of(desk.token), {"feeds_apitoken_revoke_this": "1"})
    assert answer.status_code == 302
    assert desk.ask("GET", "/api/releases").status_code == 403
    assert 'name="feeds_apitoken_revoke_this"' not in ada.get(page_of(desk.token)).content.decode()
    entry = AuditEntry.objects.filter(action="revoked").get()
    assert entry.actor == f"account:{User.objects.get().pk}"


def test_tokens_are_revoked_from_the_list(ada, desk):
    ada.post(reverse(LIST), {"action": "revoke", "_selected_action": [desk.token.pk]})
    assert ApiToken.objects.get().revoked_at is not None


def test_a_token_is_neither_changed_nor_deleted(ada, desk):
    ada.post(page_of(desk.token), {"name": "Another", "source": desk.source.pk})
    assert ApiToken.objects.get().name == "A program"
    assert (
        ada.post(reverse("admin:feeds_apitoken_delete", args=[desk.token.pk]), {"post": "yes"}).status_code
        == 403
    )


def test_who_may_only_look_makes_and_revokes_none(ada, desk):
    bob = User.objects.create_user("bob", is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_apitoken"))
    client = Client()
    client.force_login(bob)
    assert client.get(reverse(LIST)).status_code == 200
    assert client.post(reverse(ADD), {"source": desk.source.pk, "name": "x"}).status_code == 403
    client.post(page_of(desk.token), {"feeds_apitoken_revoke_this": "1"})
    client.post(reverse(LIST), {"action": "revoke", "_selected_action": [desk.token.pk]})
    assert (ApiToken.objects.count(), ApiToken.objects.get().revoked_at) == (1, None)

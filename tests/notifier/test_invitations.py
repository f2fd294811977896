"""Invitations, from the form to the first page seen."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from config import clock, roles
from config.accounts import invitations, provider
from config.models import AuditEntry, Identity, Invitation
from config.roles import Role
from notifier import addresses
from notifier import invitations as letters
from notifier.admin.subscribers import Subscriber
from notifier.invitations import link
from tests.notifier.mailing import a_newsroom
from tests.notifier.relay import running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.holds("S8")]
PASSWORD = "a long one, kept to herself"


@pytest.fixture
def ada(transactional_db):
    roles.sync()
    a_newsroom()
    user = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    roles.give(user, Role.ADMINISTRATOR)
    client = Client()
    client.force_login(user)
    return client


def path_of(address: str) -> str:
    return "/admin/" + address.partition("/admin/")[2]


def test_from_the_form_through_the_letter_to_the_account(ada, settings):
    with running() as relay:
        settings.SMTP_URL = relay.url
        answer = ada.post(
            "/admin/config/invitation/add/", {"to": "eve@example.org", "role": "editor"}, follow=True
        )
    assert b"the letter is on its way" in answer.content
    [message] = relay.messages
    assert message.to == "eve@example.org"
    text = message.raw.decode().replace("=\r\n", "").replace("=\n", "")
    found = re.search(r"http\S+/admin/invitation/\S+/", text)
    assert found is not None
    page = path_of(found[0])
    eve = Client()
    assert eve.head(page).status_code == eve.get(page).status_code == 200
    assert not User.objects.filter(username="eve").exists()
    wrong = eve.post(page, {"username": "ADA", "password": "12345", "again": "12345"})
    assert b"has this name already" in wrong.content
    assert b"too short" in wrong.content
    form = {"username": "eve", "password": PASSWORD, "again": PASSWORD}
    assert eve.post(page, form).status_code == 302
    assert eve.get("/admin/feeds/release/").status_code == 200
    assert eve.get("/admin/auth/user/").status_code == 403
    assert Client().post(page, {**form, "username": "mallory"}).status_code == 410
    eve_in_the_log = [str((e.subject, e.before, e.after)) for e in AuditEntry.objects.all()]
    assert not any("eve" in told for told in eve_in_the_log)


def test_nobody_is_invited_when_the_letter_does_not_leave(ada, settings):
    settings.SMTP_URL = ""
    answer = ada.post(
        "/admin/config/invitation/add/", {"to": "eve@example.org", "role": "editor"}, follow=True
    )
    assert b"Nobody was invited" in answer.content
    assert not Invitation.objects.filter(used_at=None).exists()


def test_a_relay_that_takes_its_time_keeps_nobody_from_writing(ada, settings, monkeypatch):
    free = []
    monkeypatch.setattr(letters, "send", lambda *_: free.append(not connection.in_atomic_block))
    ada.post("/admin/config/invitation/add/", {"to": "eve@example.org", "role": "editor"})
    assert free == [True]


def test_a_withdrawn_old_or_forged_link_ends_with_words(ada):
    made = invitations.invite(Role.DESK, "account:1", "admin", clock.now(), "eve@example.org")
    page = path_of(link(made))
    assert Client().get(page).status_code == 200
    ada.post(f"/admin/config/invitation/{made.pk}/change/", {"config_invitation_withdraw": "1"})
    for it in (page, page[:-4] + "xxx/"):
        assert Client().get(it).status_code == 410
    old = invitations.invite(
        Role.DESK, "account:1", "admin", clock.now() - timedelta(days=9), "eve@example.org"
    )
    assert Client().get(path_of(link(old))).status_code == 410


@pytest.mark.holds("S9")
def test_reading_a_person_s_data_is_recorded_by_number(ada):
    someone = Subscriber.objects.create(
        address=addresses.encrypt("reader@example.org"), state="active", language="en", zone="UTC",
        origin="command", created_at=clock.now(),
    )  # fmt: skip
    page = ada.get(f"/admin/notifier/subscriber/{someone.pk}/change/")
    assert b"reader@example.org" in page.content
    entry = AuditEntry.objects.get(action="read")
    assert (entry.subject, entry.page) == (f"subscriber {someone.pk}", "admin:notifier_subscriber_change")


# Single sign-on: what the provider says is taken as Authlib hands it over, checked; see `claims` below.


@pytest.fixture
def oidc(settings):
    settings.OIDC = {
        "issuer": "https://id.example.org", "client_id": "herald", "client_secret": "canary",
        "roles": [("editor", "group", "press"), ("viewer", "domain", "example.org")],
    }  # fmt: skip
    return settings.OIDC["issuer"]


def claims(**more):
    return {"sub": "s-1", "email": "eve@elsewhere.example", "email_verified": True, **more}


def test_a_stranger_to_us_is_not_let_in(ada, oidc):
    assert provider.account_of(oidc, claims(), clock.now()) is None
    assert (
        provider.account_of(oidc, claims(email="eve@example.org", email_verified=False), clock.now()) is None
    )
    assert not Identity.objects.exists()


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ({"groups": ["press"]}, Role.EDITOR),
        ({"email": "eve@example.org"}, Role.VIEWER),
        ({"email": "eve@example.org", "groups": ["press"]}, Role.EDITOR),
    ],
)
def test_a_rule_gives_a_role(ada, oidc, more, role):
    user = provider.account_of(oidc, claims(**more), clock.now())
    assert roles.of(user) == role
    assert not user.has_usable_password()
    assert provider.account_of(oidc, claims(email="renamed@example.net"), clock.now()) == user


def test_one_who_was_invited_gets_that_role_once(ada, oidc):
    invitations.invite(Role.DESK, "account:1", "admin", clock.now(), "eve@elsewhere.example")
    assert provider.account_of(oidc, claims(email_verified=False), clock.now()) is None
    user = provider.account_of(oidc, claims(), clock.now())
    assert roles.of(user) == Role.DESK
    assert provider.account_of(oidc, claims(sub="s-2"), clock.now()) is None


def test_the_groups_of_today_decide_and_an_invitation_outlives_a_domain(ada, oidc):
    user = provider.account_of(oidc, claims(groups=["press"]), clock.now())
    assert roles.of(user) == Role.EDITOR
    roles.give(user, Role.DESK)
    provider.account_of(oidc, claims(email="eve@example.org"), clock.now())
    assert roles.of(user) == Role.DESK
    provider.account_of(oidc, claims(groups=["press"]), clock.now())
    assert roles.of(user) == Role.EDITOR
    entry = AuditEntry.objects.filter(action="role changed").get()
    assert (entry.before, entry.after["role"]) == ({"role": "desk"}, "editor")


def test_two_people_of_one_name_are_two_accounts(ada, oidc):
    one = provider.account_of(oidc, claims(groups=["press"]), clock.now())
    other = provider.account_of(oidc, claims(sub="s-2", groups=["press"]), clock.now())
    assert one != other
    assert one.username != other.username


def test_a_closed_account_stays_out(ada, oidc):
    user = provider.account_of(oidc, claims(groups=["press"]), clock.now())
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert provider.account_of(oidc, claims(groups=["press"]), clock.now()) is None


def test_off_there_is_no_such_page(ada, settings):
    settings.OIDC = None
    assert Client().get("/admin/login/provider/").status_code == 404
    assert b"organisation" not in Client().get("/admin/login/").content


def test_from_the_button_to_the_admin_site(ada, oidc, monkeypatch):
    told = SimpleNamespace(
        authorize_redirect=lambda request, back: provider.HttpResponseRedirect(
            f"https://id.example.org/?{back}"
        ),
        authorize_access_token=lambda request: {"userinfo": claims(groups=["press"])},
    )
    monkeypatch.setattr(provider, "_client", lambda: told)
    eve = Client()
    assert b"/admin/login/provider/?next=" in eve.get("/admin/login/").content
    begun = eve.get("/admin/login/provider/?next=/admin/feeds/release/")
    assert begun["Location"].endswith("/admin/login/provider/back/")
    assert eve.get("/admin/login/provider/back/")["Location"] == "/admin/feeds/release/"
    assert eve.get("/admin/feeds/release/").status_code == 200

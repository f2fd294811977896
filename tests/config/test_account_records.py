"""What the audit log and the log tell of accounts, and what links of closed ones open."""

from __future__ import annotations

import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config import logs
from config.accounts import invitations, second
from config.models import AuditEntry
from config.roles import Role
from tests.config.samples import PASSWORD
from tests.config.test_accounts import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.holds("S8")]


def test_signing_out_and_a_refused_sign_in_are_recorded_and_what_was_typed_is_not(ada):
    client = Client()
    sign_in(client)
    client.post("/admin/logout/")
    sign_in(Client(), password="guess")
    sign_in(Client(), name="my password by mistake", password="guess")
    told = AuditEntry.objects.order_by("pk").values_list("actor", "action", "subject")
    assert list(told) == [
        (f"account:{ada.pk}", "signed in", f"account {ada.pk}"),
        (f"account:{ada.pk}", "signed out", f"account {ada.pk}"),
        ("stranger", "sign-in refused", f"account {ada.pk}"),
    ]


def test_the_link_of_a_closed_account_opens_nothing(ada, time):
    made = invitations.invite(Role.ADMINISTRATOR, "account:1", "admin", time.now, account=ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    with pytest.raises(invitations.Used):
        invitations.find(made.pk, time.now)


def test_a_new_password_says_nothing_of_a_role(ada, time):
    made = invitations.invite(Role.ADMINISTRATOR, "account:1", "admin", time.now, account=ada)
    invitations.accept(made, ada, PASSWORD, time.now)
    assert AuditEntry.objects.get(action="password changed").after == {"invitation": made.pk}


def test_two_windows_show_the_same_secret(ada):
    assert second.begin(ada.pk) == second.begin(ada.pk)


def test_what_somebody_may_not_do_is_logged_without_a_traceback():
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 1, "Forbidden", None, (None, None, None)
    )
    record.status_code = 403
    assert logs.WithoutTraceback().filter(record)
    assert record.exc_info is None

"""`herald tokens`."""

from __future__ import annotations

import pytest

from config.models import AuditEntry
from feeds.api import tokens
from feeds.models import ApiToken, Source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sources() -> None:
    Source.objects.bulk_create([
        Source(slug="desk", name="Desk", kind="api"), Source(slug="site", name="Site", kind="listing"),
    ])  # fmt: skip


@pytest.mark.holds("S10")
def test_a_token_is_printed_once_and_kept_nowhere(herald):
    told = herald("tokens", "create", "desk", "--name", "  Editorial system ")
    secret = told.out.strip()
    assert (told.code, len(secret), secret[:7]) == (0, 50, "herald_")
    assert "not shown again" in told.err
    token = ApiToken.objects.get()
    assert token == tokens.find(secret)
    assert (token.name, token.used_at, token.revoked_at) == ("Editorial system", None, None)
    listed = herald("tokens", "list").out + herald("tokens", "list", "--json").out
    assert secret not in listed
    assert token.digest not in listed
    assert AuditEntry.objects.get().actor == "command:tokens create"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nobody", "--name", "x"), "there is no source 'nobody'; of kind api there is desk\n"),
        (("site", "--name", "x"), "site is a source of kind listing; only one of kind api has tokens\n"),
        (("desk", "--name", " "), "--name says who uses the token, in 1 to 100 characters\n"),
        (("desk", "--name", "x" * 101), "--name says who uses the token, in 1 to 100 characters\n"),
    ],
)
def test_what_cannot_be_made(herald, words, expected):
    told = herald("tokens", "create", *words)
    assert (told.code, told.out, told.err) == (1, "", expected)
    assert not ApiToken.objects.exists()


def test_a_token_needs_a_name(herald):
    assert herald("tokens", "create", "desk").code == 2


def test_tokens_are_listed_and_revoked(herald):
    herald("tokens", "create", "desk", "--name", "One")
    herald("tokens", "create", "desk", "--name", "Two")
    one, two = ApiToken.objects.order_by("pk")
    assert herald("tokens", "revoke", str(one.pk)).err == f"token {one.pk} revoked\n"
    assert herald("tokens", "revoke", str(one.pk)).err == f"token {one.pk} was revoked already\n"
    first, second = herald("tokens", "list", "--json").json
    assert (first["id"], first["source"], first["name"]) == (one.pk, "desk", "One")
    assert first["revoked"]
    assert (second["id"], second["revoked"], second["used"]) == (two.pk, None, None)
    table = herald("tokens", "list").out.splitlines()
    assert table[0].split() == ["id", "source", "name", "created", "used", "revoked"]
    assert len(table) == 3
    told = herald("tokens", "revoke", "999999")
    assert (told.code, told.err) == (1, "there is no token 999999; `herald tokens list` lists them\n")

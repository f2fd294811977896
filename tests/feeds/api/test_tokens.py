"""Who may do what: tokens, sources, and what nobody else sees."""

from __future__ import annotations

import io
import logging
from datetime import timedelta

import pytest
from django.apps import apps
from django.db.models import Model
from django.test import Client

from config import clock, logs, revisions
from config.models import AuditEntry
from feeds.api import tokens
from feeds.models import ApiToken, Release, Source
from tests.config.samples import shipped
from tests.feeds.api.kit import LEAST, NOW, WHOLE, at, program, told
from tests.logged import events

pytestmark = pytest.mark.django_db
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


def ask(method, path, authorization=None, body=b"{}"):
    headers = {} if authorization is None else {"Authorization": authorization}
    return Client().generic(method, path, body, content_type="application/json", headers=headers)


@pytest.mark.holds("E1")
def test_without_a_token_every_request_gets_the_same_answer(desk):
    desk.post(WHOLE)
    desk.post(LEAST | {"key": "secret", "visible_at": "2099-01-01T00:00:00Z"})
    paths = [at("2025/31"), at("secret"), at("nobody")]
    answers = [ask(method, path) for path in paths for method in METHODS if method != "POST"]
    answers += [ask(method, "/api/releases") for method in ("GET", "POST")]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="Herald"'}
    assert len({answer.content for answer in answers if answer.content}) == 1
    assert len({tuple(sorted(answer.items())) for answer in answers if answer.content}) == 1


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer ", "Bearer x", "Basic {secret}", "{secret}", "Bearer {secret}x", "Bearer x{secret}",
        "Bearer herald_" + "A" * 43, "Bearer {secret} {secret}", "Bearer \xff" + "x" * 200_000, "Bearer {secret}\u0660",
    ],
)  # fmt: skip
def test_what_is_no_token_of_ours(desk, authorization):
    answer = ask("GET", "/api/releases", authorization.replace("{secret}", desk.secret))
    told(answer, 401, "unauthorized")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_scheme_is_read_in_any_case(desk, scheme):
    told(ask("GET", "/api/releases", f"{scheme} {desk.secret}"), 200)


def test_a_revoked_token_ends_with_its_next_request(desk):
    told(desk.ask("GET", "/api/releases"), 200)
    assert tokens.revoke(desk.token, "command:test", "command", NOW)
    assert not tokens.revoke(desk.token, "command:test", "command", NOW)
    for method in METHODS:
        path = "/api/releases" if method == "POST" else at("a")
        answer = desk.ask(method, path, LEAST)
        assert answer.status_code == 403
    told(desk.post(LEAST), 403, "token-revoked")
    assert not Release.objects.exists()


@pytest.mark.parametrize("change", [{"active": False}, {"kind": "listing"}])
def test_a_source_that_takes_nothing_in(desk, change):
    desk.post(WHOLE)
    Source.objects.filter(pk=desk.source.pk).update(**change)
    told(desk.get("2025/31"), 403, "source-inactive")
    told(desk.put("2025/31", LEAST), 403, "source-inactive")
    assert Release.objects.get().title == WHOLE["title"]


def test_another_sources_release_is_not_there(desk):
    desk.post(WHOLE)
    other = program("other")
    told(other.get("2025/31"), 404, "not-found")
    told(other.delete("2025/31"), 404, "not-found")
    told(other.put("2025/31", LEAST | {"title": "Ours"}), 201)
    assert told(desk.get("2025/31"), 200)["title"] == WHOLE["title"]
    assert told(other.get("2025/31"), 200)["title"] == "Ours"


@pytest.mark.holds("E1")
def test_what_another_source_has_under_embargo_stays_its_own(desk):
    """The same release may come by two ways; it is one. What the other way has told is not for this one to see."""
    desk.post(WHOLE | {"visible_at": "2099-01-01T00:00:00Z"})
    other = program("other")
    sent = LEAST | {"key": "x", "url": WHOLE["url"], "title": "A guess", "topics": ["Border management"]}
    answer = other.post(sent)
    body = told(answer, 201)
    assert (body["state"], body["page"], body["visible_at"]) == ("scheduled", None, None)
    text = answer.content.decode()
    for secret in ("2099", WHOLE["summary"], "Officers trained", "Ann", "31.png", "Vienna"):
        assert secret not in text
    assert Release.objects.count() == 1
    assert other.get("x").content == answer.content
    desk.delete("2025/31", {"reason": "Called off."})
    text = other.get("x").content.decode()
    assert WHOLE["summary"] not in text
    assert "Called off." not in text
    listed = other.ask("GET", "/api/releases").content.decode()
    assert WHOLE["summary"] not in listed
    desk.put("2025/31", WHOLE)
    assert told(other.get("x"), 200)["summary"] == WHOLE["summary"]


def test_a_token_is_marked_as_used_once_an_hour(desk):
    desk.get("a")
    used = ApiToken.objects.get().used_at
    assert used is not None
    desk.get("a")
    assert ApiToken.objects.get().used_at == used
    ApiToken.objects.update(used_at=clock.now() - timedelta(hours=1))
    desk.get("a")
    assert ApiToken.objects.get().used_at >= used


def test_only_a_source_of_kind_api_has_tokens():
    Source.objects.bulk_create([Source(slug="list", name="List", kind="listing")])
    with pytest.raises(tokens.NoApi, match="list is a source of kind listing"):
        tokens.issue(Source.objects.get(), "x", "command:test", "command", NOW)
    assert not ApiToken.objects.exists()


def test_making_and_revoking_are_in_the_audit_log(desk):
    tokens.revoke(desk.token, "account:1", "admin", NOW)
    made, ended = AuditEntry.objects.order_by("pk")
    subject = f"token {desk.token.pk} of desk"
    assert (made.action, made.actor, made.way, made.subject) == (
        "created",
        "command:test",
        "command",
        subject,
    )
    assert (ended.action, ended.actor, ended.way, ended.subject) == ("revoked", "account:1", "admin", subject)
    assert made.after == {"source": "desk", "name": "A program"}


@pytest.mark.holds("S10")
def test_a_token_stands_nowhere_but_with_its_holder(caplog):
    revisions.apply(shipped(), "start", "start", now=NOW)
    desk = program("canary")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.Line("json"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with caplog.at_level(logging.DEBUG):
            desk.post(WHOLE)
            desk.ask("GET", f"/api/{desk.secret}?token={desk.secret}")
            desk.ask("GET", f"/nowhere/{desk.secret}")
            logging.getLogger("other").warning("sent %r", {"Authorization": f"Bearer {desk.secret}"})
            try:
                raise ValueError(desk.secret)
            except ValueError:
                logging.getLogger("other").exception("no")
    finally:
        root.removeHandler(handler)
    assert "nowhere" in written.getvalue()
    part = desk.secret.removeprefix("herald_")
    assert part not in written.getvalue()
    assert part not in str(revisions.document())
    assert part not in rows_of_everything()
    assert desk.token.digest not in str(list(AuditEntry.objects.values()))


def rows_of_everything() -> str:
    models: list[type[Model]] = [model for model in apps.get_models() if model._meta.managed]
    return "\n".join(str(list(model._default_manager.values())) for model in models)


def test_the_log_names_no_key_and_no_title(desk, caplog):
    with caplog.at_level(logging.DEBUG):
        desk.put("top-secret-deal", LEAST | {"title": "A secret deal", "visible_at": "2099-01-01T00:00:00Z"})
        desk.put("top-secret-deal", LEAST, If_None_Match="*")
        desk.post(LEAST | {"key": "top-secret-deal"})
        desk.get("top-secret-deal/x")
        desk.get("top-secret-deal\n")
        desk.ask("PATCH", at("top-secret-deal"))
    answers = [(event["route"], event["status"]) for event in events(caplog.records, "herald.access")]
    assert ("/api/releases/<path:key>", 412) in answers
    assert "secret" not in caplog.text

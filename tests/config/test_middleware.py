from __future__ import annotations

import json
import logging

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config import logs, metrics
from config.middleware import ContentSecurityPolicy, PageLanguage, StaticFiles, choose
from tests.logged import events

TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz_0123456789-abcdefgh"


def test_every_answer_says_what_a_page_may_load():
    answer = Client().get("/healthz")
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.django_db
def test_the_admin_site_has_a_policy_of_its_own():
    policy = Client().get("/admin/login/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "style-src 'self' 'unsafe-inline';" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_view_may_set_a_policy_of_its_own():
    def view(request):
        return HttpResponse(headers={"Content-Security-Policy": "sandbox"})

    answer = ContentSecurityPolicy(view)(RequestFactory().get("/demo/mailbox"))
    assert answer["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "expected"),
    [
        ("", "", "", "en"),
        ("", "", "fr-CH, en;q=0.8", "fr"),
        ("", "", "pt, xx;q=0.9, de;q=0.5", "de"),
        ("", "ru", "fr", "ru"),
        ("es", "ru", "fr", "es"),
        ("tlh", "ru", "fr", "ru"),
        ("../../etc", "<script>", "*", "en"),
    ],
)
def test_the_language_is_what_was_asked_for_remembered_or_accepted(asked, remembered, accepted, expected):
    assert choose(asked, remembered, accepted) == expected


def test_a_language_that_was_asked_for_is_remembered():
    client = Client()
    answer = client.get("/healthz?lang=de", headers={"Accept-Language": "fr"})
    assert answer["Content-Language"] == "de"
    cookie = answer.cookies["lang"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("de", "Lax", True)
    assert client.get("/healthz", headers={"Accept-Language": "fr"})["Content-Language"] == "de"


def test_what_was_not_asked_for_sets_no_cookie():
    answer = Client().get("/healthz?lang=xx", headers={"Accept-Language": "fr"})
    assert answer["Content-Language"] == "fr"
    assert "lang" not in answer.cookies
    assert {"Accept-Language", "Cookie"} <= set(answer["Vary"].split(", "))


def test_methods_are_counted_by_name_and_made_up_ones_together():
    counted = ("PUT", "DELETE", "OPTIONS", "other")
    before = [metrics.REQUESTS.labels(method, "/healthz", "405")._value.get() for method in counted]
    for method in ("PUT", "DELETE", "OPTIONS", "BREW"):
        Client().generic(method, "/healthz")
    after = [metrics.REQUESTS.labels(method, "/healthz", "405")._value.get() for method in counted]
    assert after == [count + 1 for count in before]


def test_the_admin_site_stays_english():
    def view(request):
        from django.utils.translation import get_language

        return HttpResponse(get_language())

    answer = PageLanguage(view)(RequestFactory().get("/admin/", headers={"Accept-Language": "de"}))
    assert answer.content == b"en"
    assert "lang" not in answer.cookies


@pytest.mark.django_db
@pytest.mark.holds("S7")
def test_no_token_stands_in_the_log(caplog):
    with caplog.at_level(logging.DEBUG):
        Client().get(f"/nowhere/{TOKEN}?also={TOKEN}")
    written = [json.loads(logs.Line("json").format(record)) for record in caplog.records]
    assert any(line["event"] == "Not Found: /nowhere/…" for line in written)
    assert any((line.get("route"), line.get("status")) == ("unmatched", 404) for line in written)
    assert TOKEN not in str(written)


@pytest.mark.django_db
@pytest.mark.holds("S7")
def test_the_log_names_the_route(caplog):
    with caplog.at_level(logging.DEBUG, "herald.access"):
        Client().get(f"/unsubscribe/{TOKEN}")
        Client().post("/healthz")
    access = events(caplog.records, "herald.access")
    routes = [(event["method"], event["route"], event["status"]) for event in access]
    assert routes == [("GET", "/unsubscribe/<str:token>", 404), ("POST", "/healthz", 405)]


def test_requests_are_counted_by_route():
    before = metrics.REQUESTS.labels("GET", "/healthz", "200")._value.get()
    Client().get("/healthz")
    assert metrics.REQUESTS.labels("GET", "/healthz", "200")._value.get() == before + 1


def test_static_files_come_whole_and_with_the_headers_of_all(settings):
    settings.WHITENOISE_AUTOREFRESH = False
    answer = Client().get("/static/unfold/css/styles.css")
    assert answer.status_code == 200
    assert not answer.streaming
    assert answer["Content-Type"] == 'text/css; charset="utf-8"'
    assert int(answer["Content-Length"]) == len(answer.content) > 100_000
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    again = Client().get("/static/unfold/css/styles.css", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = Client().head("/static/unfold/css/styles.css")
    assert (head.content, head["Content-Length"]) == (b"", answer["Content-Length"])


def test_static_files_without_a_folder_of_collected_ones(settings, tmp_path):
    settings.WHITENOISE_AUTOREFRESH = False
    settings.STATIC_ROOT = str(tmp_path / "none")
    assert "/static/unfold/css/styles.css" in StaticFiles(lambda request: HttpResponse()).files

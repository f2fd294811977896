"""What a BASE_URL may be, and that nothing is written as if Herald were always at the root of a host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from config import places
from config.environment import WrongSettings, read
from notifier.demo.urls import urlpatterns as demo
from tests.below import BASE, HOST, settings_for

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = [
    path
    for app in ("config", "feeds", "notifier")
    for path in (ROOT / app).rglob("templates/**/*")
    if path.suffix in {".html", ".txt"}
]


@pytest.mark.parametrize("path", ["/", "/manage/", "/feeds/selection.atom?topic=a", "/heraldry"])
def test_a_path_is_named_in_three_ways_and_never_twice(settings, path):
    settings.BASE_URL, settings.SUB_PATH = BASE, "/herald"
    link = places.here(path)
    assert link == f"/herald{path}"
    assert places.here(link) == link
    assert places.within(path) == path
    assert places.within(link) == path
    assert places.public(path) == f"https://{HOST}{link}"
    assert places.public(link) == f"https://{HOST}/herald{path}"


@pytest.mark.parametrize("path", ["", "/", "/herald/x", "/manage/?a=/herald"])
def test_at_the_root_a_path_stays_as_it_is(settings, path):
    assert places.within(path) == places.here(path) == path
    assert places.public(path) == f"{settings.BASE_URL}{path}"
    assert places.source() == settings.BASE_URL


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://www.example.org/herald", "https://www.example.org/herald"),
        ("https://www.example.org/herald/", "https://www.example.org/herald"),
        ("https://www.example.org:8443/news/Herald_2.0", "https://www.example.org:8443/news/Herald_2.0"),
        ("https://www.example.org/press/feeds", "https://www.example.org/press/feeds"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_a_base_url_may_have_a_path(monkeypatch, given, kept):
    monkeypatch.setenv("BASE_URL", given)
    assert read().base_url == kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("www.example.org", "must begin with http:// or https:// and name a host"),
        ("https://[/herald", "must begin with http:// or https:// and name a host"),
        ("https://www.example.org:x", "must begin with http:// or https:// and name a host"),
        ("https://ada@www.example.org", "must have no user"),
        ("https://www.example.org/herald?a=b", "must have no user"),
        ("https://www.example.org/#", "must have no user"),
        ("https://www.example.org//herald", "between single slashes"),
        ("https://www.example.org/a/../b", "no part may begin with a dot"),
        ("https://www.example.org/h%20d", "letters, digits"),
        ("https://www.example.org/новости", "letters, digits"),
        ("https://www.example.org/feeds", "must not begin with /feeds, which is one of Herald's own"),
        ("https://www.example.org/admin/herald", "must not begin with /admin"),
    ],
)
def test_what_a_base_url_may_not_be_is_said(monkeypatch, given, said):
    monkeypatch.setenv("BASE_URL", given)
    with pytest.raises(WrongSettings) as refused:
        read()
    assert str(refused.value).startswith("BASE_URL: ")
    assert said in str(refused.value)


def first_parts(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for it in patterns:
        if part := re.split(r"[/<]", str(it.pattern))[0]:
            yield part
        elif isinstance(it, URLResolver):
            yield from first_parts(it.url_patterns)


def test_herald_s_own_paths_are_those_of_the_url_table():
    assert {*first_parts(get_resolver().url_patterns), *first_parts(demo)} == places.OWN


def test_no_template_links_as_if_herald_were_at_a_root():
    """`url(…)`, `here(…)` or `absolute(…)` in pages and mail, `{% url %}` in admin pages."""
    assert len(TEMPLATES) > 90
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in TEMPLATES
        for found in re.finditer(
            r"""\b(href|src|srcset|action|formaction|poster)\s*=\s*["']?/[^\s>]*""", path.read_text()
        )
    ]
    assert wrong == []


def test_no_link_in_code_begins_at_a_root():
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for app in ("config", "feeds", "notifier")
        for path in (ROOT / app).rglob("*.py")
        for found in re.finditer(
            r"""\b(href|src|action)=\\?["']/|\b(?:redirect|Redirect)\(f?["']/""", path.read_text()
        )
    ]
    assert wrong == []


def test_cookies_and_headers_keep_to_a_path_that_is_ours(monkeypatch):
    at_root, below = settings_for(f"https://{HOST}", monkeypatch), settings_for(BASE, monkeypatch)
    assert at_root["CSRF_TRUSTED_ORIGINS"] == below["CSRF_TRUSTED_ORIGINS"] == [f"https://{HOST}"]
    assert at_root["SESSION_COOKIE_NAME"] == "__Host-session"
    assert "SESSION_COOKIE_PATH" not in at_root
    assert (at_root["STATIC_URL"], at_root["FORCE_SCRIPT_NAME"]) == ("/static/", None)
    assert at_root["SECURE_HSTS_SECONDS"] > 0
    assert at_root["SECURE_HSTS_PRELOAD"] is at_root["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    assert {below[f"{name}_COOKIE_PATH"] for name in ("SESSION", "CSRF", "LANGUAGE")} == {"/herald"}
    assert below["SESSION_COOKIE_NAME"].startswith("__Secure-")
    assert (below["SECURE_HSTS_SECONDS"], below["SECURE_HSTS_PRELOAD"]) == (0, False)

"""The pages on which an administrator edits, in a real browser, light and dark: axe finds nothing, keys suffice."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config import revisions
from feeds import notice
from feeds.models import Release, SavedFeed, Source, Topic
from feeds.selection import of
from notifier.models import Schedule
from tests.browser import AGAIN, WCAG, faults
from tests.config.samples import NOW, shipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in() -> dict[str, str]:
    """The cookie of an administrator, in a newsroom with a release that was corrected."""
    revisions.apply(shipped(), "start", "start", now=NOW)
    with revisions.recording("command:test", "test", now=NOW):
        SavedFeed.objects.create(slug="mine", title="Mine", selection=of(topics=["youth"]).to_json())
    for title in ("One guard", "Two guards"):
        Release.objects.update_or_create(pk=1, defaults={"title": title, "published_on": NOW.date()})
        notice.take(NOW)
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


def pages() -> list[str]:
    youth, education = Topic.objects.get(slug="youth").pk, Topic.objects.get(slug="education").pk
    return [
        reverse("admin:feeds_topic_changelist"),
        reverse("admin:feeds_topic_change", args=[youth]),
        reverse("admin:feeds_topic_order"),
        reverse("admin:feeds_topic_merge", args=[youth]) + f"?into={education}",
        reverse("admin:feeds_source_change", args=[Source.objects.get().pk]),
        reverse("admin:feeds_release_changelist"),
        reverse("admin:feeds_release_change", args=[1]),
        reverse("admin:feeds_release_compare", args=[1]),
        reverse("admin:feeds_release_withdraw") + "?ids=1",
        reverse("admin:feeds_release_label") + "?ids=1",
        reverse("admin:feeds_savedfeed_change", args=[SavedFeed.objects.get().pk]),
        reverse("admin:notifier_schedule_change", args=[Schedule.objects.first().pk]),
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_them(site, signed_in, dark):
    found = []
    with site.window(color_scheme="dark" if dark else "light", scripts=True) as window:
        window.do(lambda page: page.context.add_cookies([signed_in | {"url": site.url}]))
        for path in pages():
            assert window.open(path) == 200
            assert (
                window.do(lambda page: page.evaluate("document.documentElement.classList.contains('dark')"))
                is dark
            )
            wrong = window.do(lambda page: faults(page, tags=WCAG, rules=AGAIN if dark else ()))
            found += [f"{path}: {fault}" for fault in wrong]
    assert found == []


def merge(page) -> str:
    """By keys alone: choose the second of the others, see what will happen, do it."""
    page.locator("select[name=into]").focus()
    for key in ("ArrowDown", "ArrowDown", "Tab"):
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.locator("button:focus", has_text="Merge Youth into Education").count():
            break
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return str(page.locator("body").inner_text())


def test_a_merge_is_made_by_keys_alone_and_without_scripts(site, signed_in):
    with site.window(java_script_enabled=False) as window:
        window.do(lambda page: page.context.add_cookies([signed_in | {"url": site.url}]))
        window.open(reverse("admin:feeds_topic_merge", args=[Topic.objects.get(slug="youth").pk]))
        assert "Youth has gone up in Education" in window.do(merge)
    assert Topic.objects.get(slug="education").former == ["youth"]

"""A source is tried with what stands in its form, before anything is saved."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config.models import AuditEntry, Revision
from feeds.models import Announcement, HeldFetch, PendingTerm, Release, ReleaseKey, Source, SourceState
from tests.feeds.harvest.conftest import Harvest
from tests.feeds.sources.newsroom import PATH, Newsroom
from tests.feeds.stories import topic

KEPT = (Release, ReleaseKey, Source, SourceState, HeldFetch, PendingTerm, Announcement, Revision)


@pytest.fixture
def ada(db) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def attempt(client: Client, source: Source | None = None, **changes: object) -> str:
    form = {
        "name": "News", "slug": "fresh", "kind": "listing", "address": "", "active": "on", "every_seconds": 0,
        "language": "", "announce_max_age_days": 7, "options": '{"check_pages_days": 0}',
    } | changes  # fmt: skip
    address = reverse("admin:feeds_source_try") + (f"?source={source.pk}" if source else "")
    before = [list(model.objects.order_by("pk").values()) for model in KEPT]
    answer = client.post(address, form)
    assert answer.status_code == 200
    assert [list(model.objects.order_by("pk").values()) for model in KEPT] == before
    return " ".join(answer.content.decode().split())


def test_a_new_source_shows_what_it_would_bring_and_writes_nothing(ada, fetching, site, settings):
    settings.FETCH_ALLOW = ("127.0.0.1/32",)
    room = Newsroom(site, list(range(10, 0, -1)), size=6)
    room.publish()
    page = attempt(ada, address=site.url + PATH)
    assert "6 releases found: 6 would be new, 0 changed, 0 are known already" in page
    assert "Release 10" in page
    assert "mails nobody" in page
    assert site.paths.count(PATH) == 1  # its first page alone
    assert AuditEntry.objects.get().action == "tried"


def test_one_that_was_fetched_before_shows_what_would_change(ada, newsroom, settings):
    settings.FETCH_ALLOW = ("127.0.0.1/32",)
    newsroom.numbers.insert(0, 11)
    newsroom.edits[10] = "Release 10, corrected"
    newsroom.publish()
    source = Source.objects.get(slug="news")
    page = attempt(ada, source, address=source.address)
    assert "1 would be new, 1 changed, 9 are known already" in page
    assert "changed: title" in page
    newsroom.numbers[:0] = range(40, 11, -1)
    newsroom.size = 60
    newsroom.publish()
    assert "would be held for a decision: 30 releases would be new" in attempt(ada, source, address=source.address)


@pytest.mark.holds("S6")
def test_no_private_address_is_asked(ada, fetching, site):
    Newsroom(site, [1]).publish()
    page = attempt(ada, address=site.url + PATH)
    assert "Nothing could be read" in page
    assert not site.requests


def test_what_is_wrong_with_the_form_is_said_and_nothing_is_asked(ada, fetching, site):
    page = attempt(ada, address="ftp://x.example/", options='{"nonsense": 1}')
    assert "must begin with http:// or https://" in page
    assert "options.nonsense" in page


def test_labels_say_whether_a_term_knows_them_and_a_folder_stays_as_it_is(ada, fetching, tmp_path):
    topic("borders", "Borders")
    (tmp_path / "one.md").write_text("---\ntitle: One\ndate: 2025-02-16\ntopics: [Borders, Seas]\n---\nText.\n")
    (tmp_path / "odd.md").write_text("---\ntitle: [\n---\n")
    before = {one: one.stat().st_mtime_ns for one in tmp_path.iterdir()}
    page = attempt(ada, kind="folder", address=str(tmp_path), options="{}")
    assert "topic: Borders</div>" in page
    assert "topic: Seas <strong>(not known yet)</strong>" in page
    assert "What could not be read" in page
    assert {one: one.stat().st_mtime_ns for one in tmp_path.iterdir()} == before


def test_only_by_post_and_only_for_those_who_may(ada, fetching: Harvest):
    assert ada.get(reverse("admin:feeds_source_try")).status_code == 405
    from config import roles

    user = User.objects.create_user("eve", is_staff=True)
    roles.give(user, roles.Role.EDITOR)
    client = Client()
    client.force_login(user)
    assert client.post(reverse("admin:feeds_source_try"), {}).status_code == 403

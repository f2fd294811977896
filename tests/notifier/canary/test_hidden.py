"""A canary that went the whole way has left no trace: not for readers, not for the newsroom, not in any figure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from config import metrics, revisions, roles
from config.roles import Role
from feeds import canary, frontdesk, membership, notice, websub
from feeds.folder import Folder
from feeds.live import steps, streams
from feeds.memory import Memory
from feeds.models import Announcement, ArchivePage, Cursor, HubPing, Newsroom, Release, Standing
from feeds.workshop import Workshop
from notifier import days, dossier, extracts, jobs, progress, recent, restored
from notifier.canary import keeping
from notifier.models import Channel, DayCount, Dispatch, Reply, Subscriber, Tally
from tests.feeds.stories import NOW
from tests.notifier.canary.kit import EVERY, begun, handed, looked, ways, went_through
from tests.notifier.pages.conftest import at, x  # noqa: F401 - fixtures
from tests.notifier.pages.people import everything, person
from tests.notifier.pages.walk import pages


@pytest.fixture
def newsroom(x, at, settings, tmp_path, monkeypatch):  # noqa: F811 - the fixtures themselves
    """With readers, feeds, a hub and a year's worth of nothing; canaries go and come back by mail."""
    ways(settings, tmp_path / "feeds")
    monkeypatch.setattr(jobs, "_workshop", Workshop())
    monkeypatch.setattr(jobs.publisher, "WRITERS", 1)
    Newsroom.objects.update(
        hub="https://hub.example/", sender_address="news@x.example", list_domain="x.example"
    )
    Channel.objects.get_or_create(pk=1)
    person()
    jobs.look(NOW)
    jobs.follow_hub(NOW)
    days.keep(NOW)
    return settings.FEED_FOLDER


def canaries(many: int = 3) -> list[str]:
    """What names them anywhere: their titles, and how they are called in addresses and feeds."""
    found = []
    for quarters in range(many):
        row = went_through(NOW + quarters * EVERY)
        standing = Standing.every.get(pk=row.release_id)
        found += [canary.title(row.name), row.name, standing.key]
    return found


def test_feeds_are_the_same_byte_for_byte(newsroom) -> None:
    def lying():
        return {
            name: (newsroom / name).read_bytes()
            for name in Folder(newsroom).files()
            if not name.startswith("canary.")
        }

    before = lying()
    canaries()
    assert lying() == before
    assert {f"canary.{suffix}" for suffix in ("atom", "rss", "json")} <= set(Folder(newsroom).files())


def test_no_archive_is_made_of_them_however_many_there_were(newsroom) -> None:
    membership.archiving.freeze({canary.PATH: 5_000}, 1)
    assert not ArchivePage.objects.filter(feed=canary.PATH).exists()


def test_no_page_names_them(newsroom, at) -> None:  # noqa: F811
    names = canaries()
    client = Client()
    public = {**pages(at), **{path: path for path in _addresses()}}
    public |= {name: f"/search?q={name}" for name in ("Canary", "canary", "hidden release")}
    for label, path in public.items():
        text = client.get(path, follow=True).content.decode()
        if not path.startswith("/search"):
            assert not [name for name in names if name in text], label
        assert "Herald wrote this" not in text, label
    for path in ("/feeds/canary", "/live/canary", "/feeds/canary/archive/1", f"/releases/{names[-1]}"):
        assert client.get(path).status_code == 404, path


def test_programs_are_given_the_same(newsroom) -> None:
    paths = (
        "/feeds.opml",
        "/api/releases",
        "/robots.txt",
        "/feeds/selection.atom",
        "/feeds/selection.json?topic=borders",
    )

    def given():
        return {path: Client().get(path).content for path in paths}

    before = given()
    assert all(before.values())
    canaries()
    assert given() == before


def test_no_stream_tells_of_them_and_no_hub(newsroom) -> None:
    position, told = steps.start()
    HubPing.objects.all().delete()
    canaries()
    step = steps.read(position, Workshop())
    assert step.upto > position, "they were changes, and nobody is told"
    assert (step.happenings, step.told, steps.start()[1]) == ((), 0, told)
    with pytest.raises(streams.NoStream):
        streams.find("/feeds/canary.events", b"")
    assert jobs.follow_hub(NOW) is False
    assert not HubPing.objects.exists()
    assert Cursor.objects.get(pk=websub.NAME).seq == notice.last_seq()


def test_readers_of_their_feed_are_not_counted(newsroom) -> None:
    frontdesk.TALLY.take()
    canaries()
    for feed in (canary.PATH, "all"):
        asked = frontdesk.Asked(feed, "atom", f"/feeds/{feed}.atom", "GET", {}, "127.0.0.1")
        assert frontdesk.answer(Memory().read(newsroom / f"{feed}.atom"), asked, NOW).answer[0] == 200
    assert [feed for _, feed in frontdesk.TALLY.take().traffic] == ["all"]


def test_figures_stay_as_they_are(newsroom) -> None:
    def figures():
        days.keep(NOW)
        text = metrics.render().decode()
        return {
            "metrics": [
                line
                for line in text.splitlines()
                if line.startswith("herald_") and "proof" not in line and "herald_change_seq" not in line
            ],
            "days": list(
                DayCount.objects.exclude(what="counted").values_list("day", "what", "slug", "count")
            ),
            "releases": Release.objects.count(),
            "settled": Standing.objects.count(),
            "announced": Announcement.objects.count(),
            "queue": progress.measure().dispatches,
            "waiting": restored.waiting(NOW),
            "tallies": Tally.objects.count(),
            "replies": Reply.objects.count(),
            "people": Subscriber.objects.count(),
            "foreseen": recent.load(NOW).past,
        }

    before = figures()
    canaries()
    DayCount.objects.all().delete()
    begun(NOW + 5 * EVERY)
    row = looked(NOW + 5 * EVERY)  # one is in the ledger, and not sent yet
    assert figures() == before
    handed(row)
    DayCount.objects.all().delete()
    assert figures() == before


def test_what_can_be_taken_out_is_the_same(newsroom) -> None:
    def extracted():
        subscriber = Subscriber.objects.get()
        return {
            "configuration": revisions.document(),
            "subscribers": list(extracts.subscribers(with_address=True)[1]),
            "person": dossier.of(subscriber, NOW),
        }

    before = extracted()
    canaries()
    assert extracted() == before


@pytest.mark.any_database
def test_who_works_here_does_not_see_them(newsroom) -> None:
    names = [*canaries(), "canary"]
    looked(NOW + 3 * EVERY)
    user = User.objects.create_user("ann", is_staff=True)
    roles.give(user, Role.ADMINISTRATOR)
    client = Client()
    client.force_login(user)
    seen = 0
    for path in _admin():
        answer = client.get(path)
        if answer.status_code != 200 or answer.streaming:
            continue
        seen += 1
        text = answer.content.decode()
        assert not [name for name in names if name in text], path
    assert seen > 40
    release = Release.every.get(state="canary").pk
    dispatch = Dispatch.objects.order_by("-pk").first()
    assert client.get(reverse("admin:feeds_release_change", args=[release])).status_code == 302
    assert client.get(reverse("admin:notifier_dispatch_change", args=[dispatch.pk])).status_code == 302


def test_looking_again_changes_nothing(newsroom) -> None:
    went_through()
    before = everything()
    jobs.look(NOW)
    keeping.follow(NOW)
    assert everything() == before


def _addresses() -> Iterator[str]:
    """Public addresses without anything to fill in, but for what tells of canaries."""
    for pattern in _patterns(get_resolver()):
        route = str(pattern)
        if "<" not in route and not route.startswith(
            ("/admin", "/status", "/metrics", "/webhooks", "/setup")
        ):
            yield route


def _admin() -> Iterator[str]:
    """The pages of the admin site that need no row."""
    for route in _patterns(get_resolver()):
        if route.startswith("/admin/") and not re.search(r"[<(\\]|logout|jsi18n|/start/", route):
            yield route
    for name in ("release", "topic", "office", "source"):
        try:
            yield reverse(f"admin:feeds_{name}_changelist")
        except NoReverseMatch:
            continue


def _patterns(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern).lstrip("^").rstrip("$")
        if isinstance(one, URLResolver):
            yield from _patterns(one, route)
        elif isinstance(one, URLPattern):
            yield route

"""Sources and held fetches as an admin and an operator see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from config import clock, metrics, revisions
from config.models import AuditEntry
from config.sections import Refused
from feeds.models import HeldFetch, Newsroom, Release, Source, SourceState
from notifier.cli import main
from tests.feeds.harvest.conftest import Harvest
from tests.feeds.harvest.test_quarantine import redesign, the_held_one
from tests.feeds.sources.newsroom import Newsroom as Room
from tests.notifier.commands import Told


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(get_user_model().objects.create_superuser("ann", password="x"))
    return client


@pytest.fixture(autouse=True)
def same_clock(fetching: Harvest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: fetching.now)


@pytest.fixture
def herald(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    def call(*words: str) -> Told:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words)
        out, err = capsys.readouterr()
        return Told(int(ended.value.code or 0), out, err)

    return call


def pressed(page: str, button: str) -> dict[str, str]:
    """What a press of this button sends."""
    return {f"{page.split('/')[2]}_{page.split('/')[3]}_{button}": "1"}


def source_page(source: Source) -> str:
    return f"/admin/feeds/source/{source.pk}/change/"


def held_page(held: HeldFetch) -> str:
    return f"/admin/feeds/heldfetch/{held.pk}/change/"


def test_the_list_says_how_each_source_goes(newsroom: Room, fetching: Harvest, admin: Client) -> None:
    fetching.source("hand", "", kind="listing")
    fetching.source("push", "", kind="api")
    SourceState.objects.update(succeeded_at=fetching.now, next_at=fetching.now)
    text = admin.get("/admin/feeds/source/").content.decode()
    for words in ("works, last success now, next look now", "files by hand", "programs push to it"):
        assert words in text
    newsroom.site.put("/news", b"", status=503)
    fetching.go()
    assert "failing, once: " in admin.get("/admin/feeds/source/").content.decode()
    assert "503" in admin.get(source_page(fetching.sources[0])).content.decode()


def test_a_button_has_it_fetched_at_once(newsroom: Room, fetching: Harvest, admin: Client) -> None:
    page = source_page(fetching.sources[0])
    assert "Fetch now" in admin.get(page).content.decode()
    assert fetching.go(1) == 0
    response = admin.post(page, pressed(page, "fetch_now"))
    assert response.status_code == 302
    assert fetching.go(1) == 1
    assert AuditEntry.objects.get().action == "fetch asked for"
    SourceState.objects.update(stopped=True)
    assert "Start again" in admin.get(page).content.decode()
    admin.post(page, pressed(page, "start_again"))
    assert SourceState.objects.get().stopped is False


def test_who_may_only_look_presses_nothing(newsroom: Room, fetching: Harvest, client: Client) -> None:
    redesign(newsroom)
    fetching.go()
    bob = get_user_model().objects.create_user("bob", password="x", is_staff=True)
    looks = Permission.objects.filter(codename__in=["view_source", "view_heldfetch"])
    bob.user_permissions.add(*looks)
    client.force_login(bob)
    next_at = fetching.state().next_at
    for page, button in (
        (source_page(fetching.sources[0]), "fetch_now"),
        (held_page(the_held_one()), "accept"),
    ):
        assert client.get(page).status_code == 200
        assert client.post(page, pressed(page, button)).status_code == 403
    assert (fetching.state().next_at, Release.objects.count()) == (next_at, 10)


@pytest.mark.parametrize(
    ("button", "new", "silent", "decision"),
    [("accept", 25, 0, "accepted"), ("accept_silently", 25, 25, "accepted"), ("discard", 0, 0, "discarded")],
)
def test_an_admin_sees_what_a_held_fetch_would_do_and_decides(
    newsroom: Room, fetching: Harvest, admin: Client, button: str, new: int, silent: int, decision: str
) -> None:
    redesign(newsroom)
    fetching.go()
    held = the_held_one()
    text = admin.get(held_page(held)).content.decode()
    for words in ("25 releases would be new", "Release 101", "2025-04-12", "25 new, 0 changed"):
        assert words in text
    assert "a fetch is held, with 25 new" in admin.get("/admin/feeds/source/").content.decode()
    admin.post(held_page(held), pressed(held_page(held), button))
    added = Release.objects.filter(title__in=[f"Release {n}" for n in range(101, 126)])
    assert (Release.objects.count() - 10, added.filter(silent=True).count()) == (new, silent)
    held.refresh_from_db()
    assert held.decision == decision
    assert (
        f'name="{next(iter(pressed(held_page(held), button)))}"'
        not in admin.get(held_page(held)).content.decode()
    )


def test_the_same_by_command(newsroom: Room, fetching: Harvest, herald: Callable[..., Told]) -> None:
    redesign(newsroom)
    fetching.go()
    number = str(the_held_one().pk)
    assert herald("sources", "held", "--json").json[0]["new"] == 25
    assert "+ 2025-04-12 Release 101" in herald("sources", "held").out
    (row,) = herald("sources", "list", "--json").json
    assert (row["slug"], row["held"], row["failures"]) == ("news", int(number), 0)
    assert "a fetch is held" in herald("sources", "list").out
    assert herald("sources", "accept", number, "--silent").out == "25 new, 0 changed, 0 same\n"
    again = herald("sources", "discard", number)
    assert (again.code, "decided already" in again.err) == (1, True)
    assert herald("sources", "accept", "99").code == 1


def test_options_and_addresses_are_those_of_their_kind(fetching: Harvest) -> None:
    Newsroom.objects.update(
        sender_address="news@x.example", list_domain="x.example", tag_authority="x.example,2025"
    )
    fetching.source("news", "https://x.example/news")
    document = revisions.document()
    row = document["source"][0]
    for change, said in [
        ({"options": {"hold": {"new": "many"}}}, "options.hold.new"),
        ({"options": {"nonsense": 1}}, "options.nonsense"),
        ({"address": "ftp://x.example"}, "must begin with http"),
        ({"kind": "api"}, "programs push"),
    ]:
        document["source"] = [{**row, **change}]
        with pytest.raises(Refused, match=said):
            revisions.apply(document, "command:test", "test", now=fetching.now)


def test_metrics_tell_of_each_source(newsroom: Room, fetching: Harvest) -> None:
    text = (
        metrics.render().decode() if hasattr(metrics, "render") else Client().get("/metrics").content.decode()
    )
    assert 'herald_source_failures{source="news"} 0.0' in text
    assert 'herald_source_items{source="news"} 10.0' in text
    assert "herald_held_fetches 0.0" in text

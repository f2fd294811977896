"""The commands, called as `main` is called."""

from __future__ import annotations

import email
import email.policy
import json
import shutil
import socket
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tomlkit
import typer
from django.db import OperationalError

from config import clock, revisions
from config.accounts import first
from config.models import AuditEntry
from feeds import notice
from feeds.models import Release, Topic
from notifier import installation
from notifier.cli import processes
from notifier.cli.faults import explain
from notifier.cli.times import instant, minute_of_day
from notifier.models import Channel, Delivery, Subscriber
from tests.notifier.commands import ROOT, Told

OFFICES = {"osce-secretariat", "osce-centre-in-ashgabat"}
TOPICS = {"border-management", "climate-change"}
LISTING = ROOT / "tests" / "feeds" / "data" / "newsroom-listing.txt"


@pytest.fixture(scope="session")
def defaults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ships, but with few offices and topics: quicker to apply and to publish."""
    folder = tmp_path_factory.mktemp("defaults")
    for name in ("newsroom", "sources", "subscriptions"):
        shutil.copy(installation.DEFAULTS / f"{name}.toml", folder)
    for kind, slugs in (("office", OFFICES), ("topic", TOPICS)):
        rows = tomllib.loads((installation.DEFAULTS / f"{kind}s.toml").read_text())[kind]
        kept = [{"slug": row["slug"], "name": row["name"]} for row in rows if row["slug"] in slugs]
        (folder / f"{kind}s.toml").write_text(tomlkit.dumps({kind: kept}))
    return folder


@pytest.fixture
def newsroom(db: None, defaults: Path, tmp_path: Path, settings) -> None:
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.HERALD_HOME = tmp_path
    revisions.ensure_defaults(defaults, clock.now())


# Usage


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["import"],
        ["digest", "due", "--at", "tomorrow"],
        ["subscribers", "add", "a@example.org", "--topic", "bordermanagement"],
        ["subscribers", "add", "a@example.org", "--time", "25:00"],
        ["subscribers", "add", "a@example.org", "--language", "xx"],
        ["import", str(LISTING), "--source", "nobody"],
    ],
)
def test_wrong_usage_ends_with_2(newsroom: None, herald: Callable[..., Told], words: list[str]) -> None:
    told = herald(*words)
    assert told.code == 2
    assert told.out == ""
    assert told.err


def test_a_slug_that_is_nearly_right_is_answered_with_what_was_meant(newsroom, herald) -> None:
    assert "border-management" in herald("digest", "preview", "--topic", "bordermanagement").err


def test_version(herald: Callable[..., Told]) -> None:
    assert herald("--version").out.startswith("herald ")


# Times


def test_times_with_offset_are_instants_and_without_are_local() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    seven = datetime(2025, 2, 17, 6, 0, tzinfo=UTC)
    assert instant("2025-02-17T06:00Z", vienna) == seven
    assert instant("2025-02-17T07:00+01:00", vienna) == seven
    assert instant("2025-02-17T07:00", vienna) == seven
    assert instant("2025-02-17", vienna) == datetime(2025, 2, 16, 23, 0, tzinfo=UTC)
    assert instant("2025-02-17T07:00", vienna).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "soon", "2025-02-30", "25:00", "0001-01-01T00:00+14:00"])
def test_what_is_no_time_says_what_was_expected(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="ISO 8601"):
        instant(text, ZoneInfo("Europe/Vienna"))


def test_minutes_of_a_day() -> None:
    assert minute_of_day("07:30") == 450
    for wrong in ("7", "24:00", "07:60", "-1:00", "seven"):
        with pytest.raises(typer.BadParameter):
            minute_of_day(wrong)


# Releases and feeds


def test_importing_a_listing_twice(newsroom: None, herald: Callable[..., Told]) -> None:
    assert herald("import", str(LISTING), "--json").json == {"new": 7, "changed": 0, "same": 0, "faults": []}
    assert herald("import", str(LISTING)).out == "0 new, 0 changed, 7 same\n"
    assert Release.objects.count() == 7


@pytest.mark.holds("P5")
def test_what_cannot_be_read_is_said_with_its_place_and_ends_with_1(newsroom, herald, tmp_path: Path) -> None:
    junk = tmp_path / "junk.txt"
    junk.write_text("Dear all,\nthe printer on the second floor is out of order.\n")
    told = herald("import", str(junk))
    assert told.code == 1
    assert str(junk) in told.err
    assert "expected" in told.err
    assert not Release.objects.exists()


@pytest.mark.holds("M11")
def test_an_import_is_silent_unless_asked(newsroom: None, herald: Callable[..., Told]) -> None:
    herald("import", str(LISTING))
    notice.take(clock.now())
    assert not Release.objects.exclude(standing__announced_at=None).exists()


def test_build_writes_feeds_and_check_reads_them_back(newsroom, herald, tmp_path: Path) -> None:
    herald("import", str(LISTING))
    assert herald("check", "feeds").code == 1
    assert herald("build").code == 0
    assert (tmp_path / "feeds" / "topics" / "border-management.atom").is_file()
    assert herald("build", "--all", "--json").json["files"] == 0
    checked = herald("check", "--json")
    assert checked.code == 0
    about = {finding["about"] for finding in checked.json}
    assert about == {
        "settings", "database", "migrations", "disk", "backup", "clock", "relay", "mail", "dkim", "replies",
        "versions", "feeds", "time service",
    }  # fmt: skip
    (tmp_path / "feeds" / "all.rss").write_text("<rss/>")
    told = herald("check", "feeds")
    assert told.code == 1
    assert "all.rss" in told.out


# Subscribers and digests


def test_a_subscriber_is_added_shown_changed_and_removed(newsroom: None, herald: Callable[..., Told]) -> None:
    words = ("--topic", "border-management", "--time", "08:30", "--zone", "Europe/Vienna", "--confirmed")
    assert herald("subscribers", "add", "ada@example.org", *words).code == 0
    shown = herald("subscribers", "show", "ada@example.org", "--json").json
    assert shown["state"] == "active"
    assert shown["subscriptions"][0]["schedule"] == "at 08:30 Europe/Vienna"
    assert "ada@example.org" not in json.dumps(shown)
    herald("subscribers", "change", "ADA@example.org", "--zone", "Asia/Bishkek")
    assert "08:30 Asia/Bishkek" in herald("subscribers", "show", "ada@example.org").out
    herald(
        "subscribers", "change", "ada@example.org", "--office", "osce-secretariat", "--frequency", "instant"
    )
    assert "as it happens" in herald("subscribers", "show", "ada@example.org").out
    assert herald("subscribers", "remove", "ada@example.org").code == 0
    assert Subscriber.objects.get().state == Subscriber.State.LEFT


def test_who_is_added_without_confirmation_is_asked_by_mail(
    newsroom: None, herald: Callable[..., Told]
) -> None:
    herald("subscribers", "add", "ada@example.org")
    assert Subscriber.objects.get().state == Subscriber.State.PENDING
    assert Delivery.objects.count() == 1


@pytest.mark.holds("S4")
@pytest.mark.parametrize("address", ["nobody", "a@b@c", "a b@example.org", "a\r\nBcc: b@example.org"])
def test_what_is_no_address_is_refused(newsroom: None, herald: Callable[..., Told], address: str) -> None:
    told = herald("subscribers", "add", address)
    assert told.code == 1
    assert not Subscriber.objects.exists()


def test_an_unknown_address_is_said(newsroom: None, herald: Callable[..., Told]) -> None:
    assert herald("subscribers", "show", "nobody@example.org").code == 1


def test_a_preview_shows_what_a_choice_would_get(newsroom: None, herald: Callable[..., Told]) -> None:
    herald("import", str(LISTING))
    notice.take(clock.now())
    told = herald("digest", "preview", "--topic", "border-management")
    assert told.code == 0
    assert "Ashgabat" in told.out
    assert "Bishkek" in told.out
    assert "<h1" in herald("digest", "preview", "--topic", "border-management", "--as", "html").out
    assert not Delivery.objects.exists()
    assert herald("digest", "preview", "--topic", "climate-change").code == 1


def test_a_preview_takes_a_selection_as_feeds_do_and_prints_what_is_asked_for(
    newsroom: None, herald: Callable[..., Told], tmp_path: Path
) -> None:
    herald("import", str(LISTING))
    notice.take(clock.now())
    query = "topic=border-management&office=osce-centre-in-ashgabat"
    told = herald("digest", "preview", "--selection", query, "--language", "ru")
    assert "Отписаться:\nhttp" in told.out
    assert "Ashgabat" in told.out
    assert "Bishkek" not in told.out
    place = tmp_path / "digest.eml"
    assert herald("digest", "preview", "--selection", query, "--as", "eml", "--out", str(place)).code == 0
    message = email.message_from_bytes(place.read_bytes(), policy=email.policy.default)
    assert message["content-language"] == "en"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--selection", "topic=nowhere"), (2, "there is no topic nowhere")),
        (("--selection", "topics=elections"), (2, "no topics here; there are office, topic, type")),
        (("--language", "xx"), (1, "language 'xx': expected one of en, fr")),
    ],
)
def test_a_preview_says_what_it_does_not_know(
    newsroom: None, herald: Callable[..., Told], options, said
) -> None:
    told = herald("digest", "preview", *options)
    assert told.code == said[0]
    assert said[1] in told.err


def test_a_preview_for_a_person_has_only_what_is_announced_and_theirs(newsroom, herald) -> None:
    herald("subscribers", "add", "ada@example.org", "--topic", "border-management", "--confirmed")
    assert herald("digest", "preview", "--subscriber", "ada@example.org").code == 1
    release = Release.objects.create(title="Patrols meet at the river", published_on=clock.now().date())
    release.topics.add(Topic.objects.get(slug="border-management"))
    Release.objects.create(title="A day for the climate", published_on=clock.now().date())
    notice.take(clock.now())
    told = herald("digest", "preview", "--subscriber", "ada@example.org")
    assert "Patrols meet at the river" in told.out
    assert "climate" not in told.out


def test_due_runs_are_listed_with_their_windows(newsroom: None, herald: Callable[..., Told]) -> None:
    herald(
        "subscribers", "add", "ada@example.org", "--time", "07:00", "--zone", "Europe/Vienna", "--confirmed"
    )
    assert herald("digest", "due", "--json").json == []
    runs = herald("digest", "due", "--at", "2099-02-17T08:00+01:00", "--json").json
    daily = [run for run in runs if run["frequency"] == "daily"]
    assert [(run["zone"], run["local_date"], run["ends_at"]) for run in daily] == [
        ("Europe/Vienna", "2099-02-17", "2099-02-17T06:00:00Z")
    ]


# Stop, resume, accounts


@pytest.mark.holds("E6")
def test_stop_and_resume_are_recorded_and_said(newsroom: None, herald: Callable[..., Told]) -> None:
    assert herald("stop").out.startswith("stopped")
    assert Channel.objects.get().stopped_at
    assert "already" in herald("stop").out
    assert herald("resume").out == "resumed\n"
    assert Channel.objects.get().stopped_at is None
    assert "not stopped" in herald("resume").out
    assert [entry.action for entry in AuditEntry.objects.filter(subject="channel")] == ["resumed", "stopped"]


def test_an_account_is_made_once(newsroom, herald, tmp_path: Path) -> None:
    made = herald("admin", "create", "ada", "--link")
    assert made.code == 0
    assert "/admin/invitation/" in made.out
    assert herald("admin", "create", "ada", "--link").code == 1
    assert "/admin/invitation/" in herald("admin", "link", "ada").out
    weak = tmp_path / "password"
    weak.write_text("12345")
    told = herald("admin", "create", "bob", "--password-file", str(weak))
    assert told.code == 1
    assert "too short" in told.err


@pytest.mark.holds("S8", "S9")
def test_what_commands_change_and_read_is_in_the_audit_log(
    newsroom: None, herald: Callable[..., Told]
) -> None:
    herald("subscribers", "add", "ada@example.org", "--confirmed")
    herald("subscribers", "show", "ada@example.org")
    herald("subscribers", "change", "ada@example.org", "--zone", "Asia/Bishkek")
    herald("subscribers", "remove", "ada@example.org")
    told = herald("audit", "export")
    rows = [json.loads(line) for line in told.out.splitlines()]
    about = [row for row in rows if row["subject"].startswith("subscriber ")]
    assert [row["action"] for row in about] == ["added", "read", "changed", "unsubscribed"]
    assert (about[2]["before"]["zone"], about[2]["after"]["zone"]) == ("Europe/Vienna", "Asia/Bishkek")
    assert (about[3]["before"]["state"], about[3]["after"]["state"]) == ("active", "left")
    assert "ada@example.org" not in told.out
    assert herald("audit", "export", "--as", "csv").out.startswith(
        "id,at,actor,way,action,subject,before,after"
    )
    assert '"as": "csv"' in herald("audit", "export").out
    assert herald("audit", "export", "--as", "xls").code == 2


# Faults of the world


def test_a_relay_that_is_not_there_is_said(newsroom: None, herald: Callable[..., Told], settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.SMTP_URL = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
    told = herald("check", "relay")
    assert told.code == 1
    assert "127.0.0.1" in told.out


def test_a_database_without_tables_is_said_in_one_line_with_what_to_do() -> None:
    words = explain(OperationalError("no such table: feeds_release"))
    assert words == "database: no such table: feeds_release; `herald setup` makes the tables"


def test_a_fault_of_our_own_is_not_explained_away() -> None:
    assert explain(KeyError("planner")) is None


@pytest.mark.parametrize("command", ["run", "worker", "scheduler"])
def test_the_home_of_a_demo_is_left_to_the_demo(newsroom, herald, settings, command: str) -> None:
    settings.HERALD_DEMO = True
    told = herald(command)
    assert told.code == 1
    assert "herald demo" in told.err
    assert len(told.err.splitlines()) == 1


def test_a_port_that_is_taken_is_said_in_one_line(newsroom, herald, settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.HERALD_BIND, settings.HERALD_PORT = "127.0.0.1", taken.getsockname()[1]
        told = herald("run")
    assert told.code == 1
    assert "HERALD_PORT" in told.err
    assert len(told.err.splitlines()) == 1


def test_a_web_process_without_tables_says_so_and_what_to_do(monkeypatch, capsys) -> None:
    def without_tables(_now: datetime) -> None:
        raise OperationalError("no such table: auth_user")

    monkeypatch.setattr(first, "new_code", without_tables)
    processes._say_how_to_begin()
    said = " ".join("".join(capsys.readouterr()).split())
    assert "Not ready: database: no such table: auth_user; `herald setup` makes the tables" in said
    assert "the link by which the first administrator comes in" in said

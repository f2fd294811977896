"""docs/store.md is a contract: its tables say what the database has, and its examples do what they say."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from feeds import intake, notice, store
from feeds.models import Announcement, Office, Release, ReleaseKey, ReleaseType, Source, Standing, Topic
from feeds.sources.item import RawItem
from tests.logged import events

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text("utf-8")
PROGRAM = {"postgresql": "psql", "sqlite": "sqlite3"}
NOW = datetime(2025, 2, 17, 12, tzinfo=UTC)
HOME = "https://newsroom.example.org/"


# the examples


def examples() -> list[tuple[str, str]]:
    """(heading, statements) of the examples for this database, in the order of the page."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        heading = section.split("\n", 1)[0]
        for program, statements in re.findall(r"^```sql ?(\w*)\n(.*?)^```$", section, re.M | re.S):
            if program in {"", PROGRAM[connection.vendor]}:
                found.append((heading, statements))
    return found


def run(statements: str) -> None:
    """As a program that knows nothing of Django: the database's own, or else its driver."""
    name, settings = str(connection.settings_dict["NAME"]), connection.settings_dict
    if connection.vendor == "sqlite":
        if program := shutil.which("sqlite3"):
            _fed([program, "-bail", "-cmd", ".timeout 30000", name], statements)
            return
        other = sqlite3.connect(name, timeout=30, isolation_level=None)
        other.executescript(statements)
        other.close()
        return
    login = f"{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT']}"
    if program := shutil.which("psql"):
        _fed([program, "-q", "-X", "-v", "ON_ERROR_STOP=1", f"postgresql://{login}/{name}"], statements)
        return
    with psycopg.connect(f"postgresql://{login}/{name}", autocommit=True) as other:
        other.execute(statements)


def _fed(command: list[str], statements: str) -> None:
    done = subprocess.run(command, input=statements, text=True, capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def release(path: str) -> Release:
    return Release.objects.get(url=HOME + path)


def standing(path: str) -> Standing:
    return release(path).standing


def labels(path: str) -> tuple[set[str], set[str]]:
    facts = store.facts(release(path))
    return set(facts.offices), set(facts.topics)


def announced(path: str) -> int:
    return Announcement.objects.filter(release_id=release(path).pk).count()


def shows(path: str) -> bool:
    return store.shown().filter(url=HOME + path).exists()


def the_least_suffices(_: datetime) -> None:
    one = Release.objects.get(title="Border guards trained in Farap")
    assert one in store.shown()
    assert one.standing.announced_at is not None


def all_of_it_is_there(_: datetime) -> None:
    one = release("centre")
    assert (one.type.slug, one.source.slug, one.language) == ("news", "cms", "en")
    assert labels("centre") == ({"bishkek", "secretariat"}, {"youth"})
    assert announced("centre") == 1


def labels_have_changed(_: datetime) -> None:
    assert labels("centre") == ({"bishkek"}, {"youth", "arms-control"})
    assert announced("centre") == 2
    assert Announcement.objects.latest("pk").before["topics"] == ["youth"]


def the_same_again_is_the_same(now: datetime) -> None:
    before = (release("report").pk, standing("report").guid, standing("report").updated_at)
    ((_, statements),) = [one for one in examples() if one[0] == "Writing the same again"]
    run(statements)
    notice.take(now + timedelta(seconds=1))
    assert (release("report").pk, standing("report").guid, standing("report").updated_at) == before
    assert ReleaseKey.objects.get(key="4711").release_id == release("report").pk
    run(statements.replace("The year in figures.", "The year in words."))
    notice.take(now + timedelta(seconds=2))
    assert (release("report").summary, standing("report").guid) == ("The year in words.", before[1])
    assert standing("report").updated_at > before[2]
    item = RawItem("Report for 2024", NOW.date(), key="4711", summary="Told by the API.")
    report = intake.take_in([item], Source.objects.get(slug="cms"), now)
    assert report.changed == (before[0],)


def nothing_shows_before_its_instant(now: datetime) -> None:
    assert release("findings").state == Release.State.SCHEDULED
    assert not shows("findings")
    if release("findings").visible_at == datetime(2025, 2, 20, 9, tzinfo=UTC):
        return  # the second example puts it off
    assert release("findings").visible_at == datetime(2025, 2, 21, 9, tzinfo=UTC)
    assert notice.release_due(datetime(2025, 2, 21, 8, 59, 59, tzinfo=UTC)) == 0
    assert notice.release_due(datetime(2025, 2, 21, 9, tzinfo=UTC)) == 1
    assert shows("findings")
    assert announced("findings") == 1


def nobody_is_told(_: datetime) -> None:
    assert shows("statute")
    assert (standing("statute").silence, announced("statute")) == ("silent", 0)


def it_is_corrected(now: datetime) -> None:
    assert standing("centre").corrected_at is not None
    assert standing("centre").updated_at == standing("centre").corrected_at
    assert standing("centre").version == 2 or standing("centre").versions >= 2


def it_belongs_to_its_original(_: datetime) -> None:
    assert standing("ru/centre").group == standing("centre").group
    assert store.facts(release("ru/centre")).language == "ru"


def it_is_gone_with_its_reason(_: datetime) -> None:
    assert not shows("report")
    assert release("report").withdrawn_reason == "Published by mistake."
    assert standing("report").gone_at is not None


def it_is_gone(_: datetime) -> None:
    assert not Release.objects.filter(url=HOME + "statute").exists()
    assert Standing.objects.filter(gone_at__isnull=False).count() == 2
    assert not Release.offices.through.objects.exclude(release_id__in=Release.objects.values("pk")).exists()


EFFECTS: dict[str, Callable[[datetime], None]] = {
    "The least a release needs": the_least_suffices,
    "A release with all that belongs to it": all_of_it_is_there,
    "Labels that change": labels_have_changed,
    "Writing the same again": the_same_again_is_the_same,
    "Embargo": nothing_shows_before_its_instant,
    "Silent": nobody_is_told,
    "Correcting": it_is_corrected,
    "Translations": it_belongs_to_its_original,
    "Withdrawing": it_is_gone_with_its_reason,
    "Deleting": it_is_gone,
}
GRANTS = "What others own"


@pytest.fixture
def newsroom(transactional_db: None) -> None:
    for model, slugs in (
        (Office, ("bishkek", "secretariat")),
        (Topic, ("youth", "arms-control")),
        (ReleaseType, ("news",)),
    ):
        model.objects.bulk_create([model(slug=slug, name=slug) for slug in slugs])
    Source.objects.bulk_create([Source(slug="cms", name="CMS", kind="api")])
    notice.take(NOW)


def test_every_example_does_what_the_page_says(newsroom):
    """One after the other, as the page has them: later ones rest on earlier ones."""
    told = set()
    for number, (heading, statements) in enumerate(examples()):
        if heading == GRANTS:
            continue
        now = NOW + timedelta(minutes=number)
        run(statements)
        notice.take(now)
        EFFECTS[heading](now)
        told.add(heading)
    assert told == set(EFFECTS)


def test_a_role_with_the_rights_on_the_page_can_write_a_release(newsroom):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no roles")
    ((_, grants),) = [one for one in examples() if one[0] == GRANTS]
    wanted = (
        "A release with all that belongs to it",
        "Labels that change",
        "Writing the same again",
        "Correcting",
    )
    role = (
        f"cms_{connection.settings_dict['NAME']}"  # roles are of the whole server, on which other tests run
    )
    try:
        run(re.sub(r"\bcms;", f"{role};", grants))
        for heading, statements in examples():
            if heading in wanted:
                run(f"SET ROLE {role};\n{statements}")
    finally:
        run(f"DROP OWNED BY {role}; DROP ROLE {role};")
    notice.take(NOW)
    assert labels("centre") == ({"bishkek"}, {"youth", "arms-control"})


# the tables


def documented() -> dict[tuple[str, str], dict[str, str]]:
    """What the page says of each column: {(table, column): {"type", "null", "default"}}, for this database."""
    found = {}
    for line in PAGE.splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("| `feeds_"):
            table, *cells = cells
        else:
            table = "feeds_release"
        if len(cells) == 6 and cells[2] not in {"SQLite", "---"}:
            column, postgresql, sqlite, null, default, _ = cells
            kind = postgresql if connection.vendor == "postgresql" else sqlite
            found[table, column] = {"type": kind, "null": null, "default": default}
    return found


def test_the_columns_are_those_the_models_have():
    expected = {}
    for model in (Release, Release.offices.through, Release.topics.through, ReleaseKey):
        for field in model._meta.concrete_fields:
            expected[model._meta.db_table, field.column] = {
                "type": (field.db_type(connection) or "").lower(),
                "null": "yes" if field.null else "no",
            }
    page = documented()
    assert {name: {key: said[key] for key in ("type", "null")} for name, said in page.items()} == expected


@pytest.mark.django_db
def test_the_defaults_are_those_the_database_gives():
    words = {"false": False, "NULL": None, "''": "", "{}": "{}"}
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO feeds_release (title, published_on) VALUES ('A', '2025-02-17')")
        source = Source.objects.bulk_create([Source(slug="x", name="X", kind="api")])[0].pk
        cursor.execute(
            "INSERT INTO feeds_releasekey (source_id, key, release_id) VALUES (%s, 'k', 1)", [source]
        )
        for table in ("feeds_release", "feeds_releasekey"):
            cursor.execute(f"SELECT * FROM {table}")
            row = dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))
            said = {column: one["default"] for (of, column), one in documented().items() if of == table}
            for column, default in said.items():
                if default not in {"none", "next number"}:
                    wanted = words[default] if default in words else default.strip("'")
                    assert row[column] == wanted, column


def test_every_table_of_the_store_is_named_with_its_owner():
    tables = {
        model._meta.db_table for model in apps.get_app_config("feeds").get_models(include_auto_created=True)
    }
    assert [table for table in sorted(tables) if f"`{table}`" not in PAGE] == []


def test_the_page_names_no_table_that_does_not_exist():
    tables = set(connection_tables())
    assert sorted(set(re.findall(r"\bfeeds_[a-z_]+\b", PAGE)) - tables) == []


def connection_tables() -> list[str]:
    return [model._meta.db_table for model in apps.get_models(include_auto_created=True)]


# instants, as SQLite has them


SPELLINGS = re.findall(r"^\| `([^`]+)` \| (09:00 UTC|left out) \|$", PAGE, re.M)


@pytest.mark.django_db
@pytest.mark.parametrize(("written", "meant"), SPELLINGS)
def test_instants_are_read_as_the_page_says(written, meant, caplog):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL refuses what is no instant")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO feeds_release (title, published_on, visible_at) VALUES ('Secret', '2025-02-17', %s)",
            [written],
        )
    notice.take(NOW)
    (row,) = Release.objects.values_list("pk", flat=True)
    assert not store.shown().exists()
    if meant == "left out":
        assert not Standing.objects.exists()
        assert [event["release"] for event in events(caplog.records, "feeds.observing")] == [row]
        assert "Secret" not in caplog.text
    else:
        assert Release.objects.get().state == Release.State.SCHEDULED
        assert Release.objects.get().visible_at.replace(microsecond=0) == datetime(2025, 2, 20, 9, tzinfo=UTC)


def test_the_spellings_are_found_on_the_page():
    assert {meant for _, meant in SPELLINGS} == {"09:00 UTC", "left out"}
    assert len(SPELLINGS) > 5

"""The store is open to any SQL writer, in any process, and its triggers survive migrations."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess

import pytest
from django.db import connection, models

from feeds import triggers
from feeds.models import Change, Office, Release, Topic
from feeds.wake import open_wake

INSERT = "INSERT INTO feeds_release(title, published_on) VALUES ('From outside', '2025-02-17')"


def run_elsewhere(statement: str) -> None:
    """Run a statement in a program that knows nothing of Django."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        with sqlite3.connect(name) as other:
            other.execute(statement)
        other.close()
        return
    settings = connection.settings_dict
    psql = shutil.which("psql") or "psql"
    target = (
        f"postgresql://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT']}/{name}"
    )
    subprocess.run([psql, "-q", "-X", "-v", "ON_ERROR_STOP=1", target, "-c", statement], check=True)


def kinds() -> list[tuple[str, int]]:
    return list(Change.objects.order_by("id").values_list("kind", "subject_id"))


@pytest.mark.django_db(transaction=True)
def test_another_program_needs_two_columns_and_is_noticed_when_it_writes_and_deletes():
    wake = open_wake()
    wake.wait(0)
    run_elsewhere(INSERT)
    assert wake.wait(2)
    release = Release.objects.get()
    run_elsewhere("UPDATE feeds_release SET summary = 'New'")
    run_elsewhere("DELETE FROM feeds_release")
    assert kinds() == [("release", release.pk)] * 3
    assert wake.wait(2)
    assert not wake.wait(0.15)
    wake.close()


@pytest.mark.django_db
def test_links_and_terms_are_watched_too():
    office = Office.objects.bulk_create([Office(slug="a", name="A")])[0]
    topic = Topic.objects.bulk_create([Topic(slug="t", name="T")])[0]
    release = Release.objects.create(title="x", published_on="2025-02-17")
    Change.objects.all().delete()
    release.offices.add(office)
    release.topics.add(topic)
    release.topics.clear()
    Office.objects.filter(pk=office.pk).update(name="B")
    assert kinds() == [("release", release.pk)] * 3 + [("office", office.pk)]


@pytest.mark.django_db(transaction=True)
def test_a_table_rebuilt_by_a_migration_loses_its_triggers_and_gets_them_back():
    field = models.CharField(max_length=36, null=True, db_default="", default="")
    field.set_attributes_from_name("language")
    old = Release._meta.get_field("language")
    with connection.schema_editor() as editor:
        editor.alter_field(Release, old, field)
        editor.alter_field(Release, field, old)
    triggers.install_after_migrate("default")
    triggers.install_after_migrate("default")
    run_elsewhere(INSERT)
    assert kinds() == [("release", Release.objects.get().pk)]

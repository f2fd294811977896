"""The index follows the store, whoever writes it, and shows nobody what they may not see."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from feeds.models import Cursor
from feeds.search import index, keeping
from feeds.search.query import read
from tests.feeds.stories import NOW, TODAY, edit, newsroom, office, run, settle, topic, withdraw, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_newsroom() -> None:
    newsroom()
    keep()


def keep() -> None:
    settle()
    while keeping.keep(NOW):
        pass


def found(text: str) -> list[int]:
    keep()
    query = read(text)
    ids = index.find(query, TODAY, 0, 20)
    assert index.count(query) == len(ids)
    return ids


def test_titles_summaries_bodies_and_names_of_labels() -> None:
    labels = (office(names=json.dumps({"ru": "Вена"})), topic())
    one = write(
        "Guards train", summary="Twelve of them", body="<p>In&nbsp;Khorog &amp; Osh</p>", labels=labels
    )
    write("Nothing")
    for text in (
        "guards",
        "TWELVE",
        "khorog",
        "osh",
        "vienna",
        "вена",
        '"border management"',
        "gua",
        "guards osh",
    ):
        assert found(text) == [one], text
    for text in ("p", "nbsp", "guards nothing", '"train guards"', "guards -osh", '"train twelve"', "zz"):
        assert found(text) == [], text


def test_titles_go_before_bodies_and_new_before_old() -> None:
    body = write("Other", body="borders " + "and so on " * 40)
    old = write("Borders", published_on=date(2015, 1, 1))
    new = write("Borders", published_on=TODAY)
    assert found("borders")[0] == new
    assert set(found("borders")) == {body, old, new}
    assert found("borders").index(new) < found("borders").index(old)


@pytest.mark.holds("E1")
def test_what_is_under_embargo_or_withdrawn_is_never_found() -> None:
    later = (NOW + timedelta(hours=1)).isoformat()
    write("Secret plan", state="scheduled", visible_at=later)
    gone = write("Secret visit")
    assert found("secret") == [gone]
    withdraw(gone)
    assert index.find(read("secret"), TODAY, 0, 20) == []  # before anybody took notice of it
    assert found("secret") == []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {index.TABLE}")
        assert cursor.fetchone() == (0,)


def test_corrections_deletions_and_new_names_follow() -> None:
    vienna = office()
    one = write("Guards", labels=(vienna,))
    assert found("guards") == [one]
    edit(one, title="Police")
    assert (found("guards"), found("police")) == ([], [one])
    run("UPDATE feeds_office SET name = 'Wien' WHERE id = %s", vienna.pk)
    assert (found("vienna"), found("wien")) == ([], [one])
    run("DELETE FROM feeds_release WHERE id = %s", one)
    assert found("police") == []


def test_an_index_that_is_lost_is_made_anew() -> None:
    one = write("Guards")
    keep()
    index.drop()
    with pytest.raises(DatabaseError), transaction.atomic():
        index.check()
    keeping.rebuild()
    assert found("guards") == [one]


def test_it_is_filled_from_what_there_is_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    ones = {write(f"Guards {number}") for number in range(5)}
    keep()
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    index.drop()
    assert keeping.rebuild() == 5
    assert set(found("guards")) == ones
    index.check()
    Cursor.objects.filter(pk=keeping.NAME).delete()
    assert keeping.keep(NOW)
    assert set(found("guards")) == ones


@pytest.mark.parametrize(
    "text",
    ["NEAR(a b)", "title:guards", "a AND OR", "guards*", "^guards", "{a} + b", "'&|!:*<->", "a\0b", "\ud800 guards",
     "x" * 10_000, "a " * 5_000, '"' * 500, "-a -b guards", "'; DROP TABLE x", "%s %d %"],
)  # fmt: skip
def test_junk_finds_what_it_finds(text: str) -> None:
    write("Guards")
    if query := read(text):
        assert index.count(query) == len(index.find(query, TODAY, 0, 20))

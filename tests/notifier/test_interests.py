"""Distinct selections as rows, and in plain words."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from feeds.models import Office, ReleaseType, Topic
from feeds.selection import EVERYTHING, NOTHING, UNTAGGED, Rule, Selection, of
from notifier import interests
from notifier.models import Interest


@pytest.fixture
def terms(db):
    Topic.objects.bulk_create(
        [Topic(slug="border", name="Border management"), Topic(slug="terror", name="Countering terrorism")]
    )
    Office.objects.bulk_create([Office(slug="ashgabat", name="OSCE Centre in Ashgabat")])
    ReleaseType.objects.bulk_create([ReleaseType(slug="news", name="News")])


@pytest.mark.django_db
def test_equal_selections_are_one_row():
    one = interests.interest_for(of(topics=["a", "b"]))
    assert interests.interest_for(of(topics=["b", "a", "a"])) == one
    assert interests.interest_for(of(topics=["a"])) != one
    assert interests.selections([one.pk]) == {one.pk: of(topics=["a", "b"])}


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_for_a_new_selection_at_once_get_the_same_row():
    barrier, found = threading.Barrier(2), []

    def ask() -> None:
        barrier.wait(10)
        found.append(interests.interest_for(of(topics=["new"])).pk)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert set(found) == {Interest.objects.get(digest=of(topics=["new"]).digest).pk}


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (EVERYTHING, "everything"),
        (NOTHING, "nothing"),
        (of(topics=["border", "terror"]), "Border management or Countering terrorism"),
        (of(["ashgabat"]), "everything from OSCE Centre in Ashgabat"),
        (
            of(["ashgabat", UNTAGGED], ["border", "terror"]),
            "Border management or Countering terrorism, from OSCE Centre in Ashgabat; and what nobody has labelled yet",
        ),
        (
            of(["ashgabat"], ["border"], either=True),
            "everything from OSCE Centre in Ashgabat; and Border management",
        ),
        (of(topics=["gone"]), "gone"),
        (
            Selection(
                (Rule(types=("news",), languages=("fr",), words=("arms", "mines"), not_topics=("border",)),)
            ),
            "everything of the type News, in French, with the words “arms” or “mines”, but not Border management",
        ),
        (
            Selection((Rule(offices=("ashgabat", UNTAGGED)),)),
            "everything from OSCE Centre in Ashgabat or no office",
        ),
    ],
)
def test_a_choice_in_plain_words(terms, selection, words):
    assert interests.describe(selection, "en") == words


def test_names_are_those_of_now(terms):
    selection = of(topics=["border", "gone"])
    assert interests.describe(selection, "en") == "Border management or gone"
    Topic.objects.filter(slug="border").update(names={"fr": "Frontières"})
    assert interests.describe(selection, "fr") == "Frontières ou gone"
    Topic.objects.filter(slug="border")._raw_delete("default")
    assert interests.describe(selection, "en") == "border or gone"

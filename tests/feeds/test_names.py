"""What offices, topics and types are called in the reader's language."""

import pytest

from config import revisions
from config.sections import Refused
from feeds import labels, store
from feeds.models import Topic
from feeds.naming import Name, pick
from tests.config.samples import NOW, shipped
from tests.notifier.mailing import a_release

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _configured(db):
    revisions.apply(shipped(), "start", "start", now=NOW)


def test_a_name_says_which_language_it_is_in():
    assert pick("Youth", {"ru": "Молодёжь"}, "ru", "en") == Name("Молодёжь", "ru")
    assert pick("Youth", {"ru": "Молодёжь"}, "fr", "en") == Name("Youth", "en")
    assert pick("Youth", {"ru": "Молодёжь"}, "ru", "ru") == Name("Молодёжь", "ru")
    assert pick("Youth", "what SQL may write", "ru", "en") == Name("Youth", "en")


def test_names_of_what_is_gone_are_left_out():
    terms = [("topic", "youth"), ("topic", "gone"), ("word", "x")]
    assert store.names(terms, "ru") == {("topic", "youth"): Name("Молодёжь", "ru")}


@pytest.mark.parametrize(
    "path", ["/topics/", "/topics/youth", "/feeds/", "/offices/", "/offices/osce-mission-to-skopje"]
)
def test_pages_call_terms_by_their_names(client, path):
    said = client.get(path, {"lang": "ru"}).content.decode()
    assert ("Молодёжь" in said) is ("topics" in path or "feeds" in path)
    assert ("Миссия ОБСЕ в Скопье" in said) is ("offices" in path or "feeds" in path)
    assert "OSCE Mission to Serbia" not in said


def test_the_front_page_and_releases_do(client):
    release = a_release("Полевая миссия", ["youth"], language="ru")
    assert "Молодёжь" in client.get("/", {"lang": "ru", "topic": "youth"}).content.decode()
    assert (
        '<span lang="ru">Молодёжь</span>'
        in client.get(f"/releases/{release.standing.key}", {"lang": "ru"}).content.decode()
    )
    english = client.get(f"/releases/{release.standing.key}", {"lang": "en"}).content.decode()
    assert '<span lang="en">Youth</span>' in english


def test_a_label_in_another_language_is_known():
    youth = Topic.objects.get(slug="youth")
    assert labels.load("topic").resolve(["Молодёжь", "Jeunesse"]).ids == (youth.pk,)


def test_one_name_is_one_topics():
    rows = [
        row | ({"names": {"ru": "Молодёжь"}} if row["slug"] == "education" else {})
        for row in shipped()["topic"]
    ]
    with pytest.raises(Refused, match="names 'Молодёжь' is a label of 'education' already"):
        revisions.apply({"topic": rows}, "account:1", "admin", now=NOW)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "names must be a table by language"),
        ({"russian!": "x"}, "names must be a language tag"),
        ({"ru": ""}, "names must not be empty"),
    ],
)
def test_names_are_checked(names, said):
    rows = [row | {"names": names} for row in shipped()["topic"] if row["slug"] == "youth"]
    with pytest.raises(Refused, match=said):
        revisions.apply({"topic": rows}, "account:1", "admin", now=NOW)

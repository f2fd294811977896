"""Feeds are called what the newsroom calls them in its own language, whoever asks and whatever language is active."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from lxml import etree

from feeds.catalogue import all_feeds
from feeds.publisher import Published, rebuild
from feeds.titles import language_name, spoken, titles_in
from tests.feeds.published import go, held
from tests.feeds.stories import NOW, SECOND, kind, newsroom, office, run, settle, topic, write

pytestmark = pytest.mark.django_db

ENGLISH = {
    "all": ("All releases", "Everything that Newsroom of X releases"),
    "untagged": ("Releases without labels", "Releases that name no office and no topic"),
    "offices/vienna": ("Vienna", "Releases from Vienna"),
    "topics/borders": ("Border management", "Releases on Border management"),
    "types/news": ("News", "Releases: News"),
    "languages/fr": ("French", "Releases in French"),
    "languages/ru": ("Russian", "Releases in Russian"),
    "offices/vienna/topics/borders": (
        "Vienna: Border management", "Releases from Vienna on Border management",
    ),
}  # fmt: skip
RUSSIAN = {
    "all": ("Все публикации", "Всё, что публикует Newsroom of X"),
    "untagged": ("Публикации без меток", "Публикации, в которых не указаны ни офис, ни тема"),
    "offices/vienna": ("Vienna", "Публикации – Vienna"),
    "topics/borders": ("Границы", "Публикации по теме: Границы"),
    "types/news": ("News", "Публикации: News"),
    "languages/fr": ("Французский", "Публикации, язык: французский"),
    "languages/ru": ("Русский", "Публикации, язык: русский"),
    "offices/vienna/topics/borders": ("Vienna: Границы", "Публикации – Vienna, по теме: Границы"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feeds"


@pytest.fixture(autouse=True)
def _releases(db: None) -> None:
    newsroom(language="en")
    labels = (office(), topic(names=json.dumps({"ru": "Границы"})))
    write("Une", labels=labels, language="fr", type_id=kind().pk)
    write("Одна", labels=labels, language="ru")


def said() -> dict[str, tuple[str, str]]:
    return {feed.path: (feed.title, feed.subtitle) for feed in all_feeds()}


def test_an_english_newsroom_calls_them_in_english() -> None:
    settle()
    assert said() == ENGLISH


def test_a_russian_newsroom_calls_them_in_russian() -> None:
    settle()
    newsroom(language="ru-RU")
    assert said()["all"] == RUSSIAN["all"]
    newsroom(language="ru")
    assert said() == RUSSIAN
    newsroom(language="ru", description="О нас")
    assert said()["all"] == ("Все публикации", "О нас")


def test_documents_say_so_whatever_language_is_active(folder: Path) -> None:
    newsroom(language="ru")
    go(folder)
    document = json.loads((folder / "topics/borders.json").read_bytes())
    assert document["title"] == "Границы – Newsroom of X"
    assert document["description"] == "Публикации по теме: Границы"
    assert all(item["tags"] == ["Vienna", "Границы", *item["tags"][2:]] for item in document["items"])
    files = held(folder)
    for language in settings.HERALD_LANGUAGES:
        titles_in.cache_clear()
        with translation.override(language):
            assert rebuild(folder, NOW + SECOND).files == 0
            assert translation.get_language() == language
    assert held(folder) == files


def test_another_language_of_the_newsroom_writes_every_feed_once(folder: Path) -> None:
    go(folder)
    english = held(folder)
    newsroom(language="ru")
    assert go(folder, NOW + SECOND).files == len(english)
    assert go(folder, NOW + 2 * SECOND) == Published()
    newsroom(language="en")
    go(folder, NOW + 3 * SECOND)
    assert held(folder) == english


def test_a_name_in_the_language_of_the_newsroom_is_in_its_feeds_at_once(folder: Path) -> None:
    newsroom(language="ru")
    go(folder)
    run("UPDATE feeds_office SET names = %s", json.dumps({"ru": "Вена"}))
    go(folder, NOW + SECOND)
    files = held(folder)
    assert "Вена: Границы" in files["offices/vienna/topics/borders.atom"].decode()
    assert "Публикации – Вена" in files["offices/vienna.rss"].decode()
    assert rebuild(folder, NOW + SECOND).files == 0


def test_outlines_and_selections_are_the_same_for_every_reader(client: Client) -> None:
    settle()
    newsroom(language="ru")
    for path in ("/feeds.opml", "/feeds/selection.atom?office=vienna&topic=borders"):
        answers = [
            client.get(path, headers={"Accept-Language": language}) for language in settings.HERALD_LANGUAGES
        ]
        assert len({(answer.content, answer.headers["ETag"]) for answer in answers}) == 1
    outlines = etree.fromstring(client.get("/feeds.opml").content)
    assert outlines.xpath("body/outline/@text")[:2] == ["Редакция", "Где мы работаем"]
    found = outlines.xpath("body/outline/outline")
    assert {(one.get("text"), one.get("description")) for one in found} == set(RUSSIAN.values())


def test_a_selection_of_everything_is_called_as_the_feed_of_everything_is(client: Client) -> None:
    newsroom(language="ru")
    settle()
    feed = etree.fromstring(client.get("/feeds/selection.atom").content)
    assert feed.findtext("{*}title") == "Все публикации – Newsroom of X"
    assert feed.findtext("{*}subtitle") == "Всё, что публикует Newsroom of X"


@pytest.mark.parametrize("language", settings.HERALD_LANGUAGES)
def test_every_language_of_ours_has_its_own_words(language: str) -> None:
    own, english = titles_in(language), titles_in("en")
    assert (own.about_everything == english.about_everything) is (language == "en")
    for pattern in (own.office, own.topic, own.type):
        assert "50 % of X" in pattern % {"name": "50 % of X"}


def test_of_other_languages_nothing_is_known() -> None:
    assert [spoken(code) for code in ("fr-CH", "RU", "pl", "", "x-y")] == ["fr", "ru", "en", "en", "en"]
    assert [language_name(code, "de") for code in ("ru", "qq", "zzzzzzzz")] == ["Russisch", "qq", "zzzzzzzz"]

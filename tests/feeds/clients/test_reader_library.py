"""The `reader` library subscribes: additions, edits and withdrawals seen right, and nothing fetched twice."""

from __future__ import annotations

import pytest
from reader import Reader, make_reader

from tests.feeds.stories import edit, kind, office, withdraw, write

pytestmark = pytest.mark.holds("F10")


@pytest.fixture
def reader(tmp_path):
    with make_reader(str(tmp_path / "reader.sqlite")) as reader:
        yield reader


def look(reader: Reader):
    """What the one feed brought: (new, modified) entries, or None if it was not modified."""
    ((_, result),) = [(one.url, one.value) for one in reader.update_feeds_iter(scheduled=False)]
    assert not isinstance(result, Exception), result
    return result and (result.new, result.modified)


def titles(reader: Reader) -> set[str]:
    return {entry.title for entry in reader.get_entries()}


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_it_sees_what_is_added_edited_and_withdrawn_and_304_in_between(stand, reader, suffix):
    vienna, news = office(), kind()
    first = write(
        "Первый", labels=(vienna,), type_id=news.pk, url="https://news.example/1", language="ru",
        summary="Кратко & ясно", body="<p>Текст 🙂</p>", author="Ann Example", image_url="https://news.example/a.png",
    )  # fmt: skip
    second = write("second")
    stand.publish()
    address = f"{stand.url}/feeds/all.{suffix}"
    reader.add_feed(address)
    assert look(reader) == (2, 0)
    assert look(reader) is None
    assert stand.statuses() == [200, 304]
    write("third")
    edit(first, title="Первый, исправлено", editors_note="Дата была неверна.")
    stand.publish()
    assert look(reader) == (1, 1)
    assert titles(reader) == {"Первый, исправлено", "second", "third"}
    withdraw(second)
    stand.publish()
    assert look(reader) == (0, 0)
    write("fourth")  # it keeps its ETag until an entry is new or another
    stand.publish()
    assert look(reader) == (1, 0)
    assert look(reader) is None
    assert stand.statuses() == [226, {"atom": 226}.get(suffix, 200), {"atom": 226}.get(suffix, 200), 304]
    entry = next(entry for entry in reader.get_entries() if entry.link == "https://news.example/1")
    assert entry.id.startswith("tag:x.example,2025:release/")
    assert entry.authors_str == "Ann Example"
    assert "Исправление" in (entry.get_content().value or "")
    if suffix != "json":
        assert [one.href for one in entry.enclosures] == ["https://news.example/a.png"]
    reader.delete_feed(address)
    reader.add_feed(address)
    assert look(reader) == (3, 0)
    assert titles(reader) == {"Первый, исправлено", "third", "fourth"}, (
        "who comes later never sees what was withdrawn"
    )


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_a_translation_is_an_entry_of_its_own_and_links_lead_to_each(stand, reader, suffix):
    english = write("English", url="https://news.example/en", language="en")
    write("Deutsch", url="https://news.example/de", language="de", translation_of_id=english)
    stand.publish()
    reader.add_feed(f"{stand.url}/feeds/all.{suffix}")
    look(reader)
    assert {entry.title: entry.link for entry in reader.get_entries()} == {
        "English": "https://news.example/en", "Deutsch": "https://news.example/de",
    }  # fmt: skip
    feed = reader.get_feed(f"{stand.url}/feeds/all.{suffix}")
    assert (feed.title, feed.link) == ("All releases – Newsroom of X", f"{stand.url}/feeds/all")


@pytest.mark.holds("F9")
@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_one_poisonous_release_keeps_no_other_from_it(stand, reader, suffix):
    write("before")
    write("\x0b]]>\ufffe", summary="\x08", body="<p><b>&#0;</i>" + "x" * 10_000, image_url="javascript:1")
    write("\u202egnidliub")
    write("after")
    stand.publish()
    reader.add_feed(f"{stand.url}/feeds/all.{suffix}")
    assert look(reader) == (4, 0)
    assert {"before", "after"} < titles(reader)


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_a_selection_by_address_is_a_feed_like_any(stand, reader, suffix):
    vienna = office()
    write("here", labels=(vienna,))
    write("elsewhere")
    stand.publish()
    reader.add_feed(f"{stand.url}/feeds/selection.{suffix}?office=vienna")
    assert look(reader) == (1, 0)
    assert look(reader) is None
    assert stand.statuses() == [200, 304]
    write("here too", labels=(vienna,))
    stand.publish()
    assert look(reader) == (1, 0)
    assert titles(reader) == {"here", "here too"}

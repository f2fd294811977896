"""What is laid in a folder, in the release store."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds import intake, notice, store
from feeds.models import Office, Release
from tests.feeds.intake.kit import make_source
from tests.feeds.sources.watched import NOON, Watched

pytestmark = pytest.mark.django_db


class Newsroom(Watched):
    """A watched folder whose releases are stored and noticed."""

    def __init__(self, root) -> None:
        super().__init__(root)
        self.source = make_source("folder", first_complete_at=NOON)

    def publish(self, text: str, name: str = "a.md") -> Release:
        self.now += timedelta(minutes=1)
        self.lay(name, text)
        fetched = self.look()
        intake.take_in(fetched.items, self.source, self.now, complete=fetched.complete)
        notice.take(self.now)
        return Release.objects.get(keys__key=name.removesuffix(".md"))


@pytest.fixture
def newsroom(tmp_path) -> Newsroom:
    Office.objects.bulk_create([Office(slug="vienna", name="Vienna")])
    return Newsroom(tmp_path)


def markdown(title: str = "A", text: str = "Text.", **fields: str) -> str:
    lines = [f"title: {title}", "date: 2025-02-17", *(f"{name}: {value}" for name, value in fields.items())]
    return "\n".join(["---", *lines, "---", text, ""])


def test_what_runs_is_taken_out_of_markdown(newsroom):
    release = newsroom.publish(
        markdown(text="Read <script>alert(1)</script> **this** <b onclick='x()'>now</b>.")
    )
    assert release.body == "<p>Read  <strong>this</strong> <b>now</b>.</p>"


def test_an_edited_file_edits_its_release_and_what_it_says_no_more_is_taken_away(newsroom):
    first = newsroom.publish(markdown(summary="A summary.", offices="Vienna"))
    again = newsroom.publish(markdown(title="B"))
    assert (again.pk, again.title, again.summary, again.offices.count()) == (first.pk, "B", "", 0)


def test_an_embargo_in_a_file_is_kept(newsroom):
    embargo = datetime(2025, 2, 18, 9, tzinfo=UTC)
    release = newsroom.publish(markdown(embargo="2025-02-18T10:00:00+01:00"))
    assert (release.state, release.visible_at) == ("scheduled", embargo)
    assert not store.shown().exists()


def test_a_file_withdraws_in_words_and_takes_it_back(newsroom):
    newsroom.publish(markdown())
    release = newsroom.publish(markdown(withdrawn="By mistake."))
    assert (release.state, release.withdrawn_reason) == ("withdrawn", "By mistake.")
    assert newsroom.publish(markdown()).state == "published"


def test_a_translation_names_the_key_of_its_original(newsroom):
    original = newsroom.publish(markdown(), "a.md")
    translation = newsroom.publish(markdown(title="Ein Titel", language="de", translation_of="a"), "a.de.md")
    assert translation.translation_of_id == original.pk

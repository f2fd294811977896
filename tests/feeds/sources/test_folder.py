"""A folder that is watched: what a look takes, and when."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from feeds.models import Newsroom
from feeds.sources import folder
from feeds.sources.way import Origin, Tools, Unusable
from feeds.web.answer import Unreachable
from tests.feeds.sources.watched import NOON, RELEASE, Watched, keys, only, said, titles

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


@pytest.fixture
def begun(watched: Watched) -> Watched:
    """A folder whose first look is over."""
    watched.look()
    return watched


# looking


def test_the_first_look_has_all_and_the_next_only_what_came(watched):
    watched.lay("a.md", RELEASE.format("A"))
    watched.lay("2025/02/b.md", RELEASE.format("B"))
    first = watched.look()
    assert (titles(first), first.complete, first.unchanged, said(first)) == (["A", "B"], True, False, [])
    again = watched.look()
    assert (titles(again), again.complete, again.unchanged) == ([], False, True)
    watched.lay("c.md", RELEASE.format("C"))
    third = watched.look()
    assert (titles(third), third.complete, third.unchanged) == (["C"], False, False)


def test_an_empty_folder_is_looked_at_completely(watched):
    first = watched.look()
    assert (first.items, first.complete, first.unchanged) == ((), True, False)


def test_a_look_at_what_has_not_changed_leaves_the_memory_as_it_was(watched):
    watched.lay("a.md", RELEASE.format("A"))
    watched.look()
    before = watched.memory
    watched.look()
    assert watched.memory == before


def test_editing_a_file_edits_its_release(begun):
    begun.lay("news/a.md", RELEASE.format("A"))
    assert keys(begun.look()) == ["news/a"]
    begun.lay("news/a.md", RELEASE.format("Otherwise"), seconds_ago=10)
    edited = begun.look()
    assert (keys(edited), titles(edited)) == (["news/a"], ["Otherwise"])


def test_deleting_a_file_withdraws_nothing_and_forgets_it(begun):
    path = begun.lay("a.md", RELEASE.format("A"))
    begun.look()
    path.unlink()
    gone = begun.look()
    assert (gone.items, gone.faults, gone.unchanged) == ((), (), True)
    assert gone.memory == {"taken": {}}


def test_releases_in_a_list_keep_their_own_keys(begun):
    begun.lay("list.json", json.dumps([{"title": "A", "date": "2025-02-17"}]))
    begun.lay("rows.csv", "title,date,id\nB,2025-02-17,7\n")
    assert sorted(keys(begun.look())) == ["", "7"]


def test_listings_and_feeds_are_read_too(begun):
    data = Path(__file__).parent.parent / "data"
    for name in ("newsroom-listing.txt", "feed.atom"):
        begun.lay(name, (data / name).read_bytes())
    assert len(begun.look().items) > 7


def test_labels_and_links_are_read_as_the_options_say(begun):
    Newsroom.objects.bulk_create([Newsroom(pk=1, home_url="https://home.example.org/")])
    page = (Path(__file__).parent.parent / "data" / "newsroom-listing.html").read_bytes()
    begun.lay("a.html", page)
    begun.lay("b.txt", "Titre\nDate de publication: 03/02/2025\nUn texte.")
    found = begun.look(labels={"date": "Date de publication"}, dates={"first": "day"})
    assert titles(found) == ["Titre"]
    begun.lay("c.html", page)
    assert begun.look().items[0].url.startswith("https://home.example.org/")
    begun.lay("d.html", page)
    assert begun.look(base_url="https://own.example.org").items[0].url.startswith("https://own.example.org/")


# complete files only


def test_a_file_is_taken_when_it_has_been_left_alone_for_two_seconds(begun):
    path = begun.lay("a.md", RELEASE.format("A"), seconds_ago=-4.5)
    assert begun.look().unchanged
    begun.touch(path, seconds_ago=-0.5)
    assert begun.look(after=1).unchanged  # written to since
    assert begun.look(after=1).unchanged
    assert titles(begun.look(after=1.5)) == ["A"]


def test_a_file_from_the_future_is_taken_at_the_second_look(begun):
    begun.lay("a.md", RELEASE.format("A"), seconds_ago=-86400)
    assert begun.look().unchanged
    assert titles(begun.look()) == ["A"]


def test_an_empty_file_is_given_a_minute(begun):
    path = begun.lay("a.md", "", seconds_ago=30)
    assert (begun.look().faults, path.exists()) == ((), True)
    (fault,) = begun.look(after=60).faults
    assert fault.found == "an empty file"
    assert not path.exists()


@pytest.mark.parametrize(
    "name", [".a.md", "a.md.part", "a.MD.TMP", "a.md.crdownload", "a.md~", ".sync/a.md", "rejected/a.md"]
)
def test_what_is_hidden_or_unfinished_is_not_looked_at(begun, name):
    path = begun.lay(name, "junk")
    assert (begun.look().faults, path.exists()) == ((), True)


def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_look(begun, monkeypatch):
    path = begun.lay("a.md", RELEASE.format("A"))
    whole = folder.files.read_open

    def read_and_grow(file, name, manner):
        with path.open("a") as more:
            more.write("More.\n")
        return whole(file, name, manner)

    with monkeypatch.context() as patched:
        patched.setattr(folder.files, "read_open", read_and_grow)
        assert begun.look().items == ()
    begun.touch(path, 5)
    assert "More." in begun.look().items[0].body


def test_the_first_look_waits_for_what_is_being_written_but_not_for_ever(watched):
    watched.lay("a.md", RELEASE.format("A"))
    growing = watched.lay("log.txt", "A line\n")
    for _ in range(13):
        watched.touch(growing, seconds_ago=-5)
        look = watched.look()
        if look.items:
            break
        assert (look.complete, look.unchanged) == (False, True)
    assert (titles(look), look.complete) == (["A"], True)
    assert watched.now - NOON > timedelta(seconds=60)


# links and other odd things


def test_a_link_that_leads_out_of_the_folder_is_not_followed(begun, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.md"
    secret.write_text(RELEASE.format("Secret"))
    (begun.root / "link.md").symlink_to(secret)
    (begun.root / "folder").symlink_to(secret.parent)
    look = begun.look()
    assert look.items == ()
    assert "a link that leads out of the folder" in said(look)[0]
    assert (begun.look().faults, secret.exists(), (begun.root / "link.md").is_symlink()) == ((), True, True)


def test_a_link_within_the_folder_is_followed_to_a_file_and_not_to_a_folder(begun):
    begun.lay("2025/a.md", RELEASE.format("A"))
    (begun.root / "latest.md").symlink_to("2025/a.md")
    (begun.root / "loop").symlink_to(".")
    (begun.root / "broken.md").symlink_to("2025/nothing.md")
    (begun.root / "itself.md").symlink_to("itself.md")
    assert sorted(keys(begun.look())) == ["2025/a", "latest"]


def test_a_pipe_is_not_waited_for(begun):
    os.mkfifo(begun.root / "pipe.md")
    assert said(begun.look()) == ["pipe.md: something that is no file; expected files, and folders of them"]
    assert begun.look().unchanged


def test_a_name_that_is_not_utf_8_is_written_out(begun):
    name = os.fsencode(begun.root) + b"/caf\xe9.md"
    Path(os.fsdecode(name)).write_text(RELEASE.format("A"))
    begun.touch(Path(os.fsdecode(name)), 60)
    assert keys(begun.look()) == ["caf\\xe9"]
    assert begun.look().unchanged


def test_folders_deeper_than_anyone_needs_are_said_once(begun):
    begun.lay("/".join("a" * 20) + "/deep.md", RELEASE.format("Deep"))
    assert "a folder more than 16 deep" in said(begun.look())[0]
    assert begun.look().unchanged


# the folder itself


@pytest.mark.parametrize(
    ("address", "found"), [("", "no folder"), ("nowhere", "does not exist"), ("f", "is no folder")]
)
def test_an_address_that_is_no_folder_is_said(tmp_path, settings, address, found):
    settings.HERALD_HOME = tmp_path
    (tmp_path / "f").write_text("")
    with pytest.raises(Unusable, match=found):
        folder.fetch(Origin("x", address, "", folder.Options()), {}, Tools(None, NOON, set))


def test_an_address_is_absolute_or_in_the_home(tmp_path, settings):
    settings.HERALD_HOME = tmp_path
    (tmp_path / "in").mkdir()
    assert folder.place("in") == folder.place(str(tmp_path / "in")) == tmp_path / "in"


def test_more_files_than_a_folder_may_have_are_refused(begun, monkeypatch):
    monkeypatch.setattr(folder.folder_look, "MOST", 2)
    for number in range(3):
        begun.lay(f"{number}.md", "x")
    with pytest.raises(Unusable, match="more than 2 files"):
        begun.look()


def test_a_folder_that_may_not_be_read_may_be_later(begun):
    with only(begun.root, 0o300, os.R_OK), pytest.raises(Unreachable, match="Permission denied"):
        begun.look()


def test_a_file_that_may_not_be_read_is_said_once_and_taken_when_it_may(begun):
    path = begun.lay("a.md", RELEASE.format("A"))
    with only(path, 0o200, os.R_OK):
        assert said(begun.look()) == ["a.md: cannot be read (Permission denied); expected a file"]
        assert begun.look().faults == ()
    assert titles(begun.look()) == ["A"]


def test_a_folder_within_that_may_not_be_read_is_said_once(begun):
    begun.lay("good.md", RELEASE.format("Good"))
    begun.lay("closed/a.md", RELEASE.format("A"))
    with only(begun.root / "closed", 0o300, os.R_OK):
        look = begun.look()
        assert (titles(look), look.faults[0].found) == (["Good"], "a folder that may not be read")
        assert begun.look().faults == ()
    assert titles(begun.look()) == ["A"]

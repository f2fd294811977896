"""Files and folders in the order of their dates, read one release at a time."""

import io
import json
from pathlib import Path

import pytest

from feeds import intake, shelf
from feeds.models import Release, Source
from feeds.sources import files
from feeds.sources.files import Manner
from tests.feeds.intake.kit import NOW, make_source

DATA = Path(__file__).parent / "data"


def rows(*releases: tuple[str, str], **more: str) -> bytes:
    return b"".join(json.dumps({"title": t, "date": d, **more}).encode() + b"\n" for t, d in releases)


def shelf_of(data: bytes, name: str = "x", progress=lambda done, total: None) -> shelf.Shelf:
    return shelf.of_file(io.BytesIO(data), name, Manner(), progress)


def titles(kept: shelf.Shelf) -> list[str]:
    return [item.title for item in kept]


def test_the_oldest_comes_first_whatever_the_order_of_the_file():
    kept = shelf_of(rows(("B", "2025-02-17"), ("A", "2025-01-01"), ("C", "2025-03-01")))
    assert (len(kept), titles(kept)) == (3, ["A", "B", "C"])


def test_of_one_day_the_first_comes_first_unless_the_newest_is_on_top():
    old_first = (("A", "2025-01-01"), ("B", "2025-01-02"), ("C", "2025-01-02"))
    assert titles(shelf_of(rows(*old_first))) == ["A", "B", "C"]
    assert titles(shelf_of(rows(*reversed(old_first)))) == ["A", "B", "C"]


def test_of_those_that_share_a_key_the_newest_is_kept():
    data = rows(("A", "2025-01-01"), ("B", "2025-02-01"), key="1")
    assert titles(shelf_of(data)) == ["B"]


@pytest.mark.parametrize(
    "name", ["newsroom-listing.txt", "feed.atom", "list.json", "semicolons.csv", "lines.ndjson"]
)
def test_a_shelf_holds_what_a_reading_has(name):
    data = (DATA / name).read_bytes()
    reading = files.read_open(io.BytesIO(data), name, Manner())
    kept = shelf_of(data, name)
    assert sorted(titles(kept)) == sorted(item.title for item in reading.items)
    assert (kept.faults, kept.complete) == (list(reading.faults), reading.complete)


def test_it_can_be_gone_through_again():
    kept = shelf_of(rows(("A", "2025-01-01"), ("B", "2025-02-01")))
    assert titles(kept) == titles(kept) == ["A", "B"]


def test_a_file_that_changes_meanwhile_costs_what_changed(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_bytes(rows(("A", "2025-01-01"), ("B", "2025-02-01")))
    with path.open("rb") as file:
        kept = shelf.of_file(file, "a.ndjson", Manner(), lambda done, total: None)
        path.write_bytes(path.read_bytes().replace(b'"A"', b'"A,'))
        assert titles(kept) == ["B"]
    assert [str(fault) for fault in kept.faults] == [
        "a.ndjson:1: something else than a moment ago; expected a file that nobody writes to meanwhile"
    ]


def test_progress_is_told_from_the_beginning():
    told = []
    data = rows(*((f"R{n}", "2025-01-01") for n in range(250)))
    shelf_of(data, progress=lambda done, total: told.append((done, total)))
    assert [total for _, total in told] == [len(data)] * 3
    assert told[0] == (0, len(data))


def test_a_folder_is_read_under_the_keys_it_has_where_it_is_watched(tmp_path):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "b.md").write_text("---\ntitle: B\ndate: 2025-02-17\n---\n")
    (tmp_path / "a.csv").write_text("title,date\nC,2025-03-01\nA,2025-01-01\nX,soon\n")
    (tmp_path / "junk.txt").write_text("junk")
    told = []
    kept = shelf.of_folder(tmp_path, Manner(), lambda done, total: told.append((done, total)))
    assert [(item.title, item.key) for item in kept] == [("A", ""), ("B", "news/b"), ("C", "")]
    assert [fault.file for fault in kept.faults] == ["a.csv", "junk.txt"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert (tmp_path / "junk.txt").exists()


@pytest.mark.django_db
def test_an_import_that_was_interrupted_goes_on_where_it_stopped():
    source = make_source("big")
    days = [f"2025-01-{1 + n % 28:02}" for n in range(1200)]
    data = rows(*((f"Release {n}", day) for n, day in enumerate(days)))

    def stop(done: int) -> None:
        if done >= 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        intake.take_in(shelf_of(data), source, NOW, in_order=True, progress=stop)
    assert Release.objects.count() == 500
    assert Source.objects.get(pk=source.pk).first_complete_at is None
    report = intake.take_in(shelf_of(data), source, NOW, in_order=True)
    assert (len(report.new), report.changed, report.same) == (700, (), 500)
    dates = list(Release.objects.order_by("pk").values_list("published_on", flat=True))
    assert dates == sorted(dates)
    again = intake.take_in(shelf_of(data), source, NOW, in_order=True)
    assert (again.new, again.changed, again.same) == ((), (), 1200)

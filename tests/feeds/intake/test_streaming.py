"""Much at once: what says nothing new costs little, and an archive is read as it is written."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from feeds import drafting, intake
from feeds.models import Change, Release, ReleaseKey
from tests.feeds.intake.kit import BORDER, LATER, NOW, changes, no_change, take_in, the_release

pytestmark = pytest.mark.django_db


def numbered(count):
    first = date(2025, 1, 1)
    return [
        replace(BORDER, key=f"k{n}", url="", title=f"T {n}", published_on=first + timedelta(days=n))
        for n in range(count)
    ]


@pytest.mark.parametrize("in_order", [True, False])
def test_an_archive_is_read_as_it_is_written(source, monkeypatch, in_order):
    monkeypatch.setattr(intake, "BATCH", 10)
    read, told = [], []

    def items():
        for item in numbered(35):
            read.append(item)
            yield item

    report = intake.take_in(
        items(), source, NOW, in_order=in_order, progress=lambda done: told.append((done, len(read)))
    )
    assert len(report.new) == 35
    assert told == [(10, 10), (20, 20), (30, 30), (35, 35)] if in_order else told[0] == (10, 35)


def test_an_intake_that_was_stopped_goes_on_where_it_was(source, monkeypatch):
    monkeypatch.setattr(intake, "BATCH", 10)

    def cut_short():
        yield from numbered(25)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        intake.take_in(cut_short(), source, NOW, in_order=True)
    assert Release.objects.count() == 20
    report = intake.take_in(numbered(35), source, NOW, in_order=True)
    assert (len(report.new), report.same) == (15, 20)


def test_a_key_that_comes_again_in_a_stream_is_a_fault_and_the_first_is_kept(source):
    items = [BORDER, replace(BORDER, title="Another", line=7)]
    for _ in range(2):
        report = intake.take_in(items, source, NOW, in_order=True)
        assert [str(fault) for fault in report.faults] == [
            "newsroom:7: a key that another release has, too; expected each key once"
        ]
    assert the_release().title == BORDER.title


def test_what_says_nothing_new_is_not_even_cleaned(source, monkeypatch):
    take_in(source, *numbered(20))
    monkeypatch.delattr(drafting, "draft")
    assert take_in(source, *numbered(20)).same == 20
    assert intake.take_in(numbered(20), source, NOW, in_order=True).same == 20


def test_what_differs_only_before_cleaning_changes_nothing_and_is_known_the_next_time(source, monkeypatch):
    take_in(source, BORDER)
    no_change()
    respelt = replace(BORDER, title=" Border \u200bguards trained ")
    assert take_in(source, respelt).same == 1
    assert changes() == 0
    monkeypatch.delattr(drafting, "draft")
    assert take_in(source, respelt).same == 1


def test_other_rules_of_cleaning_look_at_everything_again(source, monkeypatch):
    take_in(source, BORDER)
    before = ReleaseKey.objects.get().raw
    ReleaseKey.objects.update(told={})  # as if nothing had been told by today's rules
    Release.objects.update(summary="By yesterday's rules")
    assert take_in(source, BORDER).same == 1
    monkeypatch.setattr(drafting, "CLEANING", drafting.CLEANING + 1)
    assert len(take_in(source, BORDER).changed) == 1
    assert the_release().summary == "A course."
    assert ReleaseKey.objects.get().raw != before


def test_another_write_to_a_release_is_no_reason_to_look_again(source):
    take_in(source, BORDER)
    Release.objects.update(title="By an editor")
    count = Change.objects.count()
    intake.take_in([BORDER], source, LATER)
    assert (the_release().title, Change.objects.count()) == ("By an editor", count)

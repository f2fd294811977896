"""A page without addresses: what was edited there, and what is another release."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import intake
from feeds.edits import Item, alike, same_day_edits
from feeds.models import Release, ReleaseKey
from feeds.previewing import preview
from tests.feeds.intake.kit import BORDER, make_source, take_in, the_release

DAY = date(2025, 2, 17)
LONG = (
    "Thirty-one officers of the border service took part in a five-day course on the handling of dogs, which was held"
    " in Bishkek together with the ministry and ended on Friday with an examination."
)
OTHER = "The ambassador met the mayor of Tirana and spoke of the coming local elections and their observers."


def item(title, summary="", name="", day=DAY):
    return Item(name or title, title, summary, day)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Border guards trained with dogs", ""), ("Border guards trained with their dogs", "")),
        (("Border guards trained with dogs", LONG), ("Border guards trained with “dogs”", LONG[:-30] + ".")),
        (("Border guards trained", LONG), ("Officers learn to handle dogs in Bishkek", LONG)),
        (("31 officers trained", LONG), ("Officers learn to handle dogs in Bishkek", LONG)),
        (("OSCE trains 31 officers in Osh", ""), ("OSCE trains 31 officers at Osh", "A new summary.")),
    ],
)
def test_an_edit(before, after):
    assert alike(item(*before), item(*after))
    assert alike(item(*after), item(*before))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Daily report 12/2025", ""), ("Daily report 13/2025", "")),
        (("Daily report 12/2025", LONG), ("Daily report 13/2025", LONG)),
        (("Election observers arrive, part I", LONG), ("Election observers arrive, part II", LONG)),
        (("Press briefing of the mission, morning", ""), ("Press briefing of the mission, evening", "")),
        (("Statement on the first round of voting", LONG), ("Statement on the second round of voting", LONG)),
        (("Border guards trained with dogs", LONG), ("Border guards trained with dogs in Osh", OTHER)),
        (("Border guards trained", "A course."), ("Officers learn to handle dogs", "A course.")),
        (("Border guards trained", LONG), ("Elections in Albania", OTHER)),
        (("", ""), ("", LONG)),
    ],
)
def test_no_edit(before, after):
    assert not alike(item(*before), item(*after))
    assert not alike(item(*after), item(*before))


def test_other_days_are_other_releases():
    assert (
        same_day_edits(
            [item("Border guards trained")], [item("Border guards trained.", day=date(2025, 2, 18))]
        )
        == []
    )


def test_whatever_is_ambiguous_is_no_edit():
    old, new = item("Border guards trained in Osh"), item("Border guards trained at Osh")
    twin = replace(new, name="twin", title="Border guards train in Osh")
    assert same_day_edits([old], [new]) == [(old.name, new.name)]
    assert same_day_edits([old], [new, twin]) == []
    assert same_day_edits([old, replace(old, name="old twin")], [new]) == []


def test_a_day_on_which_everything_changed_is_a_new_page():
    old = [item(f"{'abcdefghij'[n % 10] * 30} {n}", name=f"old {n}") for n in range(31)]
    assert same_day_edits(old, [replace(one, name=f"new {one.name}") for one in old]) == []


ITEMS = st.lists(
    st.builds(Item, st.uuids().map(str), st.text(max_size=20), st.text(max_size=20), st.just(DAY)), max_size=6
)


@given(ITEMS, ITEMS)
def test_each_release_is_in_one_pair_at_most(gone, come):
    pairs = same_day_edits(gone, come)
    for side in zip(*pairs, strict=True):
        assert len(set(side)) == len(side)
    assert sorted(pairs) == sorted(same_day_edits(gone[::-1], come[::-1]))


# in the store

BARE = replace(BORDER, key="", url="", title="Border guards trained with dogs", summary=LONG)
EDITED = replace(BARE, title="Border guards trained with their dogs")
SECOND = replace(BARE, title="Elections in Albania", summary=OTHER)


@pytest.mark.django_db
def test_a_release_edited_on_a_page_without_addresses_stays_one(source):
    take_in(source, BARE, SECOND)
    Release.objects.filter(title=BARE.title).update(summary=f"{LONG} Well done.")
    seen = preview([EDITED, SECOND], source)
    report = take_in(source, EDITED, SECOND)
    assert (len(report.new), len(report.changed), report.same) == (0, 1, 1)
    assert ([edit.fields for edit in seen.changed], seen.same) == ([("title",)], 1)
    assert Release.objects.get(title=EDITED.title).summary == f"{LONG} Well done."
    assert ReleaseKey.objects.count() == 2
    assert take_in(source, EDITED, SECOND).same == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("batch", "new"), [(3, 0), (2, 1)])
def test_what_is_read_as_it_is_written_is_known_as_a_whole_if_it_is_one_batch(
    source, monkeypatch, batch, new
):
    take_in(source, SECOND, BARE)
    monkeypatch.setattr(intake, "BATCH", batch)
    assert len(take_in(source, SECOND, EDITED, in_order=True).new) == new


@pytest.mark.django_db
def test_an_edit_that_is_taken_back_is_an_edit(source):
    take_in(source, BARE)
    take_in(source, EDITED)
    assert len(take_in(source, BARE).changed) == 1
    assert the_release().title == BARE.title


@pytest.mark.django_db
def test_two_daily_reports_of_one_day_are_two(source):
    take_in(source, replace(BARE, title="Daily report 12/2025"))
    take_in(source, replace(BARE, title="Daily report 13/2025"))
    assert Release.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "come",
    [
        (EDITED, BARE),  # nothing has gone
        (replace(EDITED, key="2"),),  # it has a name of its own
        (replace(EDITED, url="https://newsroom.example.org/2"),),
        (replace(EDITED, published_on=date(2025, 2, 18)),),
    ],
)
def test_otherwise_a_similar_one_is_new(source, come):
    take_in(source, BARE)
    assert len(take_in(source, *come).new) == 1


@pytest.mark.django_db
def test_only_a_complete_fetch_shows_what_has_gone(source):
    take_in(source, BARE)
    assert len(take_in(source, EDITED, complete=False).new) == 1


@pytest.mark.django_db
def test_what_another_source_brought_is_not_touched(source):
    take_in(make_source("other"), BARE)
    assert len(take_in(source, EDITED).new) == 1

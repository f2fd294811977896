"""One release as a person or a program writes it down."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.sources import record
from feeds.sources.item import RawItem
from feeds.sources.record import ALIASES, EXPECTED, NAMES, Record, Wrong, name_of

LEAST = {"title": "A release", "date": "2025-02-17"}
DAY = date(2025, 2, 17)


def item(**values) -> RawItem:
    read = record.read(LEAST | values)
    assert isinstance(read, Record), read
    return read.to_item()


def wrong(**values) -> tuple[Wrong, ...]:
    read = record.read(LEAST | values)
    assert isinstance(read, tuple), read
    return read


def test_what_a_record_leaves_out_is_meant_to_be_empty():
    assert item() == RawItem(title="A release", published_on=DAY, whole=True)
    assert item(summary=None, body="", offices=[], embargo=" ", silent="", withdrawn=None) == item()


def test_every_field_reaches_intake_under_its_own_name():
    given_values = {
        "key": "r1", "url": "https://newsroom.example.org/1", "summary": "S", "body": "<p>B</p>", "type": "News",
        "offices": ["Vienna"], "topics": ["Youth"], "language": "en", "author": "Ann", "editors_note": "N",
        "image": "https://newsroom.example.org/1.png", "embargo": "2025-02-18T09:00:00Z", "silent": True,
        "withdrawn": "By mistake.", "translation_of": "r0",
    }  # fmt: skip
    assert item(**given_values) == RawItem(
        title="A release", published_on=DAY, key="r1", url="https://newsroom.example.org/1", summary="S",
        body="<p>B</p>", type="News", offices=("Vienna",), topics=("Youth",), language="en", author="Ann",
        image_url="https://newsroom.example.org/1.png", whole=True,
        visible_at=datetime(2025, 2, 18, 9, tzinfo=UTC), silent=True, editors_note="N", withdrawn="By mistake.",
        translation_of="r0",
    )  # fmt: skip


@pytest.mark.parametrize("written", ["Editor's note", "editors-note", " EDITORS NOTE ", "editor’s_note"])
def test_names_are_taken_however_they_are_written(written):
    assert item(**{written: "N"}).editors_note == "N"


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_other_names_stand_for_a_field_but_not_beside_it(alias, name):
    assert name_of(alias) == name
    read = record.read({"title": "A", "date": "2025-02-17", alias: "2025-02-17", name: "2025-02-17"})
    assert isinstance(read, tuple)
    assert (read[0].found, read[0].expected) == (f"{name} twice", f"one value for it ({name} or {alias})")


@pytest.mark.parametrize(
    "written",
    [
        "2025-02-17",
        "17 February 2025",
        "2025-02-17T23:59:59-12:00",
        "2025-02-17 00:00",
        " 2025-02-17 ",
        "17.2.2025",
        DAY,
    ],
)
def test_a_date_is_the_one_that_is_written_there(written):
    assert item(date=written).published_on == DAY


@pytest.mark.parametrize("written", ["03/02/2025", "2025-02-30", "soon", 20250217, "0001-01-01", True])
def test_what_is_no_date_is_said(written):
    (one,) = wrong(date=written)
    assert (one.field, one.expected) == ("date", EXPECTED["published_on"])


@pytest.mark.parametrize(
    "written", ["2025-02-17T10:00:00+01:00", "2025-02-17 09:00Z", "2025-02-17T09:00:00+00:00"]
)
def test_an_embargo_is_an_instant_in_utc(written):
    assert item(embargo=written).visible_at == datetime(2025, 2, 17, 9, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2025-02-17T10:00", "2025-02-17 10:00:00", "2025-02-17"])
def test_an_embargo_without_an_offset_is_refused(written):
    (one,) = wrong(embargo=written)
    assert one.found == f'embargo "{written}" without an offset'
    assert "+01:00" in one.expected


@pytest.mark.parametrize("written", ["tomorrow", 1739779200, "9999-12-31T23:59:59-12:00", True])
def test_what_is_no_instant_is_refused(written):
    assert [one.expected for one in wrong(embargo=written)] == [EXPECTED["visible_at"]]


def test_lists_may_be_written_in_one_text():
    assert item(offices="Vienna; Bishkek|Tirana;").offices == ("Vienna", "Bishkek", "Tirana")
    assert item(offices=["Vienna; and more"]).offices == ("Vienna; and more",)


def test_a_plain_yes_is_no_reason_for_a_withdrawal_and_a_plain_no_is_none():
    for yes in ("true", "Yes", True, 1):
        assert [one.expected for one in wrong(withdrawn=yes)] == ["the reason, in words"]
    for no in ("false", "no", False, 0):
        assert item(withdrawn=no).withdrawn == ""


def test_an_unknown_field_is_a_fault_that_names_the_nearest():
    assert wrong(offce="Vienna") == (Wrong("offce", 'an unknown field "offce"', '"offices"'),)
    (one,) = wrong(quux="1")
    assert one.expected == f"one of {', '.join(NAMES)}"


def test_all_that_is_wrong_is_said_at_once_and_the_title_never():
    read = record.read({"title": "Secret accord", "date": "x", "url": "y", "silent": "z", "language": "€"})
    assert isinstance(read, tuple)
    assert {one.field for one in read} == {"date", "url", "silent", "language"}
    assert "Secret" not in str(read)


def test_half_a_character_is_left_out():
    assert item(title="A \ud83d release", offices=["V\udcffienna"]).title == "A  release"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*NAMES, *ALIASES]) | st.text(max_size=10), VALUES, max_size=8))
def test_whatever_is_given_there_is_a_record_or_what_is_wrong(values):
    for one in (
        values,
        LEAST | {k: v for k, v in values.items() if name_of(k) not in {"title", "published_on"}},
    ):
        read = record.read(one)
        if isinstance(read, Record):
            assert read.to_item().whole
        else:
            assert all(fault.found and fault.expected for fault in read)

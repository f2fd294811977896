"""docs/files.md: its examples are read as it says, and its table has the fields there are."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from feeds.sources import files
from feeds.sources.files import Manner
from feeds.sources.item import RawItem
from feeds.sources.record import ALIASES, NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "files.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.M | re.S))
YEAR, BEFORE = date(2025, 2, 17), date(2024, 2, 19)


def whole(title: str, day: date, **values) -> RawItem:
    return RawItem(title, day, whole=True, **values)


EXPECTED = {
    "markdown": [
        whole(
            "Bishkek: new centre opens",
            YEAR,
            type="News",
            offices=("Programme Office in Bishkek",),
            topics=("Youth", "Arms control"),
            visible_at=datetime(2025, 2, 18, 9, tzinfo=UTC),
            body="<p>The centre opens its doors <strong>tomorrow</strong>.</p>\n",
        )
    ],
    "json": [
        whole("Report for 2024", YEAR, key="4711", topics=("Youth", "Arms control")),
        whole("Report for 2023", BEFORE, key="4712", withdrawn="Its figures were wrong."),
    ],
    "ndjson": [whole("Report for 2024", YEAR, key="4711"), whole("Report for 2023", BEFORE, key="4712")],
    "csv": [
        whole("Report for 2024", YEAR, offices=("Secretariat",), body=" <p>The year in figures.</p>"),
        whole(
            "Report for 2023; revised",
            BEFORE,
            offices=("Secretariat", "Programme Office in Bishkek"),
            body="<p>The year\nin figures.</p>",
        ),
    ],
}


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_an_example_is_read_as_the_page_says(kind):
    reading = files.read_open(io.BytesIO(EXAMPLES[kind].encode()), "example", Manner())
    assert (list(reading.items), reading.faults) == (EXPECTED[kind], ())


def test_every_example_has_its_reading():
    assert set(EXAMPLES) == set(EXPECTED)


def test_the_table_has_the_fields_there_are():
    rows = re.findall(r"^\| `(\w+)` \| (?:`(\w+)` )?\|", PAGE, re.M)
    assert tuple(name for name, _ in rows) == NAMES
    assert {alias: name for name, alias in rows if alias} == ALIASES

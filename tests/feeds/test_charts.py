"""Where bars and lines lie."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, columns, line, scale

BASE, PLOT = HEIGHT - BOTTOM, HEIGHT - TOP - BOTTOM


def days(count):
    return [date(2026, 11, 1) + timedelta(days=n) for n in range(count)]


def titles(count):
    return [str(n) for n in range(count)]


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (10, 10), (11, 20), (99, 100), (101, 200), (2_100_000, 4_000_000)]
)  # fmt: skip
def test_a_scale_ends_at_a_round_number_with_a_whole_half(most, top):
    assert scale(most) == top


def test_a_column_stands_on_the_base_and_its_bars_upon_each_other():
    chart = columns(days(2), {"unchanged": [3, 0], "whole": [1, 2]}, ["Sunday", "Monday"])
    first, second = chart.columns
    lower, upper = first.bars
    assert (lower.kind, upper.kind, first.title) == ("unchanged", "whole", "Sunday")
    assert lower.y + lower.height == BASE
    assert upper.y + upper.height == pytest.approx(lower.y)
    assert upper.y == TOP, "4 is the end of the scale"
    assert [bar.kind for bar in second.bars] == ["whole"]
    assert chart.rules == [(BASE, "0"), (BASE - PLOT / 2, "2"), (TOP, "4")]
    assert [label for _, label in chart.days] == ["1 Nov", "2 Nov"]


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=90))
def test_everything_lies_within_the_drawing(values):
    n = len(values)
    chart = columns(days(n), {"a": [a for a, _ in values], "b": [b for _, b in values]}, titles(n))
    assert len(chart.columns) == n
    for bar in (bar for column in chart.columns for bar in column.bars):
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH - RIGHT
        assert TOP - 0.1 <= bar.y <= bar.y + bar.height <= BASE + 0.1
    assert 1 <= len(chart.days) <= 8
    assert all(LEFT <= x <= WIDTH - RIGHT for x, _ in chart.days)


def test_a_line_has_a_gap_where_there_is_no_value():
    chart = line(days(5), [0, 50, None, 100, None], titles(5), "{:.0f} %", top=100)
    assert [len(points.split()) for points in chart.lines] == [2, 1]
    assert [(y, title) for _, y, title in chart.dots] == [(BASE, "0"), (BASE - PLOT / 2, "1"), (TOP, "3")]
    assert chart.rules[-1] == (TOP, "100 %")


def test_a_line_of_nothing_is_an_empty_chart():
    chart = line(days(7), [None] * 7, titles(7), "{:.0f}")
    assert (list(chart.lines), list(chart.dots)) == ([], [])
    assert len(chart.rules) == 3

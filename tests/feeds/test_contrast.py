"""Colours that can be read, and what is said of one that cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.contrast import DARK_GROUNDS, ENOUGH, LIGHT_GROUNDS, fault, ink_on, least, ratio, readable
from feeds.sections import NEWSROOM

COLOURS = st.from_regex("#[0-9a-f]{6}", fullmatch=True)
ROW = {
    "name": "N", "publisher": "P", "zone": "UTC", "tag_authority": "x.example,2025", "sender_name": "N",
    "sender_address": "n@x.example", "list_domain": "x.example",
}  # fmt: skip


def test_ratios_are_those_of_wcag() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert ratio("#123456", "#123456") == 1


@given(COLOURS, st.sampled_from([LIGHT_GROUNDS, DARK_GROUNDS]))
def test_any_colour_is_mended_until_it_reads_and_so_does_the_ink_on_it(colour, grounds) -> None:
    mended = readable(colour, grounds)
    assert least(mended, grounds) >= ENOUGH
    assert ratio(ink_on(mended), mended) >= ENOUGH
    assert mended == colour or least(colour, grounds) < ENOUGH


def test_configuration_says_what_is_wrong_with_a_colour_and_what_would_do() -> None:
    [wrong] = NEWSROOM.faults([ROW | {"brand": "#ffcc00"}])
    assert str(wrong) == (
        "newsroom: brand has a contrast of 1.39:1 on light ground, "
        "and text in it needs 4.5:1; the nearest that has it is " + readable("#ffcc00", LIGHT_GROUNDS)
    )
    [dark] = NEWSROOM.faults([ROW | {"brand_dark": "#0b4a8f"}])
    assert "on dark ground" in str(dark)
    assert list(NEWSROOM.faults([ROW])) == []


def test_the_usual_colours_read() -> None:
    assert fault("#0b4a8f", LIGHT_GROUNDS, "light") is fault("#8dbdf2", DARK_GROUNDS, "dark") is None


def test_ink_on_the_brand_can_be_read() -> None:
    assert [ink_on(colour) for colour in ("#000000", "#0b4a8f", "#8dbdf2", "#ffffff")] == [
        "#ffffff", "#ffffff", "#0c1722", "#0c1722",
    ]  # fmt: skip

"""What differs between two versions of a release."""

from __future__ import annotations

import random
import time

from hypothesis import given
from hypothesis import strategies as st

from feeds.comparison import MOST, Piece, compare, shortened
from feeds.wording import plain

EMPTY = {
    "title": "", "published_on": "2025-02-17", "summary": "", "body": "", "url": "", "language": "", "author": "",
    "image_url": "", "editors_note": "", "type": "", "offices": [], "topics": [], "state": "published",
}  # fmt: skip


def pieces(field: str, before: object, after: object) -> list[tuple[str, str]]:
    [found] = [one for one in compare(EMPTY | {field: before}, EMPTY | {field: after}) if one.field == field]
    return [(piece.kind, piece.text) for piece in found.pieces]


def body(before: str, after: str) -> tuple[Piece, ...]:
    return next(
        d.pieces for d in compare(EMPTY | {"body": before}, EMPTY | {"body": after}) if d.field == "body"
    )


def test_equal_versions_differ_in_nothing():
    assert compare(EMPTY, dict(EMPTY)) == []


def test_a_text_is_compared_word_by_word():
    assert pieces("title", "Ten officers meet in Ashgabat", "Eleven officers met in Ashgabat today") == [
        ("removed", "Ten"), ("added", "Eleven"), ("equal", " officers "), ("removed", "meet"), ("added", "met"),
        ("equal", " in Ashgabat"), ("added", " today"),
    ]  # fmt: skip


def test_what_has_hardly_a_word_in_common_is_not_cut_up():
    assert pieces("title", "Youth forum opens in Skopje", "Border guards train with dogs in Kyiv") == [
        ("removed", "Youth forum opens in Skopje"),
        ("added", "Border guards train with dogs in Kyiv"),
    ]


def test_labels_dates_and_addresses_are_whole():
    assert pieces("topics", ["borders", "youth"], ["media", "youth"]) == [
        ("removed", "borders"),
        ("added", "media"),
    ]
    assert pieces("type", "", "news") == [("added", "news")]
    assert pieces("published_on", "2025-02-17", "2025-02-16") == [
        ("removed", "2025-02-17"),
        ("added", "2025-02-16"),
    ]


def test_a_body_is_compared_as_text_and_its_links_apart():
    before = EMPTY | {"body": "<p>Come <a href='https://a.example/x'>here</a> &amp; see</p><p>Bye</p>"}
    after = EMPTY | {
        "body": "<p>Come <b><a href='https://a.example/y'>here</a></b> &amp; look</p>\n<p>Bye</p>"
    }
    assert {one.field: [(p.kind, p.text) for p in one.pieces] for one in compare(before, after)} == {
        "body": [("equal", "Come here & "), ("removed", "see"), ("added", "look"), ("equal", "\nBye")],
        "links": [("removed", "https://a.example/x"), ("added", "https://a.example/y")],
    }


def test_most_of_what_stayed_the_same_can_be_left_out():
    same = " ".join(["word"] * 500)
    [found] = compare(EMPTY | {"summary": f"{same} one {same}"}, EMPTY | {"summary": f"{same} two {same}"})
    short = "".join(piece.text for piece in shortened(found).pieces)
    assert short.startswith("… word")
    assert " onetwo word" in short
    assert short.endswith("word …")
    assert len(short) < 500


@given(
    st.lists(st.sampled_from(["a", "b", "\n", "c d e", "é", " "]), max_size=60).map(" ".join),
    st.lists(st.sampled_from(["a", "b", "\n", "c d e", "x", " "]), max_size=60).map(" ".join),
)
def test_pieces_put_together_are_both_versions(before, after):
    for found in compare(EMPTY | {"summary": before}, EMPTY | {"summary": after}):
        assert "".join(p.text for p in found.pieces if p.kind != "added") == before
        assert "".join(p.text for p in found.pieces if p.kind != "removed") == after
        assert all(a.kind != b.kind for a, b in zip(found.pieces, found.pieces[1:], strict=False))


@given(st.text(), st.text())
def test_no_markup_however_broken_is_too_much(before, after):
    assert isinstance(compare(EMPTY | {"body": before}, EMPTY | {"body": after}), list)
    assert plain(f"<{before}", " ") is not None


def test_a_hundred_kilobytes_are_compared_in_bounded_time():
    chance = random.Random(7)
    letters = ["".join(chance.choice("ab") for _ in range(50_000)) for _ in range(2)]
    paragraphs = ["<p>" + " ".join(chance.choice("abcdefg") for _ in range(200)) + "</p>" for _ in range(500)]
    edited = [one.replace("a", "x", 1) for one in paragraphs]
    hard = [
        (" ".join(letters[0]), " ".join(letters[1])),
        ("<br>".join(letters[0]), "<br>".join(letters[1])),
        ("".join(paragraphs), "".join(edited)),
        ("".join(paragraphs), "".join(reversed(edited))),
    ]
    for before, after in hard:
        began = time.process_time()
        found = body(before, after)
        assert time.process_time() - began < 2.0  # some 0.3 s on a quiet machine
        assert len(found) <= MOST

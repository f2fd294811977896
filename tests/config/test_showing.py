"""Values of a configuration as people who are no programmers read them."""

from __future__ import annotations

from config.showing import NOTHING, in_words


def test_what_has_parts_reads_alike_in_whatever_order_they_are_held():
    one, other = {"de": "Grenzen", "fr": "Frontières"}, {"fr": "Frontières", "de": "Grenzen"}
    assert in_words(one) == in_words(other) == "de: Grenzen\nfr: Frontières"


def test_a_value_is_said_in_words():
    assert [in_words(value) for value in (None, "", [], {}, True, False, 3)] == [
        *[NOTHING] * 4,
        "yes",
        "no",
        "3",
    ]
    assert in_words(["a", "b"]) == "a, b"
    assert in_words([{"slug": "vienna"}, {"slug": "tirana"}]) == "slug: vienna\nslug: tirana"

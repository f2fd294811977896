"""What is kept in memory, and for how long."""

from __future__ import annotations

from feeds.stock import Stock


def test_what_was_used_longest_ago_goes_first():
    stock = Stock[str, str](bound=10)
    stock.put("old", "o", 5)
    stock.put("new", "n", 5)
    assert stock.get("old") == "o"
    stock.put("more", "m", 5)
    assert (stock.get("old"), stock.get("new"), stock.get("more")) == ("o", None, "m")


def test_what_is_put_anew_is_counted_once():
    stock = Stock[str, str](bound=10)
    for value in ("first", "second", "third"):
        stock.put("one", value, 5)
    stock.put("other", "o", 5)
    assert (stock.get("one"), stock.get("other")) == ("third", "o")


def test_what_is_larger_than_all_there_is_is_not_kept():
    stock = Stock[str, str](bound=10)
    stock.put("large", "l", 11)
    stock.put("small", "s", 10)
    assert (stock.get("large"), stock.get("small")) == (None, "s")


def test_it_goes_with_the_last_use_and_makes_room():
    stock = Stock[str, str](bound=10, uses=lambda key: {"once": 1, "thrice": 3}.get(key, 0))
    stock.put("once", "o", 10)
    assert stock.get("once") is None
    stock.put("thrice", "t", 10)
    assert (stock.get("thrice"), stock.get("thrice"), stock.get("thrice")) == ("t", "t", None)
    stock.put("unknown", "u", 10)
    assert stock.get("unknown") == "u"

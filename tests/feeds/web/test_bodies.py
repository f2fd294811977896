"""Bodies: decoded in small steps, stopped at the limit, never half."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web import bodies
from feeds.web.answer import Unreachable

LIMIT = 1_000_000


def pieces(data: bytes, size: int = 1000) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def bare_deflate(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-15)
    return made.compress(data) + made.flush()


ENCODERS = {
    "": bytes, "identity": bytes, "gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress,
    "Deflate": bare_deflate, "deflate, gzip": lambda data: gzip.compress(zlib.compress(data)),
}  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODERS)
@given(data=st.binary(max_size=5000), size=st.integers(1, 400))
def test_what_was_encoded_is_decoded(encoding, data, size):
    assert bodies.collect(pieces(ENCODERS[encoding](data), size), encoding, LIMIT) == data


def test_several_members_are_one_body_and_padding_is_none():
    data = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 10
    for size in (1, 7, 1000):
        assert bodies.collect(pieces(data, size), "gzip", LIMIT) == b"one two"


def test_an_answer_without_a_body_may_name_any_coding_of_ours():
    assert bodies.collect([], "gzip", LIMIT) == b""
    assert bodies.collect([], "deflate", LIMIT) == b""


@pytest.mark.holds("S6")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "Deflate"])
def test_a_body_that_was_cut_is_no_body(encoding):
    whole = ENCODERS[encoding](bytes(range(256)) * 50)
    for length in (1, 15, len(whole) // 2, len(whole) - 1):
        with pytest.raises(Unreachable):
            bodies.collect(pieces(whole[:length]), encoding, LIMIT)


@pytest.mark.holds("S6")
def test_a_bomb_is_stopped_when_it_has_grown_to_the_limit():
    bomb = gzip.compress(gzip.compress(bytes(200_000_000), 9), 9)
    tracemalloc.start()
    try:
        with pytest.raises(Unreachable, match="more than 1 MB"):
            bodies.collect(pieces(bomb), "gzip, gzip", LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_more_than_the_limit_is_too_much_and_the_limit_is_not():
    assert len(bodies.collect(pieces(bytes(LIMIT)), "", LIMIT)) == LIMIT
    with pytest.raises(Unreachable, match="more than 1 MB"):
        bodies.collect(pieces(bytes(LIMIT + 1)), "", LIMIT)


def test_endless_nothing_is_too_much_too():
    nothing = b"\x00\x00\x00\xff\xff"  # an empty stored block (RFC 1951, 3.2.4)
    with pytest.raises(Unreachable, match="more than"):
        bodies.collect(pieces(nothing * LIMIT), "deflate", LIMIT)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip, gzip", "x" * 500])
def test_a_coding_we_did_not_ask_for_is_told(encoding):
    with pytest.raises(Unreachable, match="expected gzip, deflate or none"):
        bodies.collect([b"x"], encoding, LIMIT)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "deflate, gzip"]), st.integers(1, 50))
def test_junk_raises_nothing_else(data, encoding, size):
    with suppress(Unreachable):
        bodies.collect(pieces(data, size), encoding, LIMIT)

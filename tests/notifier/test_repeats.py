"""Requests answered from their bytes: nothing is taken for a plain one that a parser of HTTP would read otherwise."""

from __future__ import annotations

import asyncio

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds import frontdesk, serving
from feeds.courtesy import Courtesy
from feeds.folder import Folder
from feeds.sheet import Sheet
from feeds.tally import Tally
from notifier.repeats import Repeats, plain
from tests.feeds.stories import NOW

PLAIN = b"GET /feeds/all.atom HTTP/1.1\r\nHost: h\r\n\r\n"
LOCAL, PUBLIC = "127.0.0.1", "9.9.9.9"


class Reader:
    """What uvicorn's parser makes of a piece."""

    def __init__(self, piece: bytes) -> None:
        self.begun, self.whole, self.path, self.headers = 0, 0, b"", []
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(piece)
        self.method, self.last = parser.get_method(), not parser.should_keep_alive()

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_url(self, url: bytes) -> None:
        self.path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_message_complete(self) -> None:
        self.whole += 1


_tokens = st.sampled_from(
    [b"Host", b"A-IM", b"If-None-Match", b"content-length", b"Connection", b"X", b"x y", b"", b" Folded"]
)
_values = st.one_of(
    st.sampled_from([b"h", b"0", b"close", b"keep-alive", b'"7-a", "8-b"', b" \t", b"\xc3\xa9", b"a\x00b"]),
    st.binary(max_size=8),
)
_ends = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""])
_lines = st.tuples(_tokens, st.sampled_from([b": ", b":", b" : ", b""]), _values, _ends).map(b"".join)
_firsts = st.sampled_from(
    [
        b"GET /feeds/all.atom HTTP/1.1\r\n",
        b"GET /feeds/all.atom?x HTTP/1.1\r\n",
        b"GET  /feeds/a HTTP/1.1\r\n",
    ]
)
_pieces = st.tuples(_firsts, st.lists(_lines, max_size=4).map(b"".join), _ends, _ends).map(b"".join)


@pytest.mark.holds("S11")
@example(PLAIN)
@example(PLAIN + PLAIN)
@example(PLAIN[:-2] + b"Content-Length: 3\r\n\r\nabc")
@example(PLAIN[:-2] + b"X: a\nTransfer-Encoding: chunked\r\n\r\n")
@given(_pieces)
def test_what_is_read_as_a_plain_request_is_one_to_a_parser_too(piece):
    head = plain(piece)
    if head is None:
        return
    read = Reader(piece)
    assert (read.begun, read.whole, read.method, read.last) == (1, 1, b"GET", False)
    assert read.path.decode() == head.path
    names = [name for name, _ in read.headers]
    for name, value in read.headers:
        if names.count(name) == 1 and name != b"connection":
            assert head.asked[name] == value.rstrip(b" \t")


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        (b"Connection: keep-alive\r\n", {b"host": b"h"}),
        (b"If-None-Match: a\r\nIF-NONE-MATCH: b\r\n", {b"host": b"h", b"if-none-match": b"a, b"}),
    ],
)
def test_an_ordinary_request_is_read(more, asked):
    assert plain(PLAIN[:-2] + more + b"\r\n") == ("/feeds/all.atom", asked)


@pytest.mark.parametrize(
    "line",
    [
        b"Connection: close", b"Content-Length: 0", b"Transfer-Encoding: chunked", b"Expect: 100-continue",
        b"Upgrade: h2c", b"X-Forwarded-For: 9.9.9.9", b"Forwarded: for=9.9.9.9", b" folded", b"X : a", b"X",
    ],
)  # fmt: skip
def test_what_is_out_of_the_ordinary_is_left_to_the_server(line):
    assert plain(PLAIN[:-2] + line + b"\r\n\r\n") is None


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = str(tmp_path)
    monkeypatch.setattr(frontdesk, "TALLY", Tally())
    monkeypatch.setattr(frontdesk, "COURTESY", Courtesy(2))
    target = Folder(tmp_path)
    with target.held():
        target.write("all.atom", Sheet(b"<feed/>", seq=1), NOW)
    serving._memory.read(tmp_path / "all.atom")
    return target


def answers(repeats: Repeats, times: int, client: str) -> list[int]:
    """What is answered within one turn."""
    found: list[int] = []

    def written(given: frontdesk.Given) -> bytes:
        return str(given.answer[0]).encode()

    for _ in range(times):
        said = repeats.answer(PLAIN, client, client == PUBLIC, written)
        found.append(int(said or b"0"))
    return found


def turns(*asked: tuple[int, str]) -> list[list[int]]:
    async def each() -> list[list[int]]:
        repeats, found = Repeats(), []
        for times, client in asked:
            found.append(answers(repeats, times, client))
            await asyncio.sleep(0)
        return found

    return asyncio.run(each())


def test_answers_put_together_once_are_counted_each(folder):
    assert turns((5, LOCAL), (3, LOCAL)) == [[200] * 5, [200] * 3]
    total = frontdesk.TALLY.total()
    assert (total.requests, total.sent) == (8, 8 * len(b"<feed/>"))


def test_a_limit_holds_within_a_turn_and_hits_nobody_else(folder):
    assert turns((4, PUBLIC), (2, LOCAL), (1, PUBLIC)) == [[200, 200, 429, 429], [200, 200], [429]]


def test_what_changed_is_not_answered_in_the_next_turn(folder):
    async def both() -> list[list[int]]:
        repeats = Repeats()
        before = answers(repeats, 1, LOCAL)
        await asyncio.sleep(0)
        with folder.held():
            folder.write("all.atom", Sheet(b"<feed>2</feed>", seq=2), NOW)
        return [before, answers(repeats, 1, LOCAL)]

    assert asyncio.run(both()) == [[200], [0]]

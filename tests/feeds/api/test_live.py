"""On a real socket: chunks, sizes, bytes that are no request, and writers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from config.bodies import LONGEST
from feeds.models import Release, ReleaseKey
from tests.feeds.api.kit import LEAST, Program, at, program
from tests.feeds.api.live import serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk() -> Program:
    return program()


def test_bodies_come_in_chunks_and_end_where_they_are_too_large(desk):
    with serving() as live:
        status, _, body = live.as_program(
            desk, "PUT", at("a"), iter([b'{"title": "A", ', b'"date": "2025-02-17"}'])
        )
        assert (status, body["title"]) == (201, "A")
        endless = (b" " * 1_000_000 for _ in range(LONGEST // 1_000_000 + 3))
        status, _, body = live.as_program(desk, "PUT", at("a"), endless)
        assert (status, body["status"]) == (413, 413)
        status, _, body = live.as_program(desk, "GET", at("a"))
        assert (status, body["title"]) == (200, "A")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /api/releases/%FF%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PUT /api/releases/%FF HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
        b"GET /api/releases?limit=%FF&cursor=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /api/releases HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{}",
        b"POST /api/releases HTTP/1.1\r\nHost: localhost\r\nContent-Type: \xff\r\nAccept: \xff;q=\xff\r\n\r\n",
        b"POST /api/releases HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=\xff\r\n\r\n",
        b"POST /api/releases HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"BREW /api/releases HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/../api/releases// HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/releases HTTP/1.1\r\nHost: localhost\r\nIf-Match: \xff\r\nIf-None-Match: \"\xff\"\r\n\r\n",
        b"POST /api/releases HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    ],
)  # fmt: skip
def test_bytes_that_are_hardly_a_request(desk, sent):
    head, _, tail = sent.partition(b"\r\n\r\n")
    with serving() as live:
        for authorization in (
            b"",
            f"\r\nAuthorization: Bearer {desk.secret}".encode(),
            b"\r\nAuthorization: \xff",
        ):
            answer = live.raw(head + authorization + b"\r\nConnection: close\r\n\r\n" + tail)
            assert not answer.startswith(b"HTTP/1.1 5"), answer
        assert live.as_program(desk, "GET", "/api/releases")[0] == 200


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What `act` gives, called by as many threads, all let go at one moment."""
    together = threading.Barrier(count)

    def go(number: int) -> Any:
        together.wait(10)
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(go, range(count)))


def test_of_writers_that_have_read_the_same_one_wins(desk):
    tag = desk.put("a", LEAST)["ETag"]
    answers = at_once(6, lambda number: desk.put("a", LEAST | {"title": f"Title {number}"}, If_Match=tag))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    [won] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    assert Release.objects.get().title == f"Title {won}"


def test_one_key_pushed_by_many_at_once_is_one_release(desk):
    answers = at_once(6, lambda _: desk.post(LEAST | {"key": "a"}))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 200, 201]
    assert len({answer.content for answer in answers}) == 1
    assert (Release.objects.count(), ReleaseKey.objects.count()) == (1, 1)


def test_of_many_that_ask_that_there_be_nothing_yet_one_makes_it(desk):
    answers = at_once(6, lambda number: desk.put("a", LEAST | {"title": f"{number}"}, If_None_Match="*"))
    assert sorted(answer.status_code for answer in answers) == [201, 412, 412, 412, 412, 412]


def test_writers_of_many_releases_at_once_lose_none(desk):
    answers = at_once(6, lambda number: [desk.put(f"{number}/{n}", LEAST).status_code for n in range(4)])
    assert answers == [[201] * 4] * 6
    assert ReleaseKey.objects.count() == 24

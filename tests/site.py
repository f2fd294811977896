"""The whole application for a real browser, over HTTP, in the process and the transaction of the test.

    def test_…(browser, site):
        with site.window(dark=True, width=320) as window:
            title = window.do(lambda page: page.goto(site.url + "/") and page.title())

What the browser asks for is answered by Django's test client in the test's own thread, while that waits for the
browser: so it sees what the test has written, on any database, and nothing need be committed.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, TypeVar

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from tests.browser import Browser

T = TypeVar("T")
PATIENCE = 60  # seconds for one thing done in a browser, on a busy machine
HOP_BY_HOP = {"connection", "content-length", "transfer-encoding"}


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    answered: Future[HttpResponseBase]


class Window:
    """One window of the browser, with cookies of its own."""

    def __init__(self, site: Site, context: BrowserContext, page: Page) -> None:
        self._site, self.context, self.page = site, context, page

    def do(self, work: Callable[[Page], T]) -> T:
        """`work` in the browser's thread, where nothing of Django may be asked but over HTTP."""
        return self._site.during(work, self.page)

    def open(self, path: str) -> int:
        """Go to a path of ours; its status. An address with a host is taken for one of ours."""
        path = "/" + path.split("/", 3)[3] if path.startswith("http") else path
        response = self.do(lambda page: page.goto(self._site.url + path))
        return response.status if response else 0


class Site:
    """Serves until it is closed; answers only while the test waits for the browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._asked: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @contextmanager
    def window(self, **options: Any) -> Iterator[Window]:
        """A window; `options` are those of playwright's `new_context`. Unless `scripts` are asked for no script of ours
        is loaded. (With JavaScript off altogether axe could not run either.)
        """
        scripts = options.pop("scripts", False)
        options = {"viewport": {"width": 1280, "height": 900}} | options
        context, page = self.during(self._browser.opened, options)
        if not scripts:
            self.during(lambda _: context.route("**/*.js", lambda route: route.abort()), None)
        try:
            yield Window(self, context, page)
        finally:
            self.during(lambda _: context.close(), None)

    def during(self, work: Callable[[Any], T], given: Any) -> T:
        """Do `work(given)` in the browser's thread, and answer what is asked for meanwhile."""
        done = self._browser.submit(work, given)
        done.add_done_callback(lambda _: self._asked.put(None))  # ends the wait below
        while asked := self._asked.get(timeout=PATIENCE):
            asked.answered.set_result(_answer(asked))
        return done.result()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        asked = self._asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {
                    name: value for name, value in self.headers.items() if name.lower() != "content-length"
                }
                one = Asked(self.command, self.path, headers, body, Future())
                asked.put(one)
                wait([one.answered], PATIENCE)
                _write(self, one.answered.result(0))

            do_POST = do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                """The test client logs already."""

        return Handler


def _answer(asked: Asked) -> HttpResponseBase:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    kind = asked.headers.get("Content-Type", "application/octet-stream")
    return client.generic(asked.method, asked.path, asked.body, kind, headers=asked.headers)


def _write(handler: BaseHTTPRequestHandler, response: HttpResponseBase) -> None:
    body = response.getvalue() if hasattr(response, "getvalue") else b""
    handler.send_response(response.status_code)
    for name, value in response.items():
        if name.lower() not in HOP_BY_HOP:
            handler.send_header(name, value)
    for morsel in response.cookies.values():
        handler.send_header("Set-Cookie", morsel.OutputString())
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


@pytest.fixture
def site(browser: Browser) -> Iterator[Site]:
    opened = Site(browser)
    yield opened
    opened.close()

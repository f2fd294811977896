"""A real browser for tests: the machine's Chromium, with axe-core in it. Tests that ask for it are skipped without one.

    def test_…(browser):
        sight = browser.look(html, dark=True, width=320)
        assert sight.faults == []

playwright drives it from a thread of its own: its event loop would make Django refuse the database to the test.
"""

from __future__ import annotations

import mimetypes
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import axe_playwright_python
import pytest
from django.test import Client
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
# axe is compiled anew on each page, and mostly runs there once: so without V8's slowest way of running
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--js-flags=--always-sparkplug")
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
ALL_RULES = (*WCAG, "best-practice")
LONG = os.environ.get("HERALD_DRILL") == "1"
# Of a page of which everything was asked: what may differ in another scheme or width. At length, everything again.
AGAIN = () if LONG else ("color-contrast", "target-size")
PLACE = "http://herald.example"
PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
)  # the first needs a third less


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen: axe's faults (a line each), the accessibility tree as text, whether one must scroll sideways, and
    where it was asked for, a picture (PNG) of the whole page.
    """

    faults: list[str]
    tree: str
    scrolls_sideways: bool
    picture: bytes


class Browser:
    """Looks at pages, one at a time. Documents share a window, whose cookies go with them: a new one is a new process,
    and most of the time that a look takes.
    """

    def __init__(self, program: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._thread.submit(self._start, program).result()

    def look(
        self,
        html: str = "",
        *,
        url: str = "",
        dark: bool = False,
        width: int = 800,
        files: Mapping[str, bytes] | None = None,
        tags: Sequence[str] = WCAG,
        rules: Sequence[str] = (),
        picture: bool = False,
    ) -> Sight:
        """Look at a document, or at the page at `url`. `files`, by address or path, is all that a document can load."""
        return self._thread.submit(
            self._look, html, url, dark, width, files or {}, tags, rules, picture
        ).result()

    def look_at(
        self, client: Client, path: str, *, dark: bool = False, width: int = 800, rules: Sequence[str] = ()
    ) -> Sight:
        """Look at a page that Django's test client fetches, with its stylesheets."""
        html = client.get(path).content.decode()
        sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
        files = {sheet: client.get(sheet).content for sheet in sheets}
        return self.look(html, dark=dark, width=width, files=files, tags=ALL_RULES, rules=rules)

    def submit(self, work: Callable[[Any], T], given: Any) -> Future[T]:
        """Have `work(given)` done in the browser's thread."""
        return self._thread.submit(work, given)

    def opened(self, options: Mapping[str, Any]) -> tuple[BrowserContext, Page]:
        """A window with playwright's options, to be asked for by `submit`."""
        context = self._chromium.new_context(**options)
        context.set_default_timeout(60_000)  # a shared machine
        return context, context.new_page()

    def close(self) -> None:
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def _start(self, program: str) -> None:
        self._playwright = sync_playwright().start()
        self._chromium: Chromium = self._playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        self._context = self._chromium.new_context(bypass_csp=True)
        self._page = self._context.new_page()

    def _stop(self) -> None:
        self._chromium.close()
        self._playwright.stop()

    def _look(
        self,
        html: str,
        url: str,
        dark: bool,
        width: int,
        files: Mapping[str, bytes],
        tags: Sequence[str],
        rules: Sequence[str],
        picture: bool,
    ) -> Sight:
        page = self._page
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        if not url:
            files = {f"{PLACE}/": html.encode(), **files}
            page.route("**/*", lambda route: _answer(route, files))
        try:
            page.goto(url or f"{PLACE}/")
            return _sight(page, tags, rules, picture=picture)
        finally:
            page.goto("about:blank")
            page.unroute_all()
            self._context.clear_cookies()


def _answer(route: Route, files: Mapping[str, bytes]) -> None:
    url = route.request.url
    body = files.get(url, files.get(url.removeprefix(PLACE)))
    if body is None:
        route.abort()
    else:
        kind = mimetypes.guess_type(url)[0] or "text/html; charset=utf-8"
        route.fulfill(body=body, content_type=kind)


def _sight(page: Page, tags: Sequence[str], rules: Sequence[str], *, picture: bool) -> Sight:
    seen = page.screenshot(full_page=True) if picture else b""
    return Sight(
        faults(page, tags=tags, rules=rules),
        page.locator("body").aria_snapshot(),
        scrolls_sideways(page),
        seen,
    )


def faults(page: Page, *, tags: Sequence[str] = ALL_RULES, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds in what is shown, a line each; by `rules` where some are named, else by those with `tags`."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(_axe())
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(tags)}
    found: dict[str, Any] = page.evaluate(
        "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only
    )
    return [
        f"{fault['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def scrolls_sideways(page: Page) -> bool:
    return bool(
        page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Chromium here")
    opened = Browser(program)
    yield opened
    opened.close()

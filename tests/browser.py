"""A real browser for tests: the machine's Chromium, with axe-core in it. Tests that ask for it are skipped without one.

    def test_…(browser):
        sight = browser.look(html, dark=True, width=320)
        assert sight.faults == []

playwright drives it from a thread of its own: its event loop would make Django refuse the database to the test.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route, sync_playwright

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen: axe's faults (a line each), the accessibility tree as text, whether one must scroll sideways, and
    a picture (PNG) of the whole page.
    """

    faults: list[str]
    tree: str
    scrolls_sideways: bool
    picture: bytes


class Browser:
    """Looks at pages, one at a time, each in a context of its own."""

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
        images: Mapping[str, bytes] | None = None,
    ) -> Sight:
        """Look at a document, or at the page at `url`. A document gets no answer from the network but `images`."""
        return self._thread.submit(self._look, html, url, dark, width, images or {}).result()

    def close(self) -> None:
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def _start(self, program: str) -> None:
        self._playwright = sync_playwright().start()
        self._chromium: Chromium = self._playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )

    def _stop(self) -> None:
        self._chromium.close()
        self._playwright.stop()

    def _look(self, html: str, url: str, dark: bool, width: int, images: Mapping[str, bytes]) -> Sight:
        context = self._chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            bypass_csp=True,
        )
        try:
            page = context.new_page()
            if url:
                page.goto(url)
            else:
                page.route("**/*", lambda route: _answer(route, images))
                page.set_content(html)
            return _sight(page)
        finally:
            context.close()


def _answer(route: Route, images: Mapping[str, bytes]) -> None:
    if route.request.url in images:
        route.fulfill(body=images[route.request.url], content_type="image/png")
    else:
        route.abort()


def _sight(page: Page) -> Sight:
    page.add_script_tag(path=str(AXE))
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", WCAG
    )
    faults = [
        f"{fault['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
    wide = page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return Sight(faults, page.locator("body").aria_snapshot(), wide, page.screenshot(full_page=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Chromium here")
    opened = Browser(program)
    yield opened
    opened.close()

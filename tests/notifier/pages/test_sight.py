"""Every page in a real browser: seen, narrow, enlarged, dark, printed, read aloud, without a script, in six languages.

Pictures of all of them lie where HERALD_PICTURES says, else in pytest's folder; HERALD_TREES=write keeps the trees
anew. HERALD_DRILL=1 asks axe everything everywhere: each page in each language, scheme and width.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings

from tests.browser import faults, scrolls_sideways
from tests.notifier.pages.walk import pages, readable
from tests.wellformed import LARGEST

TREES = Path(__file__).parent.parent / "trees" / "pages"
WIDE, NARROW, ENLARGED = ({"width": width, "height": 900} for width in (1280, 320, 640))
QUICK = ("document-title", "html-has-lang", "html-lang-valid", "valid-lang", "button-name", "link-name", "label", "target-size")
LONG = os.environ.get("HERALD_DRILL") == "1"

pytestmark = [pytest.mark.holds("P1"), pytest.mark.usefixtures("x"), pytest.mark.urls("tests.faulty_urls")]


@pytest.fixture
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("HERALD_PICTURES")
    folder = Path(given) if given else tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"pictures: {folder}")
    return folder


def test_every_page_can_be_used_by_everybody(site, at, pictures):
    """Without a script. Axe in full once; in dark its contrasts again; then narrow and enlarged."""
    wrong, trees = [], {}
    with site.window() as window:
        for label, path in pages(at).items():
            window.open(path)
            found, trees[label] = window.do(lambda page, label=label: looked_at(page, pictures / label))
            wrong += [f"{label}: {fault}" for fault in found]
    assert wrong == []
    kept(trees)


def looked_at(page, picture):
    wrong = faults(page)
    tree = page.locator("body").aria_snapshot()
    page.screenshot(path=f"{picture}-light.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {fault}" for fault in faults(page, rules=() if LONG else ("color-contrast",))]
    page.screenshot(path=f"{picture}-dark.png", full_page=True)
    for name, size in (("at 320 px", NARROW), ("at 200 %", ENLARGED)):
        page.set_viewport_size(size)
        wrong += [f"{name}: {fault}" for fault in faults(page, rules=() if LONG else ("target-size",))]
        wrong += [f"{name}: scrolls sideways"] if scrolls_sideways(page) else []
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    return wrong, tree


def kept(trees):
    """The trees that a screen reader has. Where a change of one is meant, the file is to say the same."""
    found = {label: readable(tree) for label, tree in trees.items()}
    if os.environ.get("HERALD_TREES") == "write":
        for label, tree in found.items():
            (TREES / f"{label}.txt").write_text(tree, encoding="utf-8")
    files = {path.stem: path.read_text(encoding="utf-8") for path in TREES.glob("*.txt")}
    assert set(found) == set(files), "a page came or went: HERALD_TREES=write"
    assert {label for label in found if found[label] != files[label]} == set()


@pytest.mark.parametrize("language", [code for code in settings.HERALD_LANGUAGES if code != "en"])
def test_every_page_speaks_every_language_and_fits(site, at, pictures, language):
    """At 320 px, where long words show. Pages behind a link speak the subscriber's language unless asked."""
    wrong = []
    with site.window(viewport=NARROW, color_scheme="dark", locale=language) as window:
        for label, path in pages(at).items():
            asked = f"{path}{'&' if '?' in path else '?'}lang={language}"
            window.open(asked)
            picture = pictures / f"{label}-{language}-320.png"
            found = window.do(lambda page, picture=picture: spoken(page, language, picture))
            wrong += [f"{label}: {fault}" for fault in found]
    assert wrong == []


def spoken(page, language, picture):
    page.screenshot(path=picture, full_page=True)
    wrong = faults(page, rules=() if LONG else QUICK)
    if page.evaluate("document.documentElement.lang") != language:
        wrong.append("is in another language")
    return wrong + (["scrolls sideways"] if scrolls_sideways(page) else [])


def test_every_page_is_light_to_load(client, at):
    """Under 50 kB with all that its first look needs but the stylesheet, and one that blocks."""
    for label, path in pages(at).items():
        answer = client.get(path, follow=True)
        assert len(answer.content) < LARGEST, label

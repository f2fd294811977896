"""Every page in a real browser: seen, narrow, enlarged, dark, printed, read aloud, without a script, in six languages.

Pictures lie where HERALD_PICTURES says; where it says nothing none are made, but the few whose making is a test.
HERALD_TREES=write keeps the trees anew. HERALD_DRILL=1 asks axe everything everywhere: each page in each language,
scheme and width; without it no more than is likely to differ there, and of languages those with the longest words.
"""

from __future__ import annotations

import os
from pathlib import Path

import lxml.html
import pytest
from django.conf import settings

from tests.browser import LONG, faults, scrolls_sideways
from tests.notifier.pages.walk import pages, readable
from tests.wellformed import LARGEST

TREES = Path(__file__).parent.parent / "trees" / "pages"
WIDE, NARROW, ENLARGED = ({"width": width, "height": 900} for width in (1280, 320, 640))
QUICK = (
    "document-title",
    "html-has-lang",
    "html-lang-valid",
    "valid-lang",
    "button-name",
    "link-name",
    "label",
    "target-size",
)
LONGEST_WORDS = ("de", "ru")
ENGLISH_ONLY = {"setup"}  # for whoever installs, as the admin site is
PICTURES = os.environ.get("HERALD_PICTURES", "")

pytestmark = [pytest.mark.holds("P1"), pytest.mark.usefixtures("x"), pytest.mark.urls("tests.faulty_urls")]


@pytest.fixture
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(PICTURES) if PICTURES else tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"pictures: {folder}")  # noqa: T201 - for who wants to look
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
    if PICTURES:
        page.screenshot(path=f"{picture}-light.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {fault}" for fault in faults(page, rules=() if LONG else ("color-contrast",))]
    if PICTURES:
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


@pytest.mark.parametrize(
    "language", [code for code in settings.HERALD_LANGUAGES if code != "en"] if LONG else LONGEST_WORDS
)
def test_every_page_speaks_every_language_and_fits(site, at, pictures, language):
    """At 320 px, where long words show. Pages behind a link speak the subscriber's language unless asked."""
    wrong = []
    with site.window(viewport=NARROW, color_scheme="dark", locale=language) as window:
        for label, path in pages(at).items():
            if label in ENGLISH_ONLY:
                continue
            asked = f"{path}{'&' if '?' in path else '?'}lang={language}"
            window.open(asked)
            picture = pictures / f"{label}-{language}-320.png"
            found = window.do(lambda page, picture=picture: spoken(page, language, picture))
            wrong += [f"{label}: {fault}" for fault in found]
    assert wrong == []


def spoken(page, language, picture):
    if PICTURES:
        page.screenshot(path=picture, full_page=True)
    wrong = faults(page, rules=() if LONG else QUICK) if LONG or language in LONGEST_WORDS else []
    if not page.title() or page.locator("h1").count() != 1:
        wrong.append("has no title or not one heading")
    if page.evaluate("document.documentElement.lang") != language:
        wrong.append("is in another language")
    return wrong + (["scrolls sideways"] if scrolls_sideways(page) else [])


@pytest.mark.any_database
def test_every_page_is_light_to_load(client, at):
    """Under 50 kB; its first look waits for one stylesheet; it says what it is in other languages, if it is for all."""
    for label, path in pages(at).items():
        answer = client.get(path, follow=True)
        assert len(answer.content) < LARGEST, label
        tree = lxml.html.document_fromstring(answer.content.decode())
        assert len(tree.xpath("//link[@rel='stylesheet'][not(@media)] | //script[not(@defer)][@src]")) == 1, (
            label
        )
        assert (tree.get("lang"), tree.get("dir")) == ("en", "ltr"), label
        private = tree.xpath("//meta[@name='robots'][@content='noindex']")
        tongues = tree.xpath("//link[@rel='alternate']/@hreflang")
        assert tongues == ([] if private else [*settings.HERALD_LANGUAGES, "x-default"]), label
        assert len(tree.xpath("//link[@rel='canonical']")) == (0 if private else 1), label


@pytest.mark.parametrize(
    "options", [{"forced_colors": "active"}, {"contrast": "more"}, {"reduced_motion": "reduce"}], ids=str
)
def test_what_a_readers_machine_asks_for_is_given(site, at, pictures, options):
    with site.window(scripts=True, **options) as window:
        window.open("/?topic=borders")
        assert window.do(faults) == []
        window.do(
            lambda page: page.screenshot(path=pictures / f"front-{next(iter(options))}.png", full_page=True)
        )
        behaviour = window.do(
            lambda page: page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
        )
        assert behaviour == ("auto" if "reduced_motion" in options else "smooth")


def test_on_paper_a_release_is_a_clean_sheet_with_the_addresses_of_its_links(site, at, pictures):
    with site.window() as window:
        window.open(pages(at)["release"])
        shown = window.do(lambda page: on_paper(page, pictures / "release-paper.png"))
    assert shown == {
        "nav": "none",
        "form": "none",
        "button": "none",
        "ink": "rgb(0, 0, 0)",
        "link": '" (https://x.example/a)"',
    }


def on_paper(page, picture):
    page.emulate_media(media="print")
    page.screenshot(path=picture, full_page=True)
    return page.evaluate("""() => {
      const style = (what, part) => getComputedStyle(document.querySelector(what), part);
      return {
        nav: style(".top nav").display, form: style("form").display, button: style(".button").display,
        ink: style("h1").color, link: style(".body a", "::after").content,
      };
    }""")

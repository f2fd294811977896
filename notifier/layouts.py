"""The two bodies of a message, HTML and text, from what it says. Pure but for the templates.

HTML is written with classes and one stylesheet; css-inline puts the styles into the elements, as mail programs want
them. Dark and narrow screens stay a stylesheet of their own.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from django.utils import translation
from jinja2 import Environment, FileSystemLoader, select_autoescape

from feeds import contrast, templating
from feeds.models import Newsroom
from notifier import contents, summary
from notifier.arranging import arrange
from notifier.contents import Letter
from notifier.splice import clean, mark
from notifier.texts import Facts, Wording

HTML_LIMIT = 95_000  # bytes; mailboxes cut a message off at 102 kB and with it the way to unsubscribe
WIDTH = 72
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_BLANK_LINES = re.compile(r"\n{3,}")


def pages(
    letter: Letter, newsroom: Newsroom, wording: Wording, facts: Facts, subject: str
) -> tuple[str, str]:
    """HTML and text. What is too much for one message is left out of both, and its number is said."""
    layout = "digest" if letter.entries else letter.layout
    told = min(len(letter.entries), newsroom.edition_most)
    common = _common(letter, newsroom, wording, facts, subject)
    while True:
        groups = arrange(letter.entries[:told], newsroom.edition_sections)
        context = {**common, "groups": groups, "more": len(letter.entries) - told}
        html = _inliner().inline(_environment().get_template(f"{layout}.html").render(context)) + "\n"
        size = len(html.encode())
        if size <= HTML_LIMIT or told <= 1:
            return html, _tidy(_environment().get_template(f"{layout}.txt").render(context))
        told = max(1, min(told - 1, told * HTML_LIMIT // size))


def apart(name: str, newsroom: Newsroom, subject: str, content: Mapping[str, Any]) -> tuple[str, str]:
    """HTML and text of a message that is no letter to a subscriber, in the active language: templates `name`.html and
    .txt, in the same frame.
    """
    direction = contents.direction(translation.get_language() or "en")
    context = {**_look(newsroom), "newsroom": newsroom, "subject": subject, "direction": direction, **content}
    html = _inliner().inline(_environment().get_template(f"{name}.html").render(context)) + "\n"
    return html, _tidy(_environment().get_template(f"{name}.txt").render(context))


def wrap(text: str, hanging: int = 0) -> str:
    """Lines of at most 72 characters, each of its lines by itself; addresses and long words stay whole.

    Lines that follow the first of each are indented by `hanging`.
    """
    indent = " " * hanging
    return "\n".join(
        textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )


def _common(
    letter: Letter, newsroom: Newsroom, wording: Wording, facts: Facts, subject: str
) -> Mapping[str, Any]:
    return {
        **letter.content,
        "letter": letter,
        "single": letter.entries[0] if len(letter.entries) == 1 else None,
        "subject": subject,
        "preheader": summary.preheader(letter) if letter.entries else "",
        "say": lambda key: clean(wording.say(key, facts)).strip(),
        "direction": contents.direction(letter.language),
        "written": contents.direction,
        "newsroom": newsroom,
        **_look(newsroom),
        "mark": mark,
    }


def _look(newsroom: Newsroom) -> Mapping[str, str]:
    """Its colours, as they can be read."""
    return {
        "brand": (brand := _colour(newsroom.brand, "#0b4a8f", contrast.LIGHT_GROUNDS)),
        "brand_ink": contrast.ink_on(brand),
        "brand_dark": _colour(newsroom.brand_dark, "#8dbdf2", contrast.DARK_GROUNDS),
    }


def _colour(given: str, default: str, grounds: tuple[str, ...]) -> str:
    return contrast.readable(given if _COLOUR.fullmatch(given) else default, grounds)


def _tidy(text: str) -> str:
    """One blank line at most between paragraphs, two before a rule or a section; one line end at the end."""
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip() + "\n"


@lru_cache(maxsize=1)
def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = templating.environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates" / "mail"),
        autoescape=select_autoescape(["html"]),
        keep_trailing_newline=True,
    )
    environment.filters.update(wrap=wrap, underlined=_underlined, paragraphs=_paragraphs)
    return environment


def _underlined(text: str, line: str) -> str:
    """A heading with a line of its own length below, wrapped."""
    wrapped = wrap(text)
    return f"{wrapped}\n{line * max(map(len, wrapped.splitlines()), default=0)}"


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, parted by blank lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]

"""The documentation as tests read it: pages, headings as both forges and the built pages name them, links, code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_PARSER = MarkdownIt("commonmark").enable("table")
_CALL = re.compile(r"(?:^|\| |/bin/|[A-Z]=\S+ )herald ([a-z-].*)")
_PUNCTUATION = re.compile(r"[^\w\s-]")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its anchors, the addresses it links to, what stands in code blocks (with their language) and in spans."""

    anchors: frozenset[str]
    links: tuple[str, ...]
    blocks: tuple[tuple[str, str], ...]
    spans: tuple[str, ...]


def pages() -> list[Path]:
    """All pages of docs, and those at the root that lead to them."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def read(path: Path) -> Page:
    tokens = _PARSER.parse(path.read_text(encoding="utf-8"))
    inline = [child for token in tokens for child in token.children or ()]
    headings = [
        "".join(child.content for child in after.children or ())
        for token, after in pairwise(tokens)
        if token.type == "heading_open"
    ]
    links = [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
    images = [str(child.attrs["src"]) for child in inline if child.type == "image"]
    return Page(
        frozenset(_anchors(headings)),
        (*links, *images),
        tuple((token.info, token.content) for token in tokens if token.type in {"fence", "code_block"}),
        tuple(child.content for child in inline if child.type == "code_inline"),
    )


def _anchors(headings: list[str]) -> Iterator[str]:
    """As GitHub makes them; the builder makes the same for all that stands here, but for a heading said twice."""
    seen: dict[str, int] = {}
    for heading in headings:
        slug = _PUNCTUATION.sub("", heading.lower()).strip().replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        yield f"{slug}-{count}" if count else slug


def typed(path: Path) -> Iterator[str]:
    """Each line of a page's code blocks that calls `herald`, without what comes before it."""
    for language, text in read(path).blocks:
        if language in {"", "sh"}:
            yield from filter(None, map(_call, joined(text)))


def lines(path: Path) -> Iterator[str]:
    """All lines of a page's code blocks."""
    for _, text in read(path).blocks:
        yield from joined(text)


def mentioned(path: Path) -> Iterator[str]:
    """Each `herald …` within the text of a page."""
    yield from filter(None, map(_call, read(path).spans))


def _call(line: str) -> str:
    found = _CALL.search(line)
    return f"herald {found[1]}" if found else ""


def joined(text: str) -> list[str]:
    """Lines, those that a backslash goes on made one."""
    return [line.strip() for line in text.replace("\\\n", " ").splitlines()]

"""What must hold for the markup of every page, whatever it shows."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

import lxml.html
from django.http import HttpResponse

VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
    "rect",
}
UNLABELLED = {"hidden", "submit"}
LARGEST = 50_000


def page(response: HttpResponse, status: int = 200) -> lxml.html.HtmlElement:
    """The page, parsed, after it has been found in order."""
    text = response.content.decode()
    assert response.status_code == status, f"{response.status_code}: {text[:400]}"
    assert len(response.content) < LARGEST
    assert problems(text) == []
    return lxml.html.document_fromstring(text)


def words(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def problems(text: str) -> list[str]:
    """What is wrong with the markup, a line each."""
    tree = lxml.html.document_fromstring(text)
    return [
        *_unbalanced(text),
        *_repeated([element.get("id") for element in tree.xpath("//*[@id]")]),
        *_headings([int(h.tag[1]) for h in tree.xpath("//h1|//h2|//h3|//h4")]),
        *(f"no label: {field.get('name')}" for field in tree.xpath("//input|//select") if not _named(tree, field)),
        *(f"leads nowhere: {a.get('href')}" for a in tree.xpath("//a[starts-with(@href, '#')]") if not _leads(tree, a)),
        *(f"inline: {name}" for name in ("style", "onclick", "onerror", "onload") if tree.xpath(f"//*[@{name}]")),
        *(f"inline: {element.tag}" for element in tree.xpath("//style|//script[not(@src)]")),
        *([] if tree.get("lang") and tree.findtext(".//title") else ["no language or no title"]),
        *([] if len(tree.xpath("//main")) == 1 else ["not one main"]),
    ]  # fmt: skip


def _unbalanced(text: str) -> list[str]:
    parser = _Balance(convert_charrefs=True)
    parser.feed(text)
    parser.close()
    return parser.found + [f"not closed: {tag}" for tag in parser.open]


def _repeated(ids: list[str]) -> list[str]:
    return [f"twice: id {name}" for name in sorted(set(ids)) if ids.count(name) > 1]


def _headings(levels: list[int]) -> list[str]:
    if levels.count(1) != 1:
        return [f"{levels.count(1)} first headings"]
    return [f"from h{one} to h{two}" for one, two in pairwise(levels) if two > one + 1]


def _named(tree: lxml.html.HtmlElement, field: lxml.html.HtmlElement) -> bool:
    if field.get("type") in UNLABELLED or field.getparent().tag == "label":
        return True
    return bool(tree.xpath("//label[@for=$id]", id=field.get("id")))


def _leads(tree: lxml.html.HtmlElement, link: lxml.html.HtmlElement) -> bool:
    return bool(tree.xpath("//*[@id=$id]", id=link.get("href")[1:]))


class _Balance(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self, **options: bool) -> None:
        super().__init__(**options)
        self.open: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.found += [f"twice: {tag} {name}" for name in set(names) if names.count(name) > 1]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in VOID:
            self.found.append(f"closed out of order: {tag}")

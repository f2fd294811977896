"""A page of the web as a tree, and what can be read from its elements. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import urljoin

from lxml import etree, html

MOST_ELEMENTS = 50_000
INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "cite", "em", "font", "i", "mark", "q", "s", "small", "span", "strong", "sub", "sup",
     "time", "u", "wbr"}
)  # fmt: skip
UNREAD = frozenset({"script", "style", "template", "noscript", "svg"})
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.I)
_DEEPEST = 256  # libxml2 gives up there
_EXPECTED = f"at most {MOST_ELEMENTS:,} elements, {_DEEPEST} deep"


class Unreadable(Exception):
    """A page that cannot be read as a whole: (found, expected)."""


def parse(text: str) -> html.HtmlElement | None:
    """The page's root; None for what libxml2 makes nothing of. In bytes, because lxml refuses text that declares an
    encoding. Raises Unreadable for a page so large or so deep that it cannot be meant to be read.
    """
    if text.count("<") > 4 * MOST_ELEMENTS:
        raise Unreadable("a page of very many elements", _EXPECTED)
    clean = _LINE_ENDS.sub("\n", _CONTROLS.sub("", text)).encode("utf-8")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        page = html.document_fromstring(clean, parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    # The rest of the page is left out then, and nothing else tells.
    if any("XML_PARSE_HUGE" in entry.message for entry in parser.error_log):
        raise Unreadable("a page nested very deeply, or with a very long text in it", _EXPECTED)
    if sum(1 for _ in page.iter()) > MOST_ELEMENTS:
        raise Unreadable("a page of very many elements", _EXPECTED)
    return page


def text_of(element: html.HtmlElement) -> str:
    """All its text on one line."""
    return " ".join(line for _, line in lines(element))


def lines(element: html.HtmlElement, apart: Collection[html.HtmlElement] = ()) -> Iterator[tuple[int, str]]:
    """Its text, a line for each block, with the line of the page it stands on. What is `apart` is left out."""
    found: list[tuple[int, list[str]]] = [(line_of(element), [])]
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, one in walk:
        if one.tag not in INLINE and event == "start":
            found.append((line_of(one), []))
        if (one in apart or one.tag in UNREAD) and event == "start":
            walk.skip_subtree()
        elif event == "start":
            found[-1][1].append(one.text or "")
        elif one is not element:
            if one.tag not in INLINE:
                found.append((line_of(one), []))
            found[-1][1].append(one.tail or "")
    joined = ((number, " ".join("".join(parts).split())) for number, parts in found)
    return (one for one in joined if one[1])


def line_of(element: html.HtmlElement) -> int:
    return next((int(one.sourceline) for one in element.iter() if one.sourceline), 1)


def base_of(page: html.HtmlElement, address: str) -> str:
    """What the page's links are relative to: its address, or what its <base> says."""
    given = next((one.get("href") or "" for one in page.iter("base") if one.get("href")), "")
    return resolve(address, given) or address


def resolve(base: str, href: str) -> str:
    """The address a link leads to; "" for one that leads nowhere, or without a base that it needs."""
    if not leads_somewhere(href):
        return ""
    try:
        address = urljoin(base, href.strip())
    except ValueError:
        return ""
    return address if _SCHEME.match(address) else ""


def leads_somewhere(href: str) -> bool:
    """Whether a link leads to a page: not "#", "javascript:", "mailto:" and the like."""
    href = href.strip()
    scheme = _SCHEME.match(href)
    return bool(href) and href[0] != "#" and (scheme is None or scheme[1].lower() in {"http", "https"})


def picture(element: html.HtmlElement, base: str) -> str:
    """The address of the picture that an element is or holds: <img>, <meta content>, <link href>; "" for none."""
    for one in (element, *element.iter("img")):
        for name in ("content", "src", "data-src", "href"):
            if (name != "href" or one.tag == "link") and (address := resolve(base, one.get(name) or "")):
                return address
    return ""

"""A newsroom's listing as HTML.

Class names are relied on for the list, its titles, its summaries and its pager; labelled values are found by their
label ("Where we are:"), wherever in a result they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree, html
from lxml.cssselect import CSSSelector

from feeds.sources.item import Fault, RawItem, Reading, excerpt
from feeds.sources.listing import Labels, item_or_fault

RESULT = CSSSelector(".search-result-news")
TITLE = CSSSelector("dt.search-title h3 a, .search-title a")
SUMMARY = CSSSelector(".search-snippet")
NEXT = CSSSelector("li.pager-next a")
AFTER_RESULTS = CSSSelector(".pager")
PARAGRAPHS = CSSSelector("p")
EXPECTED = 'a list of ".search-result-news", as the newsroom\'s page has it'
INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "cite", "em", "font", "i", "q", "small", "span", "strong", "time", "u"}
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?")


def read(text: str, file: str, labels: Labels, base: str = "") -> Reading:
    """All releases of a page, in its order. An item's key is its link as it stands there; its url is that link
    resolved against `base`, or empty where there is no base and the link is relative. Faults name `file`.
    """
    page = _parse(text)
    results = RESULT(page) if page is not None else []
    if page is None or not results:
        return Reading(faults=(Fault(file, 1, "no release of a listing", EXPECTED),), complete=False)
    faults = []
    if _cut_off(text):
        ended = bool(AFTER_RESULTS(page)) or "</dl" in text.lower()
        results = results if ended else results[:-1]
        last_line = text.rstrip("\n").count("\n") + 1
        faults = [
            Fault(file, last_line, f'the page stops at "{excerpt(text[-40:])}"', '"</html>" at its end')
        ]
    found = [_release(result, file, labels, base) for result in results]
    links = NEXT(page)
    return Reading(
        tuple(one for one in found if isinstance(one, RawItem)),
        tuple([one for one in found if isinstance(one, Fault)] + faults),
        complete=not faults,
        next_page=links[0].get("href") or "" if links else "",
    )


def _parse(text: str) -> html.HtmlElement | None:
    """None for what libxml2 makes nothing of. In bytes, because lxml refuses text that declares an encoding."""
    clean = _LINE_ENDS.sub("\n", _CONTROLS.sub("", text)).encode("utf-8")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(clean, parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _cut_off(text: str) -> bool:
    lower = text.lower()
    return "<html" in lower and "</html" not in lower and "</body" not in lower


def _release(result: html.HtmlElement, file: str, labels: Labels, base: str) -> RawItem | Fault:
    titles, summaries = TITLE(result), SUMMARY(result)
    href = (titles[0].get("href") or "").strip() if titles else ""
    return item_or_fault(
        _text(titles[0]) if titles else "",
        _values(result, labels),
        labels,
        file,
        int(result.sourceline or 1),
        summary=_summary(summaries[0]) if summaries else "",
        key=href,
        url=_resolve(base, href),
    )


def _values(result: html.HtmlElement, labels: Labels) -> dict[str, tuple[str, int]]:
    """Labelled values: "Where we are: Vienna" on a line of its own, or the label on one line and the value below."""
    values: dict[str, tuple[str, int]] = {}
    waiting: str | None = None
    for number, line in _lines(result):
        labelled = labels.split(line if ":" in line else line + ":")
        if waiting and not labelled:
            values[waiting] = (line, number)
        waiting = None
        if labelled and labelled[0] not in values:
            name, value = labelled
            waiting = None if value else name
            values[name] = (value, number)
    return values


def _lines(result: html.HtmlElement) -> Iterator[tuple[int, str]]:
    """What a result says beside its title and summary, a line for each block of the page."""
    apart = {*TITLE(result), *SUMMARY(result)}
    lines: list[tuple[int, list[str]]] = [(int(result.sourceline or 1), [])]
    walk = etree.iterwalk(result, events=("start", "end"))
    for event, element in walk:
        if element.tag not in INLINE and event == "start":
            lines.append((int(element.sourceline or 1), []))
        if element in apart and event == "start":
            walk.skip_subtree()
        elif event == "start":
            lines[-1][1].append(element.text or "")
        elif element is not result:
            if element.tag not in INLINE:
                lines.append((int(element.sourceline or 1), []))
            lines[-1][1].append(element.tail or "")
    joined = ((number, " ".join("".join(parts).split())) for number, parts in lines)
    return (one for one in joined if one[1])


def _summary(snippet: html.HtmlElement) -> str:
    """Each paragraph of a summary is a line."""
    paragraphs = PARAGRAPHS(snippet)
    return "\n".join(_text(one) for one in paragraphs or [snippet])


def _resolve(base: str, href: str) -> str:
    try:
        address = urljoin(base, href) if href else ""
    except ValueError:
        return ""
    return address if ":" in address.partition("/")[0] else ""


def _text(element: html.HtmlElement) -> str:
    return " ".join(str(element.text_content()).split())

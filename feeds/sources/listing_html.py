"""A newsroom's listing as HTML.

Where things stand is said by selectors, those of the source or those of the newsroom's own page. Labelled values
("Where we are:") are found by their label, wherever in a result they stand.

    page -> results -> what each tells -> items, faults
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urljoin

from lxml import html

from feeds.sources.item import Fault, RawItem, Reading, excerpt
from feeds.sources.listing_dates import find_date
from feeds.sources.listing_options import Options
from feeds.sources.listing_values import Labels, Told, item_or_fault
from feeds.sources.selectors import compiled, outermost
from feeds.sources.webpage import (
    Unreadable,
    base_of,
    leads_somewhere,
    line_of,
    lines,
    parse,
    picture,
    resolve,
    text_of,
)

USUAL = Options()
MOST_RESULTS = 10_000  # each is read several times over: so many take a second or two
_SESSION = re.compile(r";jsessionid=[^?#/]*", re.I)
"""Names who asked, not what was asked for, and is another one each time."""


def read(text: str, file: str, labels: Labels, base: str = "", options: Options = USUAL) -> Reading:
    """All releases of a page, in its order. An item's key is its link as it stands there; its url is that link
    resolved against `base`, or empty where there is no base and the link is relative. Faults name `file`.
    """
    select = options.select
    try:
        page = parse(text)
    except Unreadable as error:
        return Reading(faults=(Fault(file, None, *error.args),), complete=False)
    results = [] if page is None else [one for one in compiled(select.result)(page) if one is not page]
    if page is None or not results:
        if page is not None and _found(page, select.empty):
            return Reading()
        return Reading(
            faults=(Fault(file, 1, "no release of a listing", _expected(options)),), complete=False
        )
    if len(results) > MOST_RESULTS:
        found, expected = f"{len(results):,} releases on one page", f"at most {MOST_RESULTS:,}"
        return Reading(faults=(Fault(file, None, found, expected),), complete=False)
    faults = []
    if options.end_tag and _cut_off(text):
        results = results if _ended(results[-1], text) else results[:-1]
        last_line = text.rstrip("\n").count("\n") + 1
        found = f'the page stops at "{excerpt(text[-40:])}"'
        faults = [Fault(file, last_line, found, '"</html>" at its end')]
    following = _next(page, select.next)
    _part(results)
    if select.spans:
        _gather(results)
    base = base_of(page, base)
    told = [_told(one, options, labels, base) for one in results]
    read_so = [item_or_fault(one, labels, file, options.writing) for one in told]
    return Reading(
        tuple(_told_apart(one for one in read_so if isinstance(one, RawItem))),
        tuple([one for one in read_so if isinstance(one, Fault)] + faults),
        complete=not faults,
        next_page=following,
    )


def _next(page: html.HtmlElement, select: str) -> str:
    """The link to the next page, relative to this one."""
    places = compiled(select)(page) if select else []
    links = [one.get("href") or "" for place in places for one in place.iter("a", "link", "area")]
    href = next((href.strip() for href in links if leads_somewhere(href)), "")
    base = next((one.get("href") or "" for one in page.iter("base")), "")
    try:
        return urljoin(base, href) if href else ""
    except ValueError:
        return ""


def _expected(options: Options) -> str:
    where = f'"{options.select.result}" (select.result in the source\'s options)'
    shown = f', or "{options.select.empty}" (select.empty)' if options.select.empty else ""
    return f"a list of {where}{shown}"


def _told(result: html.HtmlElement, options: Options, labels: Labels, base: str) -> Told:
    select = options.select
    titles = _found(result, select.title) if select.title else [result]
    summaries = _found(result, select.summary)
    labelled = _values(result, labels, {*titles, *summaries} - {result})
    href = _link(result, titles[0] if titles else None, select.link)
    told = Told(
        title=text_of(titles[0]) if titles else "",
        line=line_of(result),
        labelled=labelled,
        type=next(iter(_texts(result, select.type)), ""),
        offices=_texts(result, select.offices),
        topics=_texts(result, select.topics),
        summary="\n".join(line for one in summaries for _, line in lines(one)),
        key=href,
        url=resolve(base, href),
        image_url=next((src for one in _found(result, select.image) if (src := picture(one, base))), ""),
    )
    _put_day(told, result, options)
    return told


def _put_day(told: Told, result: html.HtmlElement, options: Options) -> None:
    """By its selector; without one, and without its label, by the first <time>."""
    select, writing = options.select.date, options.writing
    if not select and "date" in told.labelled:
        return
    for element in compiled(select or "time")(result):
        inner = next(iter(compiled("time[datetime]")(element)), element)
        stamp = inner.get("datetime") or inner.get("content") or ""
        told.day = told.day or find_date(stamp[:10], writing) or find_date(text_of(element), writing)
        told.unread = told.unread or text_of(element) or stamp
    if select and told.day is None and not told.unread:
        told.unread = f'nothing in "{select}"'


def _link(result: html.HtmlElement, title: html.HtmlElement | None, select: str) -> str:
    """What leads to the release, as it stands there: in the title, or around it. "" for what leads nowhere."""
    around = [] if title is None else [title, *title.iterancestors("a")]
    places = _found(result, select) if select else around
    links = (one.get("href") or "" for place in places for one in place.iter("a", "area"))
    href = next((href.strip() for href in links if href.strip()), "")
    return _SESSION.sub("", href) if leads_somewhere(href) else ""


def _found(element: html.HtmlElement, select: str) -> list[html.HtmlElement]:
    return outermost(compiled(select)(element)) if select else []


def _texts(element: html.HtmlElement, select: str) -> tuple[str, ...]:
    return tuple(filter(None, map(text_of, _found(element, select))))


def _values(
    result: html.HtmlElement, labels: Labels, apart: set[html.HtmlElement]
) -> dict[str, tuple[str, int]]:
    """Labelled values: "Where we are: Vienna" on a line of its own, or the label on one line and the value below."""
    values: dict[str, tuple[str, int]] = {}
    waiting: str | None = None
    for number, line in lines(result, apart):
        labelled = labels.split(line if ":" in line else line + ":")
        if waiting and not labelled:
            values[waiting] = (line, number)
        waiting = None
        if labelled and labelled[0] not in values:
            name, value = labelled
            waiting = None if value else name
            values[name] = (value, number)
    return values


def _part(results: list[html.HtmlElement]) -> None:
    """Take results out of one another, where somebody forgot an end tag."""
    every = set(results)
    for one in reversed(results):
        around = [ancestor for ancestor in one.iterancestors() if ancestor in every]
        if around:
            around[-1].addnext(one)


def _gather(results: list[html.HtmlElement]) -> None:
    """Put each result into a <div> with what follows it up to the next one."""
    starts = set(results)
    for number, result in enumerate(results):
        around = html.Element("div")
        result.addprevious(around)
        around.append(result)
        while (following := around.getnext()) is not None and following not in starts:
            around.append(following)
        results[number] = around


def _told_apart(items: Iterable[RawItem]) -> Iterator[RawItem]:
    """A link that several releases share, such as one to their archive, names none of them."""
    listed = list(items)
    titles = defaultdict(set)
    for item in listed:
        titles[item.key].add(item.title)
    for item in listed:
        yield replace(item, key="", url="") if len(titles[item.key]) > 1 and item.key else item


def _cut_off(text: str) -> bool:
    lower = text.lower()
    return "<html" in lower and "</html" not in lower and "</body" not in lower


def _ended(last: html.HtmlElement, text: str) -> bool:
    """Whether the last result of a page that was cut off is whole: something comes after it, or its list ends."""
    if any(one.getnext() is not None for one in (last, *last.iterancestors())):
        return True
    around, lower = last.getparent(), text.lower()
    if around is None or around.tag == last.tag:
        return False
    return lower.rfind(f"</{around.tag!s}") > lower.rfind(f"<{last.tag!s}")

"""Who reads the feeds, without knowing anybody: requests, share of 304, and what online readers report, as charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils.http import urlencode

from config import clock
from config.adminsite import ReadOnlyAdmin
from feeds import charts, readership
from feeds.catalogue import Catalogue
from feeds.charts import Chart
from feeds.readership import Readership
from feeds.tally import Traffic

PERIODS = (7, 30, 90)
USUAL = 30
MOST_FEEDS = 100  # in the table; every feed is in the list to choose from
KINDS = {
    "unchanged": "Nothing new (304)",
    "delta": "Only what is new (226)",
    "whole": "The whole feed (200)",
    "refused": "Asked to slow down (429)",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its heading, what it says in one sentence, its legend (kind, words) and where its table is."""

    name: str
    title: str
    says: str
    chart: Chart
    legend: Sequence[tuple[str, str]] = ()


class ReadershipAdmin(ReadOnlyAdmin):
    """In place of a list of rows, a page of charts: `?days=7|30|90&feed=PATH`."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        days = int(asked) if (asked := request.GET.get("days", "")) in map(str, PERIODS) else USUAL
        chosen, today = request.GET.get("feed", "").replace("\0", "")[:450], clock.now().date()
        found = readership.read(today, days, chosen)
        feeds = readership.by_feed(today, days)
        titles = _titles({*feeds, *filter(None, [chosen])})
        context = {
            **self.admin_site.each_context(request),
            "title": "Readers",
            "opts": self.opts,
            "periods": [(period, _query(period, chosen), period == days) for period in PERIODS],
            "days": days,
            "chosen": chosen,
            "chosen_title": titles.get(chosen, ""),
            "feeds": sorted(titles.items(), key=lambda item: (item[0] != "all", item[1])),
            "figures": _figures(found, days),
            "drawings": list(_drawings(found)),
            "readers": _readers(found),
            "rows": list(_rows(found)),
            "table": []
            if chosen
            else _table(feeds, titles, readership.subscribers_by_feed(today, days), days),
        }
        return TemplateResponse(request, "admin_site/readership.html", context, using="django")


def _figures(found: Readership, days: int) -> list[tuple[str, str, str]]:
    """Label, value, and what more there is to say."""
    total = found.total
    subscribers = sum(count for _, count in found.newest.values())
    return [
        ("Requests", f"{total.requests:,}", f"{total.requests / days:,.0f} a day"),
        ("Nothing new (304)", _share(total), "higher is better: readers who remember what they have"),
        ("Sent", filesizeformat(total.sent), f"{filesizeformat(total.sent / days)} a day"),
        ("Subscribers reported", f"{subscribers:,}", "by online readers; nobody else can be counted"),
    ]


def _drawings(found: Readership) -> Iterator[Drawing]:
    days, total = found.days, found.total
    series = {
        "unchanged": [day.not_modified for day in found.traffic],
        "delta": [day.deltas for day in found.traffic],
        "whole": [day.whole for day in found.traffic],
        "refused": [day.refused for day in found.traffic],
    }
    used = {kind: values for kind, values in series.items() if any(values) or kind in {"unchanged", "whole"}}
    said = [
        f"{day:%-d %B}: {one.requests:,} requests, {_share(one)} 304"
        for day, one in zip(days, found.traffic, strict=True)
    ]
    most = max(range(len(days)), key=lambda n: found.traffic[n].requests)
    yield Drawing(
        "requests",
        "Requests a day",
        f"{total.requests:,} requests in {len(days)} days, at most {found.traffic[most].requests:,} "
        f"(on {days[most]:%-d %B}).",
        charts.columns(days, used, said),
        [(kind, KINDS[kind]) for kind in used],
    )
    shares = [one.unchanged_share for one in found.traffic]
    percent = [None if share is None else 100 * share for share in shares]
    yield Drawing(
        "share",
        "Share told that nothing is new",
        f"{_share(total)} of all requests were answered 304.",
        charts.line(days, percent, said, "{:.0f} %", top=100),
    )
    sums = _reported(found)
    told = [
        f"{day:%-d %B}: {value or 0:,} subscribers reported" for day, value in zip(days, sums, strict=True)
    ]
    yield Drawing(
        "subscribers",
        "Subscribers reported",
        _course(sums),
        charts.line(days, sums, told, "{:,.0f}"),
    )


def _reported(found: Readership) -> list[int | None]:
    """By day. Today not every reader has been here: it is left out, unless there is no other day."""
    sums = [sum(reports.values()) if reports else None for reports in found.reports]
    return [*sums[:-1], None] if any(sums[:-1]) else sums


def _course(sums: Sequence[int | None]) -> str:
    there = [value for value in sums if value is not None]
    return f"From {there[0]:,} to {there[-1]:,}." if there else "No online reader has reported any."


def _readers(found: Readership) -> list[dict[str, Any]]:
    """Each online reader with what it reported last, and how long its bar is, in hundredths of the longest."""
    longest = max((count for _, count in found.newest.values()), default=1)
    return [
        {"name": name, "day": day, "count": f"{count:,}", "width": max(1, round(100 * count / longest))}
        for name, (day, count) in found.newest.items()
    ]


def _rows(found: Readership) -> Iterator[dict[str, Any]]:
    """The days in words and numbers, the newest first: what the charts show."""
    for day, traffic, reports in zip(
        reversed(found.days), reversed(found.traffic), reversed(found.reports), strict=True
    ):
        yield {
            "day": day,
            **_in_words(traffic),
            "subscribers": f"{sum(reports.values()):,}" if reports else "-",
        }


def _table(
    feeds: dict[str, Traffic], titles: dict[str, str], subscribers: dict[str, int], days: int
) -> list[dict[str, Any]]:
    return [
        {
            "title": titles[feed],
            "path": feed,
            "query": _query(days, feed),
            **_in_words(traffic),
            "subscribers": f"{subscribers[feed]:,}" if feed in subscribers else "-",
        }
        for feed, traffic in list(feeds.items())[:MOST_FEEDS]
    ]


def _in_words(traffic: Traffic) -> dict[str, str]:
    names = ("requests", "not_modified", "deltas", "whole", "refused")
    numbers = {name: f"{getattr(traffic, name):,}" for name in names}
    return {**numbers, "share": _share(traffic), "sent": filesizeformat(traffic.sent)}


def _titles(paths: set[str]) -> dict[str, str]:
    """Names of feeds; of one that is no more, its path."""
    catalogue = Catalogue()
    found = {path: catalogue.find(path) for path in paths}
    titles = {path: feed.title if feed else path for path, feed in found.items()}
    return titles | ({"selection": "Selections by address"} if "selection" in titles else {})


def _query(days: int, feed: str) -> str:
    return urlencode({"days": str(days), **({"feed": feed} if feed else {})})


def _share(traffic: Traffic) -> str:
    return "-" if traffic.unchanged_share is None else f"{100 * traffic.unchanged_share:.0f} %"

"""`herald feeds stats`: how often feeds are asked for, and how many subscribers online readers report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.base import Command, group, out, out_json, table

if TYPE_CHECKING:
    from datetime import date

    from feeds.readership import Readership
    from feeds.tally import Traffic

app = group("What is known of those who read the feeds.")
_HEADINGS = ("requests", "304", "226", "200", "429", "bytes")


@app.callback()
def feeds() -> None:
    """What is known of those who read the feeds."""


@app.command(cls=Command)
def stats(
    feed: Annotated[
        str, typer.Option(metavar="PATH", help="One feed, as topics/border-management; else all together.")
    ] = "",
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days, with today (UTC).")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print days, readers and feeds as JSON.")] = False,
) -> None:
    """Print requests, answers and bytes of each day (UTC), and the subscribers that online readers report.

    They are kept for 400 days.
    """
    from config import clock
    from feeds import readership

    today = clock.now().date()
    found = readership.read(today, days, feed)
    if as_json:
        out_json({**_facts(found), **({} if feed else {"feeds": _by_feed(today, days)})})
        return
    rows = [
        (day, *_numbers(traffic))
        for day, traffic in zip(found.days, found.traffic, strict=True)
        if traffic.requests
    ]
    table(("day", *_HEADINGS), [*rows, ("all", *_numbers(found.total))])
    for reader, (day, count) in found.newest.items():
        out(f"{reader}: {count:,} subscribers, on {day}")


def _numbers(traffic: Traffic) -> tuple[str, ...]:
    numbers = (
        traffic.requests,
        traffic.not_modified,
        traffic.deltas,
        traffic.whole,
        traffic.refused,
        traffic.sent,
    )
    return tuple(f"{number:,}" for number in numbers)


def _counts(traffic: Traffic) -> dict[str, int]:
    from feeds.tally import COUNTED  # it loads Django's settings

    return {name: getattr(traffic, name) for name in COUNTED}


def _facts(found: Readership) -> dict[str, Any]:
    days = zip(found.days, found.traffic, found.reports, strict=True)
    return {
        "total": _counts(found.total),
        "subscribers": {reader: count for reader, (_, count) in found.newest.items()},
        "days": [{"day": day, **_counts(traffic), "subscribers": told} for day, traffic, told in days],
    }


def _by_feed(today: date, days: int) -> list[dict[str, Any]]:
    from feeds import readership  # it loads the models

    subscribers = readership.subscribers_by_feed(today, days)
    return [
        {"feed": feed, **_counts(traffic), "subscribers": subscribers.get(feed, 0)}
        for feed, traffic in readership.by_feed(today, days).items()
    ]

"""The dashboard: what was published and sent, who follows it, and what comes next; charts with a table twin.

All figures over time are those of `notifier.days` and `feeds.readership`: a row a day, however many people there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import clock
from feeds import charts, readership
from feeds.harvest import standing
from feeds.models import HeldFetch, Office, Source, Topic
from feeds.readership_admin import Drawing
from notifier import days, pace, progress, windows
from notifier.days import Days, What
from notifier.models import Cadence, Chain, Frequency, Reply

SEE = "notifier.view_dispatch"
PERIODS = (7, 30, 90, 365)
USUAL = 30
MOST = 12  # domains, sources and runs that are listed
TERMS_SHOWN = 100
SLOWLY = 60  # seconds for which what is costly is kept
_BAD = (Reply.Kind.HARD, Reply.Kind.SOFT, Reply.Kind.COMPLAINT)


@dataclass(frozen=True, slots=True)
class Following:
    """How many follow an office or a topic: now, how many more than at the beginning, and the course between."""

    name: str
    people: int
    more: int
    spark: Sequence[str]


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`?days=7|30|90|365`"""
    if not request.user.has_perm(SEE):
        raise PermissionDenied
    period = int(asked) if (asked := request.GET.get("days", "")) in map(str, PERIODS) else USUAL
    now = clock.now()
    today = now.astimezone(UTC).date()
    found, requests = days.read(today, period), _requests(today, period)
    context = {
        **admin.site.each_context(request),
        "title": "Dashboard",
        "periods": [(one, one == period) for one in PERIODS],
        "days": period,
        "figures": _figures(found, requests),
        "drawings": list(_drawings(found, requests)),
        "rows": list(_rows(found, requests)),
        "followed": [
            (
                "topic",
                "Topics",
                _following(found, What.TOPIC, dict(Topic.objects.values_list("slug", "name"))),
            ),
            (
                "office",
                "Offices",
                _following(found, What.OFFICE, dict(Office.objects.values_list("slug", "name"))),
            ),
        ],
        "domains": progress.kept(f"dashboard-domains-{period}", SLOWLY, lambda: _domains(now, period)),
        "sources": _sources(now),
        "runs": progress.kept("dashboard-runs", SLOWLY, lambda: _runs(now)),
    }
    return TemplateResponse(request, "admin_site/dashboard.html", context, using="django")


def _requests(today: date, period: int) -> list[int]:
    return [traffic.requests for traffic in readership.read(today, period).traffic]


def _figures(found: Days, requests: Sequence[int]) -> list[tuple[str, str, str]]:
    """Label, value, and what more there is to say."""
    queue, workers = progress.queue(), pace.workers(clock.machine())
    people = [count for count in found.level(What.PEOPLE) if count is not None]
    sent, bounced = sum(found.flow(What.MESSAGES)), sum(found.flow(What.BOUNCES))
    complaints = sum(found.flow(What.COMPLAINTS))
    joined, left = sum(found.flow(What.JOINED)), sum(found.flow(What.LEFT))
    share = f"{100 * bounced / sent:.1f} % of what was sent" if sent else "nothing was sent"
    by = f"by {workers.count} {'worker' if workers.count == 1 else 'workers'}"
    return [
        ("Waiting to be sent", f"{queue.leaving():,}", "messages"),
        ("Sent now", f"{workers.now:,.0f} a second", by if workers.count else "no worker runs"),
        ("Subscribers", f"{people[-1]:,}" if people else "-", f"{joined:,} joined, {left:,} left"),
        ("Releases", f"{sum(found.flow(What.RELEASES)):,}", "announced"),
        ("Messages", f"{sent:,}", "sent"),
        ("Bounces", f"{bounced:,}", share),
        ("Complaints", f"{complaints:,}", "who complains is unsubscribed at once"),
        ("Feed requests", f"{sum(requests):,}", "of all feeds"),
    ]


def _drawings(found: Days, requests: Sequence[int]) -> Iterator[Drawing]:
    yield _columns(found, "releases", "Releases a day", [("whole", "announced", found.flow(What.RELEASES))])
    yield _columns(found, "messages", "Messages a day", [("whole", "sent", found.flow(What.MESSAGES))])
    yield _people(found)
    growth = [("delta", "joined", found.flow(What.JOINED)), ("refused", "left", found.flow(What.LEFT))]
    yield _columns(found, "growth", "Growth and churn", growth)
    replies = [
        ("whole", "bounces", found.flow(What.BOUNCES)),
        ("refused", "complaints", found.flow(What.COMPLAINTS)),
    ]
    yield _columns(found, "replies", "Bounces and complaints", replies)
    yield _columns(found, "requests", "Feed requests a day", [("whole", "requests", requests)])


def _columns(found: Days, name: str, title: str, series: Sequence[tuple[str, str, Sequence[int]]]) -> Drawing:
    """`series`: the kind of bar, what it counts, and how many on each day."""
    said = [
        f"{day:%-d %B}: " + ", ".join(f"{values[n]:,} {what}" for _, what, values in series)
        for n, day in enumerate(found.days)
    ]
    totals = ", ".join(f"{sum(values):,} {what}" for _, what, values in series)
    chart = charts.columns(found.days, {kind: values for kind, _, values in series}, said)
    legend = [(kind, what.capitalize()) for kind, what, _ in series] if len(series) > 1 else ()
    return Drawing(name, title, f"{totals} in {len(found.days)} days.", chart, legend)


def _people(found: Days) -> Drawing:
    level = found.level(What.PEOPLE)
    there = [count for count in level if count is not None]
    says = f"From {there[0]:,} to {there[-1]:,}." if there else "Nobody has counted them yet."
    if None in level and there:
        says += " They are counted from the day on which Herald began to."
    said = [f"{day:%-d %B}: {count or 0:,} subscribers" for day, count in zip(found.days, level, strict=True)]
    return Drawing("people", "Subscribers", says, charts.line(found.days, level, said, "{:,.0f}"))


def _rows(found: Days, requests: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The days in numbers, the newest first: what the charts show."""
    flows = [found.flow(what) for what in days.FLOWS]
    people = found.level(What.PEOPLE)
    for n in reversed(range(len(found.days))):
        numbers = [f"{flow[n]:,}" for flow in flows]
        numbers += ["-" if people[n] is None else f"{people[n]:,}", f"{requests[n]:,}"]
        yield {"day": found.days[n], "numbers": numbers}


def _following(found: Days, what: What, names: dict[str, str]) -> list[Following]:
    """The most followed first. What has gone since is left out."""
    rows = []
    for slug in found.slugs(what):
        level = found.level(what, slug)
        there = [count for count in level if count is not None]
        if slug in names and there and any(there):
            rows.append(Following(names[slug], there[-1], there[-1] - there[0], charts.spark(level)))
    return sorted(rows, key=lambda row: (-row.people, row.name))[:TERMS_SHOWN]


def _domains(now: datetime, period: int) -> list[tuple[str, int, int]]:
    """(domain, bounces, complaints) of the period, the worst first. Replies are kept for 90 days."""
    since = now - timedelta(days=period)
    rows = Reply.objects.filter(at__gte=since, kind__in=_BAD).values_list("subscriber__domain", "kind")
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for domain, kind, many in rows.order_by("subscriber__domain", "kind").annotate(n=Count("pk")):
        counts[domain][kind == Reply.Kind.COMPLAINT] += many
    ranked = sorted(counts.items(), key=lambda item: (-item[1][1], -item[1][0], item[0]))
    shown = [(domain, bounces, complaints) for domain, (bounces, complaints) in ranked[:MOST]]
    if rest := ranked[MOST:]:
        shown.append((progress.OTHERS, sum(n[0] for _, n in rest), sum(n[1] for _, n in rest)))
    return shown


def _sources(now: datetime) -> list[tuple[str, str, str]]:
    """(name, how it goes, its page)"""
    waiting = HeldFetch.objects.filter(decision=HeldFetch.Decision.OPEN).values_list("source", "differences")
    held = {source: int(differences.get("new", 0)) for source, differences in waiting}
    rows = Source.objects.filter(active=True).select_related("fetching").defer("fetching__memory")
    return [
        (
            source.name,
            standing.in_words(source, getattr(source, "fetching", None), held.get(source.pk, -1), now),
            reverse("admin:feeds_source_change", args=[source.pk]),
        )
        for source in rows[:TERMS_SHOWN]
    ]


def _runs(now: datetime) -> list[tuple[datetime, str, int]]:
    """(when, what, how many people are in it) of the next runs of digests that somebody is in."""
    somebody = Cadence.objects.filter(chain=OuterRef("pk"), paused_at=None)
    peopled = Chain.objects.exclude(frequency=Frequency.INSTANT).filter(Exists(somebody))
    coming = sorted((windows.next_due(chain, now).ends_at, chain.pk, chain) for chain in peopled)[:MOST]
    counts = dict(
        Cadence.objects.filter(paused_at=None, chain__in=[pk for _, pk, _ in coming])
        .values_list("chain")
        .order_by("chain")
        .annotate(n=Count("pk"))
    )
    return [(at, str(chain), counts.get(pk, 0)) for at, pk, chain in coming]

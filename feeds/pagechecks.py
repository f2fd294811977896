"""Whether the releases' own pages upstream are still there. A page that is gone twice proposes a withdrawal.

    check_due: due pages -> claimed -> asked (robots and pause kept) -> judge -> PageCheck, Suggestion

Absence from a listing or a feed never proposes anything, and nothing is withdrawn by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from config.asking import Whether
from feeds import normalise, proposals
from feeds.models import PageCheck, Release, Source, Suggestion
from feeds.sources.way import Options
from feeds.web.answer import FetchError, Web

log = structlog.stdlib.get_logger(__name__)

GONE = frozenset({404, 410})
AGAIN = timedelta(hours=1)  # after the first time that a page is missing
USUALLY = timedelta(days=1)
KINDS = ("listing", "syndication")
DAYS = "check_pages_days"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from one look at a page. `status` None: nothing is known, leave what was."""

    next_at: datetime
    missing_since: datetime | None
    status: int | None = None
    gone: bool = False
    back: bool = False


def judge(status: int | None, missing_since: datetime | None, now: datetime) -> Verdict:
    """Pure. `status`: what the page answered, None where there was no answer; `missing_since`: its first 404 or 410
    in a row. Answers that say nothing of the page (5xx, 403, 429 …) count as none."""
    if status in GONE:
        first = missing_since or now
        gone = now - first >= AGAIN
        return Verdict(now + USUALLY if gone else first + AGAIN, first, status, gone=gone)
    if status is not None and 200 <= status < 400:
        return Verdict(now + USUALLY, None, status, back=True)
    return Verdict(now + (AGAIN if missing_since else USUALLY), missing_since)


def check_due(now: datetime, web: Web, limit: int) -> int:
    """Look at up to `limit` pages that are due, longest waiting first; how many were looked at.

    May be called by several processes: each page is claimed first, for an hour.
    """
    claimed = [(release, check) for release in _due(now, limit) if (check := _claim(release, now))]
    for release, check in claimed:
        verdict = judge(_ask(web, release.url or ""), check.missing_since, now)
        _record(release, check, verdict, now)
    return len(claimed)


_any_source = Whether(lambda: Source.objects.filter(active=True, kind__in=KINDS, address__istartswith="http"))


def any_due(now: datetime) -> bool:
    """Whether there is a page to look at. For who looks often."""
    return _any_source() and bool(_due(now, 1))


def _due(now: datetime, limit: int) -> list[Release]:
    """Each with `next_at` as it was read; None: never looked at."""
    check = PageCheck.objects.filter(release_id=OuterRef("pk"))
    due = _watched(now.date()).annotate(next_at=Subquery(check.values("next_at")[:1]))
    due = due.filter(Q(next_at=None) | Q(next_at__lte=now)).order_by(F("next_at").asc(nulls_first=True), "pk")
    return list(due.only("pk", "url")[:limit])


def _watched(today: date) -> QuerySet[Release]:
    """Shown releases with a page: new enough, by their source's option, or proposed for withdrawal."""
    sources = Source.objects.filter(active=True, kind__in=KINDS, address__istartswith="http")
    days = {source.pk: number for source in sources if (number := _days(source))}
    proposed = Suggestion.objects.filter(kind=proposals.Kind.WITHDRAWAL, decision=proposals.Decision.OPEN)
    wanted = Q(source__in=list(days), pk__in=proposed.values("release_id"))
    for source, number in days.items():
        wanted |= Q(source=source, published_on__gt=today - timedelta(days=number))
    shown = Release.objects.filter(state=Release.State.PUBLISHED, standing__shown=True)
    return shown.filter(wanted, url__istartswith="http")


def _days(source: Source) -> int:
    """At most ten years, as dates have a beginning."""
    given = source.options.get(DAYS) if isinstance(source.options, dict) else None
    usual = Options.model_fields[DAYS].default
    return min(given, 3650) if isinstance(given, int) and not isinstance(given, bool) else int(usual)


def _claim(release: Release, now: datetime) -> PageCheck | None:
    """Its row, if nobody else has it just now."""
    later, was = now + AGAIN, release.next_at  # type: ignore[attr-defined] # annotated
    if was is None:
        check, made = PageCheck.objects.get_or_create(release_id=release.pk, defaults={"next_at": later})
        return check if made else None
    mine = PageCheck.objects.filter(release_id=release.pk, next_at=was).update(next_at=later)
    return PageCheck.objects.get(release_id=release.pk) if mine else None


def _ask(web: Web, url: str) -> int | None:
    """The status its page answers with; None where it must not be asked, or gives no answer."""
    try:
        if not web.allowed(url):
            return None
        web.pause(url)
        return web.get(url, accept="text/html").status
    except FetchError as error:
        log.info("a page was not checked", error=str(error))
        return None


def _record(release: Release, check: PageCheck, verdict: Verdict, now: datetime) -> None:
    check.next_at, check.missing_since = verdict.next_at, verdict.missing_since
    if verdict.status is not None:
        check.status, check.checked_at = verdict.status, now
    with transaction.atomic():
        check.save()
        if verdict.gone:
            proposals.propose(release.pk, proposals.Kind.WITHDRAWAL, "", _reason(release, verdict), now)
        if verdict.back:
            proposals.lapse(proposals.open_ones([release.pk], proposals.Kind.WITHDRAWAL), now)


def _reason(release: Release, verdict: Verdict) -> str:
    since = f"{verdict.missing_since:%Y-%m-%d %H:%M} UTC"
    tail = f" has answered {verdict.status} since {since}"
    return normalise.excerpt(f"its page {release.url}", 300 - len(tail)) + tail

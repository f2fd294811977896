"""One fetch, from claim to state.

    claim -> the kind's fetch -> as usual? -> intake, or held -> what is kept, when next

A source that fails backs off alone; whatever goes wrong stands in its state, and the next one is none the worse.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import ValidationError

from feeds import intake
from feeds.harvest import claims, quarantine, timing, usual
from feeds.harvest.claims import Claim
from feeds.models import ReleaseKey, Source, SourceState
from feeds.previewing import preview
from feeds.sources import kinds
from feeds.sources.item import Fault, RawItem
from feeds.sources.way import Fetched, Origin, Tools, Unusable
from feeds.web.answer import FetchError, Web

log = structlog.stdlib.get_logger(__name__)
GONE = "gone for good (410); it is not asked again until somebody starts it again"
_KEPT_FAULTS = 20
_AT_ONCE = 500

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What a fetch did. `held`: why it waits for an admin; `error`: why nothing came of it, or ""."""

    new: int = 0
    changed: int = 0
    same: int = 0
    faults: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    error: str = ""
    pending: tuple[tuple[str, str], ...] = ()
    silence: str = ""


def fetch_due(now: datetime, web: Web) -> bool:
    """Fetch the source that has been due longest. False if none is."""
    claim = claims.due(now)
    if claim is None:
        return False
    _fetch(claim, now, web, None)
    return True


def fetch_if_due(source: int, now: datetime, web: Web) -> bool:
    """Fetch the source with this id. False if it is not due, or somebody else fetches it."""
    claim = claims.this_if_due(source, now)
    if claim is None:
        return False
    _fetch(claim, now, web, None)
    return True


def fetch_now(
    source: Source, now: datetime, web: Web | None = None, progress: Progress | None = None
) -> Result:
    """Fetch this source whether it is due or not. `progress` is told (items done, of how many)."""
    if source.kind not in kinds.FETCHED or not source.address:
        return Result(error=f"source {source.slug} has no address to fetch from")
    claim = claims.this(source, now)
    if claim is None:
        return Result(error=f"source {source.slug} is being fetched just now; try again in a moment")
    if web is None:
        from feeds.web.client import from_settings  # it loads TLS, which who only reads this does not need

        web = from_settings()
    return _fetch(claim, now, web, progress)


def _fetch(claim: Claim, now: datetime, web: Web, progress: Progress | None) -> Result:
    try:
        fetched = _ask(claim, now, web)
        result = _gone() if fetched.gone else _take(claim, fetched, now, progress)
    except (FetchError, Unusable, ValidationError) as error:
        _failed(claim, _words(error), now, getattr(error, "not_before", None))
        return Result(error=_words(error))
    except Exception as error:
        if not claim.state.failures:  # in full once, and in short while it lasts
            log.exception("fetching failed", source=claim.source.slug)
        words = f"{type(error).__name__}: {error}"
        _failed(claim, words, now, None)
        return Result(error=words)
    except BaseException:  # interrupted: who comes next need not wait for the claim to run out
        _release(claim, {})
        raise
    _succeeded(claim, fetched, result, now)
    return result


def _ask(claim: Claim, now: datetime, web: Web) -> Fetched:
    source, memory = claim.source, claim.memory
    address = str(memory.get("address") or memory.get("moved_to") or source.address)
    origin = Origin(source.slug, address, source.language, kinds.options_of(source))

    def known(keys: Collection[str]) -> set[str]:
        return _known(source, list(keys))

    return kinds.way_of(source.kind).fetch(origin, memory, Tools(web, now, known))


def _known(source: Source, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        found.update(ReleaseKey.objects.filter(source=source, key__in=some).values_list("key", flat=True))
    return found


def _take(claim: Claim, fetched: Fetched, now: datetime, progress: Progress | None) -> Result:
    """Into the store; or, where the fetch is not what is usual, aside."""
    source, faults = claim.source, tuple(map(str, fetched.faults))
    if fetched.unchanged:
        return Result(faults=faults)
    if source.first_complete_at is not None:  # all of a first fetch is new, and silent
        seen = preview(fetched.items, source, now, complete=fetched.complete)
        reasons = usual.reasons(
            seen, len(fetched.items), claim.state.usual_items, kinds.options_of(source).hold
        )
        if reasons:
            if not quarantine.discarded(source, usual.digest(seen)):
                memory = claims.remembered(claim, fetched.memory)
                quarantine.hold(source, fetched, seen, reasons, memory, now)
            return Result(faults=faults, held=tuple(reasons))
        quarantine.supersede(source, now)
    report, lost = _take_in(fetched.items, source, now, fetched.complete, progress)
    return Result(
        len(report.new),
        len(report.changed),
        report.same,
        (*faults, *map(str, (*report.faults, *lost))),
        pending=report.pending,
        silence=report.silence,
    )


def _take_in(
    items: Sequence[RawItem], source: Source, now: datetime, complete: bool, progress: Progress | None
) -> tuple[intake.Report, list[Fault]]:
    """All of it; should one item defy the store, all but that one, found by halves."""
    try:
        report = intake.take_in(
            items,
            source,
            now,
            complete=complete,
            progress=(lambda done: progress(done, len(items))) if progress else None,
        )
    except Exception as error:
        if len(items) < 2:
            log.exception("an item cannot be taken in", source=source.slug)
            fault = f"cannot be stored ({type(error).__name__})"
            line = items[0].line if items else None
            return intake.Report(), [Fault(source.slug, line, fault, "a release that can be stored")]
        half = len(items) // 2
        # Not complete: a half is not all there is, and a fetch with a loss is none to build upon.
        one, lost = _take_in(items[:half], source, now, False, None)
        other, more = _take_in(items[half:], source, now, False, None)
        return _joined(one, other), lost + more
    return report, []


def _joined(one: intake.Report, other: intake.Report) -> intake.Report:
    return intake.Report(
        one.new + other.new,
        one.changed + other.changed,
        one.same + other.same,
        one.faults + other.faults,
        one.pending + other.pending,
        one.silence or other.silence,
    )


def _gone() -> Result:
    return Result(error=GONE)


def _succeeded(claim: Claim, fetched: Fetched, result: Result, now: datetime) -> None:
    every = kinds.every_seconds(claim.source)
    values: dict[str, Any] = {
        "tried_at": now,
        "failures": 0,
        "error": result.error,
        "stopped": fetched.gone,
        "next_at": timing.after_success(now, every, fetched.not_before, random.random()),  # noqa: S311 - no secret
    }
    if not fetched.gone:
        values["succeeded_at"] = now
    if not result.held and not fetched.gone:
        values["memory"] = claims.remembered(claim, fetched.memory)
    if (not fetched.unchanged or result.faults) and not fetched.gone:
        values["outcome"] = _outcome(result)
        if fetched.items and not result.held:
            values["usual_items"] = len(fetched.items)
    _release(claim, values)


def _outcome(result: Result) -> dict[str, Any]:
    return {
        "new": result.new,
        "changed": result.changed,
        "same": result.same,
        "faults": list(result.faults[:_KEPT_FAULTS]),
        "held": list(result.held),
    }


def _failed(claim: Claim, error: str, now: datetime, not_before: datetime | None) -> None:
    failures = claim.state.failures + 1
    try:
        every = kinds.every_seconds(claim.source)
    except KeyError:  # its kind was changed to one that is not fetched
        every = 600
    values = {
        "tried_at": now,
        "failures": failures,
        "error": error,
        "next_at": timing.after_failure(now, failures, every, not_before, random.random()),  # noqa: S311 - no secret
    }
    _release(claim, values)


def _release(claim: Claim, values: Mapping[str, Any]) -> None:
    """Write the state, unless the claim has run out and somebody else has taken it up."""
    mine = SourceState.objects.filter(pk=claim.state.pk, claimed_by=claim.state.claimed_by)
    mine.update(**values, claimed_until=None)


def _words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"options.{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return " ".join(str(error).split())

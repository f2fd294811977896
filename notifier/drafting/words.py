"""The consequences of a draft in plain English, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from notifier import interests
from notifier.drafting.load import Hour
from notifier.drafting.values import DAYS, Consequences, Effect

SAMPLES = 5


def lines(found: Consequences) -> list[str]:
    """What a person reads before saying yes: numbers first, then samples."""
    if found.refused:
        return [f"refused: {reason}" for reason in found.refused]
    return [
        *_numbers(found),
        *warnings(found),
        *(line for one in found.effects[:SAMPLES] for line in _sample(one, found)),
    ]


def of_mail(found: Consequences) -> list[str]:
    """What it means for people's messages, without samples and without feeds."""
    if found.refused:
        return [f"refused: {reason}" for reason in found.refused]
    return [*_numbers_of_mail(found), *warnings(found)]


def to_json(found: Consequences) -> dict[str, Any]:
    return {
        "refused": list(found.refused),
        "feeds": [{"path": path, "what": what} for path, what in found.feeds],
        "people": found.people,
        "choosers": found.choosers,
        "subscriptions": {
            "more": found.counted("more"), "fewer": found.counted("fewer"), "other": found.counted("other"),
            "moved": found.moved, "later": found.later, "never": found.never,
        },
        "by_frequency": found.by_frequency(),
        "at_once_weekly": found.at_once_weekly,
        "busiest_hour": {"before": _hour(found.hour), "after": _hour(found.hour_then)},
        "unknown": [{"kind": kind, "name": name, "releases": count} for kind, name, count in found.unknown],
        "not_offered": dict(found.withdrawn_offers),
        "samples": [_as_json(one) for one in found.effects[:SAMPLES]],
    }  # fmt: skip


def hour(found: Hour | None) -> str:
    """The busiest hour in words."""
    return (
        f"{_of(found.messages, 'message')} on {found.begins_at:%Y-%m-%d %H:%M} UTC" if found else "no message"
    )


def _numbers(found: Consequences) -> Iterator[str]:
    yield from _numbers_of_mail(found)
    if found.choosers:
        have = "has" if found.choosers == 1 else "have"
        yield f"{_of(found.choosers, 'subscriber')} {have} chosen a term that goes up in another or comes back"
    for path, what in found.feeds:
        yield f"feed {path} {what}"


def _numbers_of_mail(found: Consequences) -> Iterator[str]:
    if not found.effects:
        yield "nobody's mail changes"
    else:
        yield f"{_of(found.people, 'subscriber')} {'is' if found.people == 1 else 'are'} concerned"
    for how in ("more", "fewer", "other"):
        if count := found.counted(how):
            yield (
                f"{_of(count, 'subscription')} would bring {how} releases, "
                f"judged by the last {DAYS} days and by what waits"
            )
    if found.moved:
        yield f"{_of(found.moved, 'subscription')} would bring the next message at another time"
    if found.later:
        yield f"{_of(found.later, 'subscription')} would bring messages after the next one at other times"
    if found.never:
        yield f"{_of(found.never, 'subscription')} could never bring anything any more"
    if found.at_once_weekly:
        more = "more" if found.at_once_weekly > 0 else "fewer"
        yield f"about {abs(found.at_once_weekly)} messages {more} a week would leave at once"
    if found.hour_then != found.hour:
        yield f"the busiest hour of the coming week: {hour(found.hour)} -> {hour(found.hour_then)}"


def warnings(found: Consequences) -> Iterator[str]:
    for kind, name, count in found.unknown:
        yield (
            f"no {kind} would be known as {name!r} any more: {_of(count, 'release')} of the last {DAYS} days "
            f"{'carries' if count == 1 else 'carry'} it; "
            "an alias keeps it"
        )
    for frequency, people in found.withdrawn_offers:
        who = "the one who gets it keeps it" if people == 1 else f"the {people} who get it keep it"
        yield f"{frequency} is not offered any more; {who}"


def _of(count: int, what: str) -> str:
    """In English, as all of this is: "1 subscriber", "2 subscribers"."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def _sample(effect: Effect, found: Consequences) -> Iterator[str]:
    audience = effect.audience
    what = interests.describe(audience.interest, "en")
    yield f"{audience.people} with {what} ({audience.frequency}):"
    for sign, releases in (("+", effect.gains | effect.next_gains), ("-", effect.loses | effect.next_loses)):
        for release in sorted(releases, reverse=True)[:3]:
            yield f"  {sign} {found.titles.get(release, release)}"
    if effect.next_before != effect.next_after:
        yield f"  next message: {effect.next_before:%Y-%m-%d %H:%M} -> {effect.next_after:%Y-%m-%d %H:%M} UTC"
    if effect.later:
        yield "  messages after the next one: at other times"


def _as_json(effect: Effect) -> dict[str, Any]:
    return {
        "people": effect.audience.people,
        "frequency": effect.audience.frequency,
        "what": interests.describe(effect.audience.interest, "en"),
        "how": effect.how,
        "gains": sorted(effect.gains),
        "loses": sorted(effect.loses),
        "next_gains": sorted(effect.next_gains),
        "next_loses": sorted(effect.next_loses),
        "next_before": effect.next_before,
        "next_after": effect.next_after,
        "never": effect.never,
    }


def _hour(found: Hour | None) -> dict[str, Any] | None:
    return {"begins_at": found.begins_at, "messages": found.messages} if found else None

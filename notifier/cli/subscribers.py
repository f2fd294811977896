"""Subscribers, one at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.base import Command, group, out, out_json, say
from notifier.cli.faults import Fault
from notifier.cli.times import day_of_month, minute_of_day

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.selection import Selection
    from notifier.models import Subscriber
    from notifier.subscriptions import Wish

app = group("Add, show, change and remove subscribers.")

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The e-mail address.")]
Topics = Annotated[list[str], typer.Option("--topic", metavar="SLUG", help="A topic; may be repeated.")]
Offices = Annotated[list[str], typer.Option("--office", metavar="SLUG", help="An office; may be repeated.")]
Either = Annotated[
    bool, typer.Option("--either", help="Any of the topics or any of the offices, instead of both.")
]
Query = Annotated[
    str,
    typer.Option(
        "--selection",
        metavar="QUERY",
        help="Any selection, as in the address of its feed: 'office=vienna&q=human rights&not-topic=youth'.",
    ),
]
FREQUENCIES = "instant|several|daily|weekly|monthly"
How = Annotated[str, typer.Option("--frequency", metavar=FREQUENCIES, help="How often.")]
Time = Annotated[
    str | None,
    typer.Option("--time", metavar="HH:MM", help="Local time of digests.  [default: the newsroom's]"),
]
Days = Annotated[
    str | None,
    typer.Option(
        "--days", metavar="1234567", help="Weekdays of digests, 1 is Monday.  [default: the newsroom's]"
    ),
]
Monthday = Annotated[
    str | None,
    typer.Option(
        "--monthday", metavar="1-28|last", help="Day of the monthly digest.  [default: the newsroom's]"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.command(cls=Command)
def add(
    address: Address,
    topic: Topics = [],  # noqa: B006 - Typer copies it
    office: Offices = [],  # noqa: B006
    either: Either = False,
    selection: Query = "",
    frequency: How = "daily",
    time: Time = None,
    days: Days = None,
    monthday: Monthday = None,
    both: Annotated[bool, typer.Option("--both", help="Digests are to hold also what came at once.")] = False,
    zone: Annotated[
        str, typer.Option(help="IANA time zone, as Europe/Vienna.  [default: the newsroom's]")
    ] = "",
    language: Annotated[str, typer.Option(help="Of the messages' frame: en, fr, de, it, ru or es.")] = "en",
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="They have agreed already: send no question.")
    ] = False,
    consent: Annotated[
        str, typer.Option(metavar="WORDS", help="With --confirmed: where, when and to what they agreed.")
    ] = "",
) -> None:
    """Add a subscriber, who is asked by mail to confirm. Without topic or office: everything."""
    from django.db import transaction

    from config import clock
    from feeds import store
    from notifier import consents, subscriptions
    from notifier.models import Consent, Subscriber
    from notifier.pages import letters

    now = clock.now()
    wish = _wish(selection_of(topic, office, either, selection), frequency, time, days, monthday)
    with transaction.atomic():
        subscriber = subscriptions.ask(
            address,
            [wish],
            language=_language(language),
            zone=zone or store.newsroom().zone,
            origin="command",
            now=now,
            repeat_alerts=both,
        )
        if subscriber.state == Subscriber.State.ACTIVE:
            raise Fault("this address has a subscription already; `herald subscribers change` changes it")
        if confirmed:
            subscriptions.confirm(subscriber, now)
            words = consent or "said by an operator to have agreed"
            consents.record(subscriber, Consent.Way.COMMAND, words, "en", now)
        else:
            letters.write(subscriber, now)
        _record("added", subscriber, None, _told(subscriber))
    say(f"subscriber {subscriber.pk} added" + ("" if confirmed else "; a message asks them to confirm"))


@app.command(cls=Command)
def show(address: Address, as_json: AsJson = False) -> None:
    """Print what is held about one subscriber."""
    subscriber = find(address)
    facts = _facts(subscriber)
    _record("read", subscriber, None, None)
    if as_json:
        out_json(facts)
        return
    for name, value in facts.items():
        if name == "replies":
            for reply in value:
                out(
                    f"came back {reply['at']:%Y-%m-%d %H:%M} UTC: {reply['what']}, dispatch {reply['dispatch']}"
                )
        elif name == "subscriptions":
            for subscription in value:
                out(f"gets {subscription['what']}, {subscription['frequency']}, {subscription['schedule']}")
        elif value is not None:
            out(f"{name.replace('_', ' ')}: {value}")


@app.command(cls=Command)
def change(
    address: Address,
    topic: Topics = [],  # noqa: B006
    office: Offices = [],  # noqa: B006
    either: Either = False,
    selection: Query = "",
    frequency: Annotated[
        str, typer.Option("--frequency", metavar=FREQUENCIES, help="How often.  [default: daily]")
    ] = "",
    time: Time = None,
    days: Days = None,
    monthday: Monthday = None,
    both: Annotated[
        bool | None,
        typer.Option("--both/--not-both", help="Whether digests are to hold also what came at once."),
    ] = None,
    zone: Annotated[str | None, typer.Option(help="IANA time zone, as Europe/Vienna.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the messages' frame.")] = None,
) -> None:
    """Change what is given and leave the rest. Nothing is lost or sent twice by it.

    With a topic, an office, a selection or a frequency, the new choice takes the place of all they had.
    """
    from django.db import transaction

    from config import clock
    from notifier import subscriptions

    subscriber = find(address)
    chosen = bool(topic or office or selection or frequency)
    wish = _wish(selection_of(topic, office, either, selection), frequency or "daily", time, days, monthday)
    with transaction.atomic():
        before = _told(subscriber)
        subscriptions.change(
            subscriber,
            [wish] if chosen else None,
            now=clock.now(),
            zone=zone,
            language=None if language is None else _language(language),
            minute=None if chosen else wish.minute,
            weekdays=None if chosen else wish.weekdays,
            monthday=None if chosen else wish.monthday,
            repeat_alerts=both,
        )
        subscriber.refresh_from_db()
        _record("changed", subscriber, before, _told(subscriber))
    say(f"subscriber {subscriber.pk} changed")


@app.command(cls=Command)
def remove(address: Address) -> None:
    """Unsubscribe somebody from everything: nothing more leaves for them, queued mail included."""
    from django.db import transaction

    from config import clock
    from notifier import subscriptions

    subscriber = find(address)
    with transaction.atomic():
        before = _told(subscriber)
        subscriptions.leave(subscriber, clock.now())
        subscriber.refresh_from_db()
        _record("unsubscribed", subscriber, before, _told(subscriber))
    say(f"subscriber {subscriber.pk} has left")


@app.command(cls=Command)
def export(address: Address) -> None:
    """Print all that is held about one person, as JSON (docs/dossier.md)."""
    from config import clock
    from notifier import dossier

    subscriber = find(address)
    _record("exported", subscriber, None, None)
    out_json(dossier.of(subscriber, clock.now()))


@app.command(cls=Command)
def erase(
    address: Address, yes: Annotated[bool, typer.Option("--yes", help="Do not ask once more.")] = False
) -> None:
    """Erase all that is held about one person, for good; a restored backup does not bring it back."""
    from config import clock
    from notifier import erasures

    subscriber = find(address)
    if not yes:
        typer.confirm(f"Erase all of subscriber {subscriber.pk}, for good?", abort=True, err=True)
    erasures.erase(subscriber, clock.now(), "command:subscribers erase", "command")
    say(f"subscriber {subscriber.pk} erased")


def _told(subscriber: Subscriber) -> dict[str, Any]:
    """What the audit log keeps of a subscriber: no address."""
    facts = _facts(subscriber)
    kept = ("state", "language", "zone", "subscriptions")
    return {name: facts[name] for name in kept if name in facts}


def _record(what: str, subscriber: Subscriber, before: Any, after: Any) -> None:
    """In the audit log, by number; instants as text."""
    from django.core.serializers.json import DjangoJSONEncoder

    from config import auditing, clock

    plain = [json.loads(json.dumps(value, cls=DjangoJSONEncoder)) for value in (before, after)]
    auditing.record(
        f"command:subscribers {what}", "command", what, f"subscriber {subscriber.pk}",
        before=plain[0], after=plain[1], now=clock.now(),
    )  # fmt: skip


def find(address: str) -> Subscriber:
    """The subscriber of this address. Raises BadAddress, or Fault if there is none."""
    from notifier import subscriptions

    found = subscriptions.find(address)
    if found is None:
        raise Fault("nobody subscribed with this address")
    return found


def selection_of(topics: list[str], offices: list[str], either: bool, query: str = "") -> Selection:
    """The choice of the options. Raises typer.BadParameter for a slug that no term has."""
    if query:
        if topics or offices:
            raise typer.BadParameter("say all of it in the selection", param_hint="--selection")
        return _queried(query)
    from feeds import selection
    from feeds.models import Office, Topic

    for option, model, slugs in (("--topic", Topic, topics), ("--office", Office, offices)):
        known = {*model._default_manager.values_list("slug", flat=True), selection.UNTAGGED}
        for slug in slugs:
            if slug not in known:
                raise typer.BadParameter(f"there is no {slug!r}{_like(slug, known)}", param_hint=option)
    return selection.of(offices, topics, either=either)


def _queried(query: str) -> Selection:
    from django.http import QueryDict

    from feeds import former, selecting
    from feeds.catalogue import Catalogue
    from feeds.selection import BadSelection

    asked = dict(QueryDict(query.strip().removeprefix("?")).lists())
    if strange := [name for name in asked if not selecting.is_name(name)]:
        known = ", ".join(selecting.FIELDS)
        raise typer.BadParameter(
            f"no {', no '.join(strange)} here; there are {known}", param_hint="--selection"
        )
    try:
        found = former.known().selection(selecting.read(asked))
    except BadSelection as error:
        raise typer.BadParameter(str(error), param_hint="--selection") from None
    if unknown := selecting.unknown(found, Catalogue().names):
        raise typer.BadParameter(f"there is no {', no '.join(unknown)}", param_hint="--selection")
    return found


def _wish(
    selection: Selection, frequency: str, time: str | None, days: str | None, monthday: str | None
) -> Wish:
    from notifier.subscriptions import Wish

    return Wish(
        selection,
        frequency,
        None if time is None else minute_of_day(time),
        days,
        None if monthday is None else day_of_month(monthday),
    )


def _language(language: str) -> str:
    from django.conf import settings

    if language not in settings.HERALD_LANGUAGES:
        raise typer.BadParameter(
            f"expected one of {', '.join(settings.HERALD_LANGUAGES)}", param_hint="--language"
        )
    return language


def _like(slug: str, known: set[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(slug, known, 3)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _facts(subscriber: Subscriber) -> dict[str, Any]:
    from notifier.interests import describe, selections

    cadences = {c.frequency: c for c in subscriber.cadences.select_related("chain")}
    live = list(subscriber.subscriptions.filter(ended_at=None).order_by("pk"))
    chosen = selections(row.interest_id for row in live)
    return {
        "number": subscriber.pk,
        "state": subscriber.state,
        "language": subscriber.language,
        "zone": subscriber.zone,
        "origin": subscriber.origin,
        "digests_repeat_alerts": subscriber.repeat_alerts,
        "created_at": _second(subscriber.created_at),
        "confirmed_at": _second(subscriber.confirmed_at),
        "left_at": _second(subscriber.left_at),
        "subscriptions": [
            {
                "what": describe(chosen[row.interest_id], "en"),
                "frequency": row.frequency,
                "schedule": _schedule(cadences[row.frequency])
                if row.frequency in cadences
                else "not confirmed",
                "selection": chosen[row.interest_id].to_json(),
            }
            for row in live
        ],
        "suppressed": _suppressed(subscriber),
        "replies": [
            {
                "at": row.at,
                "kind": row.kind,
                "status": row.status,
                "what": str(row),
                "dispatch": row.dispatch_id,
            }
            for row in subscriber.replies.order_by("-at", "-pk")[:20]
        ],
    }


def _suppressed(subscriber: Subscriber) -> str | None:
    from config import clock
    from notifier import suppressions

    row = suppressions.standing(clock.now()).filter(address=subscriber.address).first()
    if row is None:
        return None
    return row.reason + (f" (until {row.expires_at:%Y-%m-%d})" if row.expires_at else "")


def _second(instant: datetime | None) -> datetime | None:
    return instant and instant.replace(microsecond=0)


def _schedule(cadence: Any) -> str:
    if cadence.frequency == "instant":
        words = "as it happens"
    else:
        chain = cadence.chain
        words = f"at {chain.times.replace(' ', ', ')} {chain.zone}"
        words += "" if chain.weekdays == "1234567" else f" on weekdays {chain.weekdays}"
        if chain.monthday:
            words += " on the last day of the month" if chain.monthday == 31 else f" on day {chain.monthday}"
    return words + (", paused" if cadence.paused_at else "")

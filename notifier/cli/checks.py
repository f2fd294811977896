"""`herald check`: is all there that Herald needs, and is what it published right?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from config.relays import RelayAddress, parse
from notifier.cli.base import Command, begin, group, out, out_json
from notifier.cli.faults import explain

app = group("Check settings, database, migrations, relay and feeds.", no_args_is_help=False)
SHOWN = 5
AsJson = Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")]


@dataclass(frozen=True, slots=True)
class Finding:
    """`wrong` decides about the exit code; `words` say what was found."""

    about: str
    words: str
    wrong: bool = False

    def __str__(self) -> str:
        return f"{'wrong' if self.wrong else 'ok':<6}{self.about}: {self.words}"


@app.callback(invoke_without_command=True)
def everything(context: typer.Context, as_json: AsJson = False) -> None:
    """Check all, or with a word after it that alone."""
    if context.invoked_subcommand is None:
        begin()  # reading the settings is the first check: it names every fault
        _report(
            [
                finding
                for check in (_settings, _database, _migrations, _relay, _keys, _replies, _feeds)
                for finding in check()
            ],
            as_json,
        )


@app.command(cls=Command)
def database(as_json: AsJson = False) -> None:
    """The database and its tables."""
    _report([*_database(), *_migrations()], as_json)


@app.command(cls=Command)
def relay(as_json: AsJson = False) -> None:
    """Connect to the relay, and sign in where the address has a name."""
    _report(_relay(), as_json)


@app.command(cls=Command)
def dkim(as_json: AsJson = False) -> None:
    """Read the keys that sign messages, and print the DNS record that each needs."""
    _report(_keys(), as_json)


@app.command(cls=Command)
def replies(as_json: AsJson = False) -> None:
    """Where bounces and complaints come to, and whether they can be told apart."""
    _report(_replies(), as_json)


@app.command(cls=Command)
def feeds(as_json: AsJson = False) -> None:
    """Read every published feed back and compare it with the store."""
    _report(_feeds(), as_json)


def _report(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        out_json([{"about": f.about, "ok": not f.wrong, "words": f.words} for f in findings])
    else:
        for finding in findings:
            out(str(finding))
    raise typer.Exit(any(finding.wrong for finding in findings))


def _settings() -> list[Finding]:
    from django.conf import settings

    return [Finding("settings", f"HERALD_HOME is {settings.HERALD_HOME}, BASE_URL is {settings.BASE_URL}")]


def _database() -> list[Finding]:
    from django.db import connection

    def version() -> str:
        connection.ensure_connection()
        return f"{connection.display_name} {'.'.join(map(str, connection.get_database_version()))}"

    return [_tried("database", version)]


def _migrations() -> list[Finding]:
    from notifier.installation import unmigrated

    waiting: list[str] = []

    def words() -> str:
        waiting.extend(unmigrated())
        return f"{len(waiting)} not applied; `herald setup` applies them" if waiting else "all applied"

    found = _tried("migrations", words)
    return [Finding(found.about, found.words, found.wrong or bool(waiting))]


def _relay() -> list[Finding]:
    import asyncio

    from django.conf import settings

    from feeds import store
    from notifier import outside

    goes = Finding("mail", f"{settings.HERALD_ENVIRONMENT}: {outside.from_settings().words()}")
    if not settings.SMTP_URL:
        return [Finding("relay", "SMTP_URL is not set: feeds go on, mail waits"), goes]
    sender = store.newsroom().sender_address

    def greeting(relay: RelayAddress) -> Callable[[], str]:
        return lambda: asyncio.run(_greet(relay, sender))

    return [*(_tried("relay", greeting(relay)) for relay in parse(settings.SMTP_URL)), goes]


def _keys() -> list[Finding]:
    from django.conf import settings

    from feeds import store
    from notifier import dkim

    if not settings.DKIM_KEYS:
        return [Finding("dkim", "DKIM_KEYS is not set: messages leave unsigned")]
    domain = store.newsroom().sender_address.rpartition("@")[2]
    try:
        keys = dkim.load(settings.DKIM_KEYS)
    except dkim.BadKey as error:
        return [Finding("dkim", str(error), wrong=True)]
    return [Finding("dkim", f'{key.selector}._domainkey.{domain} TXT "{key.record}"') for key in keys]


def _replies() -> list[Finding]:
    from django.conf import settings

    from feeds import store

    sender = store.newsroom().sender_address
    if not settings.BOUNCE_ADDRESS:
        words = f"BOUNCE_ADDRESS is not set: bounces go to {sender}, where nobody but people can read them"
        return [Finding("replies", words)]
    where = [f"from the return path {settings.BOUNCE_ADDRESS}"]
    if settings.REPLIES_BIND:
        where.append(f"by mail at {settings.REPLIES_BIND}")
    where += [f"by {name} at {settings.BASE_URL}/webhooks/{name}" for name in settings.WEBHOOKS]
    found = [Finding("replies", ", ".join(where))]
    if len(where) == 1:
        words = (
            "REPLIES_BIND and WEBHOOKS are not set: nothing is read unless your mail server "
            "hands it to `herald replies read`"
        )
        found.append(Finding("replies", words))
    return found + _alignment(sender, settings.BOUNCE_ADDRESS)


def _alignment(sender: str, path: str) -> list[Finding]:
    """SPF speaks for the return path's domain; for DMARC that must be the sender's, or one above or below it."""
    ours, theirs = sender.rpartition("@")[2].lower(), path.rpartition("@")[2]
    if f".{ours}".endswith(f".{theirs}") or f".{theirs}".endswith(f".{ours}") or not ours:
        return []
    words = (
        f"BOUNCE_ADDRESS is in {theirs} but mail comes from {ours}: SPF then says nothing for DMARC, which needs a "
        f"DKIM signature of {ours}; or take an address in a domain below {ours}"
    )
    return [Finding("replies", words, wrong=True)]


async def _greet(relay: RelayAddress, sender: str) -> str:
    """Connect, greet, sign in; send nothing."""
    from notifier.connecting import connect

    line = await connect(relay, sender, sender.rpartition("@")[2] or "localhost")
    await line.quit()
    return f"{relay.name} answers" + (", signed in" if relay.user else "")


def _feeds() -> list[Finding]:
    from django.conf import settings

    from feeds import readback
    from feeds.catalogue import all_feeds

    problems = [
        Finding("feeds", str(problem), wrong=True) for problem in readback.check(settings.FEED_FOLDER)
    ]
    return problems or [Finding("feeds", f"{len(list(all_feeds()))} feeds read back, all as they should be")]


def _feeds_in_short() -> list[Finding]:
    found = _feeds()
    more = len(found) - SHOWN
    if more <= 0:
        return found
    return [*found[:SHOWN], Finding("feeds", f"and {more} more; `herald check feeds` lists them", wrong=True)]


def _tried(about: str, action: Callable[[], str]) -> Finding:
    try:
        return Finding(about, action())
    except Exception as error:
        return Finding(about, explain(error) or f"{error or type(error).__name__}", wrong=True)

"""The commands that stay: everything at once, or one process of it."""

from __future__ import annotations

import typer

from notifier.cli.base import say
from notifier.cli.faults import Fault, explain


def run() -> None:
    """Run all of Herald under one parent: web, scheduler, worker and, with REPLIES_BIND, the listener for replies.

    Makes tables and first configuration where they are missing, and publishes, before it begins. Ctrl-C or SIGTERM
    ends it within 30 s, with exit code 0. Refuses the home of a demo.
    """
    from functools import partial

    from django.conf import settings

    from notifier import dkim, processes
    from notifier.replies import listener
    from notifier.supervisor import Supervisor, aside
    from notifier.web import listen

    _refuse_a_demo()
    dkim.load(settings.DKIM_KEYS)  # a worker would end at once, again and again
    listening = listen(settings.HERALD_BIND, settings.HERALD_PORT)
    taking = listener.listen(settings.REPLIES_BIND) if settings.REPLIES_BIND else None
    children = aside(_get_ready, partial(processes.everything, listening, taking))
    say(f"Herald listens on {_address()}")
    _say_how_to_begin()
    _say_where_mail_goes()
    raise typer.Exit(Supervisor(children).run())


def _get_ready() -> None:
    from config import clock
    from notifier import installation, jobs

    installation.prepare(clock.now())
    jobs.publish(clock.now())


def setup() -> None:
    """Make HERALD_HOME, the tables, the first configuration and its feeds. Doing it again changes nothing."""
    from django.conf import settings

    from config import clock
    from notifier import installation, jobs

    done = installation.prepare(clock.now())
    jobs.publish(clock.now())
    say(f"{settings.HERALD_HOME}: {'; '.join(done) or 'nothing to do'}")


def web() -> None:
    """Run the web server alone. While there is no administrator it prints the link to `/setup`."""
    from django.conf import settings

    from notifier import processes
    from notifier.web import listen

    listening = listen(settings.HERALD_BIND, settings.HERALD_PORT)
    say(f"Herald listens on {_address()}")
    processes.web(listening, _say_how_to_begin)


def scheduler() -> None:
    """Run the scheduler alone: takes notice, publishes feeds, plans mail. Any number of them may run."""
    from notifier import processes

    _refuse_a_demo()
    processes.scheduler()


def worker() -> None:
    """Run one worker alone: it sends what is planned. Any number of them may run.

    With `ENGINE=procrastinate` a process beside it does the jobs of all schedulers. On a terminal it shows what
    leaves, what waits by lane and domain, errors, and when it will be done; otherwise it logs.
    """
    import sys

    from notifier import processes
    from notifier.supervisor import Supervisor

    _refuse_a_demo()
    _say_where_mail_goes()
    target = processes.watched_worker if sys.stdout.isatty() else processes.worker
    children = processes.sending(target)
    if len(children) == 1:
        target()
    else:
        raise typer.Exit(Supervisor(children).run())


def demo(
    bare: bool = typer.Option(False, "--bare", help="Only the seven releases of the sample listing."),
    fresh: bool = typer.Option(False, "--fresh", help="Begin anew: forget what earlier demos left."),
    port: int | None = typer.Option(
        None, min=1, max=65535, help="The web port.  [default: HERALD_PORT or 8000]"
    ),
) -> None:
    """Show a made-up newsroom with a mailbox and a desk. Its mail never leaves this machine."""
    from config import environment

    if port is not None:
        environment.override(herald_port=port)
    from notifier.demo.start import start

    start(bare, fresh)


def _refuse_a_demo() -> None:
    from django.conf import settings

    if settings.HERALD_DEMO:
        raise Fault(
            f"{settings.HERALD_HOME} is the home of a demo, with made-up people and a clock of its own: "
            "run `herald demo` there, or set HERALD_HOME to another folder"
        )


def _say_how_to_begin() -> None:
    """Where nobody administers yet: the link by which the first administrator comes in, good as long as that is so."""
    from urllib.parse import urlencode

    from django.db import DatabaseError, connection
    from django.urls import reverse

    from config import clock
    from config.accounts import first
    from feeds.templating import absolute

    try:
        code = first.new_code(clock.now())
    except DatabaseError as error:
        say(f"Not ready: {explain(error)}. `herald run` does so by itself.")
        say(
            "Start this once more afterwards: it then prints the link by which the first administrator comes in."
        )
        return
    finally:
        connection.close()  # the processes open their own
    if code:
        say(
            f"No administrator yet. Set Herald up at {absolute(reverse('notifier:setup'))}?{urlencode({'code': code})}"
        )
        say("or make one here: herald admin create NAME")


def _say_where_mail_goes() -> None:
    """So that nobody is surprised, by mail that leaves or by mail that does not."""
    from django.conf import settings

    from config import kept_relay, relays
    from notifier import outside

    names = ", ".join(relay.name for relay in relays.parse(kept_relay.url()))
    by = f", by {names}" if names else "; SMTP_URL is not set, so all of it waits"
    say(f"{settings.HERALD_ENVIRONMENT}: {outside.from_settings().words()}{by}")


def _address() -> str:
    from django.conf import settings

    host = f"[{settings.HERALD_BIND}]" if ":" in settings.HERALD_BIND else settings.HERALD_BIND
    return f"http://{host}:{settings.HERALD_PORT}/"

"""The database goes and comes back, again and again, while schedulers plan and workers send."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import Error, connection

from feeds.models import Release
from notifier import addresses
from notifier.models import Delivery
from tests.notifier.drills.cutting import Proxy, a_proxy
from tests.notifier.drills.kit import LONG, Nursery, doubled, say, until
from tests.notifier.mailing import a_newsroom
from tests.notifier.planning_kit import daily, instant, label, person, topic
from tests.notifier.relay import Relay, running

ROUNDS, EVERY = (60, 5.0) if LONG else (6, 1.0)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is no server"),
]


@pytest.mark.holds("R5")
def test_every_run_exists_once_and_all_mail_leaves_though_connections_are_cut(nursery: Nursery) -> None:
    server = connection.settings_dict
    with a_proxy(server["HOST"] or "localhost", int(server["PORT"] or 5432)) as proxy:

        def cut(at: int) -> None:
            if at % 2:
                _terminate_all_others()
                return
            proxy.closed = True
            proxy.cut()
            time.sleep(0.3)
            proxy.closed = False

        drill(nursery, cut, "connections were cut", proxy)
        assert proxy.cuts > ROUNDS


@pytest.mark.holds("R5")
@pytest.mark.skipif(not LONG, reason="others may use the server: HERALD_DRILL=1 scripts/postgres pytest …")
def test_every_run_exists_once_and_all_mail_leaves_though_the_server_restarts(nursery: Nursery) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('data_directory'), setting FROM pg_config WHERE name = 'BINDIR'"
        )
        data, programs = cursor.fetchone()
    owner = pwd.getpwuid(Path(data).stat().st_uid).pw_name
    as_owner = ["runuser", "-u", owner, "--"] if os.getuid() == 0 else []

    def restart(at: int) -> None:
        how = ("fast", "immediate")[at % 2]
        command = [
            *as_owner,
            f"{programs}/pg_ctl",
            "-D",
            data,
            "-m",
            how,
            "-w",
            "-l",
            f"{data}/log",
            "restart",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
        connection.close()

    drill(nursery, restart, "the server restarted", None)


def drill(nursery: Nursery, blow: Callable[[int], None], what: str, proxy: Proxy | None) -> None:
    """In each round something is announced, and the database fails; once, there is a digest to all."""
    a_newsroom()
    yesterday = datetime.now(UTC) - timedelta(days=1, hours=1)
    people = [
        person(instant(topic(f"topic-{n}")), daily(topic("daily")), now=yesterday)
        for n in range(ROUNDS)
        for _ in range(3)
    ]
    old = Release.objects.create(title="Of the day", published_on=yesterday.date())
    label(old.pk, "daily", at=yesterday + timedelta(minutes=1))
    port = proxy.port if proxy else 0
    with running(Relay(delay=0.02)) as relay:
        processes = [nursery.start("scheduler", port=port) for _ in range(2)]
        processes += [nursery.start(smtp=relay.url, connections=2, port=port) for _ in range(2)]
        for n in range(ROUNDS):
            _patiently(lambda n=n: _announce(f"topic-{n}"))  # type: ignore[misc]
            time.sleep(EVERY)
            blow(n)
        until(lambda: _patiently(_finished) == 2 * len(people), 240, "not all of it has left")
        assert [nursery.end(process) for process in processes] == [0] * 4
    given = Delivery.objects.values_list("subscriber_id", "lane")
    assert sorted(given) == sorted((someone.pk, lane) for someone in people for lane in (1, 2))
    everyone = [addresses.decrypt(bytes(someone.address)) for someone in people]
    for word in (b"Of the day", b"Just now"):
        assert doubled([m for m in relay.taken if word in m.raw], everyone) == []
    if LONG:
        say(
            f"R5: {what} {ROUNDS} times, every {EVERY:.0f} s: each run once, {len(relay.taken)} messages once"
        )


def _announce(slug: str) -> None:
    release = Release.objects.create(title="Just now", published_on=datetime.now(UTC).date())
    label(release.pk, slug)


def _finished() -> int:
    return Delivery.objects.filter(state=Delivery.State.SENT).count()


def _patiently(do: Callable[[], object], seconds: float = 30.0) -> object:
    """As any program that writes to a store would: try again when the connection is gone."""
    end = time.monotonic() + seconds
    while True:
        try:
            return do()
        except Error:
            assert time.monotonic() < end
            connection.close()
            time.sleep(0.1)


def _terminate_all_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

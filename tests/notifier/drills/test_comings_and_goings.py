"""The database goes and comes back, again and again, while schedulers plan and workers send."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle

import pytest
from django.db import connection

from feeds.models import Release
from notifier import addresses
from notifier.models import Delivery, Dispatch
from tests.notifier.drills.cutting import Proxy, a_proxy
from tests.notifier.drills.kit import LONG, Nursery, doubled, patiently, say, until
from tests.notifier.drills.restarts import WAYS, Server
from tests.notifier.mailing import a_newsroom
from tests.notifier.planning_kit import daily, instant, label, person, topic
from tests.notifier.relay import Relay, running

ROUNDS, EVERY, MINUTES = (60, 5.0, 5) if LONG else (4, 0.5, 1)
"""How often the database fails, seconds between, and for how many minutes from now on a digest is due in each."""

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is no server"),
    pytest.mark.parametrize("engine", ["in-process", "procrastinate"]),
]


@pytest.mark.holds("R5")
def test_every_run_exists_once_and_all_mail_leaves_though_connections_are_cut(
    nursery: Nursery, engine: str
) -> None:
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

        drill(nursery, engine, cut, "connections were cut", proxy)
        assert proxy.cuts > ROUNDS


@pytest.mark.holds("R5")
@pytest.mark.skipif(not LONG, reason="others may use the server: HERALD_DRILL=1 scripts/postgres pytest …")
def test_every_run_exists_once_and_all_mail_leaves_though_the_server_restarts(
    nursery: Nursery, engine: str
) -> None:
    server = Server()
    drill(nursery, engine, lambda at: server.restart(WAYS[at % 2]), "the server restarted or crashed", None)


def drill(nursery: Nursery, engine: str, blow: Callable[[int], None], what: str, proxy: Proxy | None) -> None:
    """In each round something is announced, and the database fails; in each minute the digest of some is due."""
    a_newsroom()
    began = datetime.now(UTC)
    an_hour_ago = began - timedelta(hours=1)
    digests = [began + timedelta(minutes=n) for n in range(MINUTES)]
    people = [
        person(
            instant(topic(f"topic-{n}")), daily(topic("daily"), due.hour * 60 + due.minute), now=an_hour_ago
        )
        for n, due in zip(range(ROUNDS), cycle(digests))
        for _ in range(3)
    ]
    old = Release.objects.create(title="Of the day", published_on=an_hour_ago.date())
    label(old.pk, "daily", at=an_hour_ago + timedelta(minutes=1))
    with running(Relay(delay=0.02)) as relay:
        processes = _begin(nursery, engine, relay.url, proxy.port if proxy else 0)
        for n in range(ROUNDS):
            patiently(partial(_announce, f"topic-{n}"))
            time.sleep(EVERY)
            blow(n)
        until(lambda: patiently(_finished) == 2 * len(people), 240, "not all of it has left")
        ended = [nursery.end(process) for process in processes]
    assert ended == [0] * len(processes)
    given = Delivery.objects.values_list("subscriber_id", "lane")
    assert sorted(given) == sorted((someone.pk, lane) for someone in people for lane in (1, 2))
    runs = Dispatch.objects.filter(chain__frequency="daily")
    assert len(set(runs.values_list("chain_id", "ends_at"))) == len(runs) == MINUTES
    everyone = [addresses.decrypt(bytes(someone.address)) for someone in people]
    for word in (b"Of the day", b"Just now"):
        assert doubled([m for m in relay.taken if word in m.raw], everyone) == []
    if LONG:
        say(
            f"R5: {what} {ROUNDS} times, every {EVERY:.0f} s, ENGINE={engine}: {ROUNDS} alerts and {MINUTES} digests, "
            f"each once; {len(relay.taken)} messages once"
        )


def _begin(nursery: Nursery, engine: str, smtp: str, port: int) -> list[int]:
    """Two schedulers and two workers, with those who do their jobs where jobs are for all."""
    how = {"engine": engine, "port": port}
    processes = [nursery.start("scheduler", **how) for _ in range(2)]
    processes += [nursery.start(smtp=smtp, connections=2, **how) for _ in range(2)]
    return processes + [nursery.start("jobs", **how) for _ in range(2 * (engine == "procrastinate"))]


def _announce(slug: str) -> None:
    release = Release.objects.create(title="Just now", published_on=datetime.now(UTC).date())
    label(release.pk, slug)


def _finished() -> int:
    return Delivery.objects.filter(state=Delivery.State.SENT).count()


def _terminate_all_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

"""An upgrade without a stop, from the version before as it was released: its processes send and serve while the new
version's migrations are applied, then the new ones start beside them, then they end.

Only at length (HERALD_DRILL=1, `make drill-upgrade`), as it needs the history of the repository.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests import previous
from tests.journeys.home import HERALD, Home, home
from tests.notifier.drills import kit
from tests.notifier.relay import Relay, running
from tests.waiting import until

pytestmark = [
    pytest.mark.own_database,
    pytest.mark.skipif(
        not os.environ.get("HERALD_DRILL"), reason="needs the version before; `make drill-upgrade`"
    ),
]

PEOPLE = 150
PAGES = (
    "/",
    "/search?q=border",
    "/subscribe",
    "/admin/login/",
    "/feeds/all.atom",
    "/feeds/all.json",
    "/healthz",
)
RELEASE = "INSERT INTO feeds_release(title, published_on) VALUES (?, CURRENT_DATE)"
# Of the version before: one process for all of them.
SUBSCRIBE = """
import sys
from notifier.cli import main
for number in range(int(sys.argv[1])):
    try:
        main(["subscribers", "add", f"reader{number}@example.org", "--frequency", "instant", "--confirmed",
              "--consent", "a drill"])
    except SystemExit as ended:
        assert not ended.code, ended.code
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the version before."""
    archive = ["git", "archive", previous.commit()]
    packed = subprocess.run(archive, cwd=previous.ROOT, check=True, capture_output=True).stdout
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(packed)) as tree:
        tree.extractall(folder, filter="data")
    return folder


def test_nothing_is_lost_doubled_or_refused_while_the_new_version_takes_over(
    before: Path, tmp_path: Path
) -> None:
    relay = Relay(delay=0.2)
    with ExitStack() as until_the_end:
        until_the_end.enter_context(running(relay))
        new = until_the_end.enter_context(home(tmp_path, SMTP_URL=f"{relay.url}?connections=4"))
        old = replace(new, environment={**new.environment, "PYTHONPATH": str(before), "HERALD_PORT": _free()})
        leaving = until_the_end.enter_context(old.running("run"))
        old.ready(leaving, 120)
        _run(old, SUBSCRIBE, str(PEOPLE))
        with asking(old) as statuses:
            old.sql(RELEASE, "Before 1")
            until(lambda: len(relay.taken) >= 20, 120, "mail of the old ones")
            migrated, titles = _migrated_meanwhile(old, new)
            titles.append("On new tables by old processes")
            old.sql(RELEASE, titles[-1])
            until(lambda: _told(relay, titles)[titles[-1]] > 5, 120, "the old ones go on with the new tables")
            coming = until_the_end.enter_context(new.running("run"))
            new.ready(coming, 120)
        leaving.send_signal(signal.SIGTERM)
        assert leaving.wait(60) == 0, old.log()
        titles.append("After it")
        new.sql(RELEASE, titles[-1])
        until(lambda: len(_sent(relay, titles)) >= len(titles) * PEOPLE, 400, "all mail")
        until(lambda: _open(new) == 0, 60, "all of it written down")
        assert new.get("/readyz")[0] == 200
        coming.send_signal(signal.SIGTERM)
        assert coming.wait(60) == 0, new.log()
    assert "migrations applied" in migrated
    sent = _sent(relay, titles)
    assert len(sent) == len(titles) * PEOPLE
    assert set(sent.values()) == {1}
    assert set(statuses) == {200}, statuses
    kit.say(
        f"upgraded from {previous.commit()[:12]} while mail was going out: {len(sent)} messages, none lost, none "
        f"doubled; {statuses[200]} pages and feeds of the old processes, all answered 200; {migrated.strip()}"
    )


def _migrated_meanwhile(old: Home, new: Home) -> tuple[str, list[str]]:
    """What `herald setup` of the new version says, and the titles of all releases so far. There is mail on its way from
    beginning to end, however slow the machine is: when half of one release's is gone, there is another release.
    """
    titles = ["Before 1"]
    command = [*HERALD, "setup"]
    with subprocess.Popen(
        command, env=new._env(), cwd=new.folder, stderr=subprocess.PIPE, text=True
    ) as setup:
        while setup.poll() is None:
            if _open(old) < PEOPLE / 2:
                titles.append(f"Before {len(titles) + 1}")
                old.sql(RELEASE, titles[-1])
                until(lambda: _open(old) >= PEOPLE / 2, 60, "its mail is planned")
            time.sleep(0.05)
        assert setup.stderr is not None
        said = setup.stderr.read()
    assert setup.returncode == 0, said
    return said, titles


@contextmanager
def asking(site: Home) -> Iterator[Counter[int]]:
    """How often each status (0: none at all) was answered to one who asks for all PAGES in turn during the block."""
    statuses: Counter[int] = Counter()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            statuses.update(site.get(page)[0] for page in PAGES)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield statuses
    finally:
        over.set()
        thread.join()


def _sent(relay: Relay, titles: list[str]) -> Counter[tuple[str, str]]:
    """How often each reader was told of each release."""
    told = [(one.to, message_from_bytes(one.raw, policy=default)["Subject"]) for one in relay.taken]
    return Counter((to, title) for to, subject in told for title in titles if title == subject)


def _told(relay: Relay, titles: list[str]) -> Counter[str]:
    return Counter(title for _, title in _sent(relay, titles).elements())


def _open(site: Home) -> int:
    """Deliveries that are not in a state that is over."""
    [(count,)] = site.sql("SELECT count(*) FROM notifier_delivery WHERE state IN (?, ?, ?)", *_UNDER_WAY)
    return int(count)


_UNDER_WAY = tuple(int(state) for state in (kit.State.PENDING, kit.State.SENDING, kit.State.DEFERRED))


def _run(site: Home, code: str, *words: str) -> None:
    command = [HERALD[0], "-c", code, *words]
    subprocess.run(command, env=site._env(), cwd=site.folder, check=True, capture_output=True, timeout=300)


def _free() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])

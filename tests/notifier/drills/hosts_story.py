"""What happens in the drill of the hosts, and what must be true of it in the end. See `hosts`."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

from django.db import connection

from feeds.models import Change, Release
from notifier import addresses, installation
from notifier.models import Dispatch
from tests.notifier.drills.hosts import CONNECTIONS, HOSTS, Host, Tormentor, environment
from tests.notifier.drills.kit import make_due, open_ones
from tests.notifier.mailing import a_newsroom, a_topic
from tests.notifier.planning_kit import instant, person, topic
from tests.notifier.relay import Message, Relay, running

TOPICS = 12
FOLLOWERS = 12  # of each
EVERY_SECONDS = 3.0
HEAL_SECONDS = 600.0
_TITLE = re.compile(r"Flood\s+in\s+district\s+(\d+)\b")


def drill(tag: str, net: str, home: Path, seconds: int, seed: int) -> None:
    """Raises AssertionError for what does not hold; says the figures otherwise."""
    followers = _prepare()
    with running(Relay(host=f"{net}.2.1", delay=0.05)) as relay:
        hosts = [_host(tag, net, home, relay.url, number) for number in range(HOSTS)]
        until = time.monotonic() + seconds
        tormentors = [Tormentor(host, seed, until) for host in hosts]
        for tormentor in tormentors:
            tormentor.start()
        stored = _store(until)
        for tormentor in tormentors:
            tormentor.join()
            if tormentor.broken:
                raise tormentor.broken
        befell = sum((tormentor.befell for tormentor in tormentors), Counter[str]())
        _say(f"{sum(befell.values())} incidents, {len(stored)} releases; now all are mended")
        for host in hosts:
            host.mend()
        inbox = Inbox(relay)
        took = _heal(inbox, stored, followers)
        _wait(lambda: _feeds_alike(hosts), 120, "the hosts' feeds differ")
        ended = [code for host in hosts for code in host.stop()]
    inbox.read()
    runs, bound = _judge(inbox, befell)
    assert set(ended) == {0}, f"they did not end as told: {ended}"
    _say(
        f"R1, R3, R5 across hosts: {HOSTS} hosts with a scheduler and a worker each, {seconds} s; "
        + ", ".join(f"{many} {what}" for what, many in sorted(befell.items()))
        + f". {len(stored)} releases, {runs} runs, each once; {len(inbox.copies)} messages, none lost, {inbox.doubled} "
        f"doubled (at most {bound} may be), always the same bytes; whole again after {took:.0f} s; feeds of all hosts "
        "byte-equal"
    )


def _prepare() -> dict[int, list[str]]:
    """Tables, a newsroom, and who follows which topic."""
    now = datetime.now(UTC)
    installation.prepare(now)
    a_newsroom()
    people: dict[int, list[str]] = {}
    for number in range(TOPICS):
        a_topic(f"drill-{number}")
        rows = [person(instant(topic(f"drill-{number}")), now=now) for _ in range(FOLLOWERS)]
        people[number] = [addresses.decrypt(bytes(row.address)) for row in rows]
    return people


def _host(tag: str, net: str, home: Path, smtp: str, number: int) -> Host:
    folder = home / f"host{number}"
    folder.mkdir()
    host = Host(number, tag, net, folder, environment(net, folder, smtp))
    host.connect()
    host.keep()
    return host


def _store(until: float) -> dict[int, int]:
    """A release every few seconds, of each topic in turn; release -> topic."""
    stored: dict[int, int] = {}
    number = 0
    while time.monotonic() < until:
        release = Release.objects.create(
            title=f"Flood in district {number}", published_on=datetime.now(UTC).date()
        )
        release.topics.add(a_topic(f"drill-{number % TOPICS}"))
        stored[number] = number % TOPICS
        number += 1
        time.sleep(EVERY_SECONDS)
    return stored


class Inbox:
    """What the relay took: copies by Message-ID, and who was told of which release by how many messages."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._seen: set[int] = set()
        self.copies: dict[str, list[Message]] = defaultdict(list)
        self.told: Counter[tuple[int, str]] = Counter()

    def read(self) -> None:
        for message in self._relay.taken:
            if id(message) not in self._seen:
                self._seen.add(id(message))
                self._sort(message)

    def _sort(self, message: Message) -> None:
        parsed = message_from_bytes(message.raw, policy=SMTP)
        copies = self.copies[str(parsed["Message-ID"])]
        copies.append(message)
        if len(copies) == 1:
            body = parsed.get_body(("plain",))
            text = f"{parsed['Subject']} {body.get_content() if body is not None else ''}"
            self.told.update((number, message.to) for number in set(map(int, _TITLE.findall(text))))

    def lost(self, stored: dict[int, int], followers: dict[int, list[str]]) -> list[tuple[int, str]]:
        wanted = ((number, to) for number, topic in stored.items() for to in followers[topic])
        return [one for one in wanted if one not in self.told]

    @property
    def doubled(self) -> int:
        return sum(len(copies) - 1 for copies in self.copies.values())


def _heal(inbox: Inbox, stored: dict[int, int], followers: dict[int, list[str]]) -> float:
    """Until all that was stored has been noticed, planned and sent; how long that took."""

    def done() -> bool:
        make_due()
        if open_ones() or Change.objects.filter(seq=None).exists():
            return False
        inbox.read()
        return not inbox.lost(stored, followers)

    return _wait(done, HEAL_SECONDS, lambda: f"{open_ones()} open, lost {inbox.lost(stored, followers)[:5]}")


def _judge(inbox: Inbox, befell: Counter[str]) -> tuple[int, int]:
    """(how many runs there were, how many messages may have been doubled)."""
    bound = CONNECTIONS * sum(many for what, many in befell.items() if not what.startswith("scheduler"))
    assert all(len({copy.raw for copy in copies}) == 1 for copies in inbox.copies.values()), "other bytes"
    assert max(inbox.told.values()) == 1, "told again in another message"
    assert inbox.doubled <= bound, f"{inbox.doubled} doubled, at most {bound} may be"
    runs = list(Dispatch.objects.exclude(chain=None).values_list("chain_id", "starts_at"))
    assert len(runs) == len(set(runs)), "a run was made twice"
    return len(runs), bound


def _feeds_alike(hosts: list[Host]) -> bool:
    found = [
        {
            str(path.relative_to(host.feeds)): path.read_bytes()
            for path in host.feeds.rglob("*")
            if path.suffix in {".atom", ".rss", ".json"}
        }
        for host in hosts
    ]
    return len(found[0]) > TOPICS and all(one == found[0] for one in found)


def _wait(true: Callable[[], bool], seconds: float, what: str | Callable[[], str]) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, what if isinstance(what, str) else what()
        time.sleep(1.0)
    return time.monotonic() - began


def _say(what: str) -> None:
    sys.stderr.write(f"{connection.vendor}: {what}\n")

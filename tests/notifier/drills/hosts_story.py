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
from functools import partial
from pathlib import Path

from django.db import connection

from feeds.models import Change, Release
from notifier import addresses
from notifier.models import Dispatch
from tests.compose import MANY, Service, services
from tests.notifier.drills.front import ALL, Proxy, Reader
from tests.notifier.drills.hosts import CONNECTIONS, FRONT, LINKS, Host, Namespace, kind, together
from tests.notifier.drills.kit import make_due, open_ones, patiently
from tests.notifier.drills.restarts import Server
from tests.notifier.drills.tormentors import OfAll, OfHost, Tormentor
from tests.notifier.mailing import a_newsroom, a_topic
from tests.notifier.planning_kit import instant, person, topic
from tests.notifier.relay import Message, Relay, running

TOPICS = 12
FOLLOWERS = 12  # of each
EVERY_SECONDS = 3.0
HEAL_SECONDS = 600.0
_TITLE = re.compile(r"Flood\s+in\s+district\s+(\d+)\b")


def drill(tag: str, net: str, home: Path, port: int, seconds: int, seed: int) -> None:
    """Raises AssertionError for what does not hold; says the figures otherwise."""
    hosts = [_host(tag, net, home, number, found) for number, found in enumerate(together())]
    proxy = Proxy(tag, net, home, hosts)
    server = Server()
    try:
        with running(Relay(host=f"{net}.2.1", delay=0.05), port) as relay:
            followers = _prepare(hosts[0])
            reader = _begin(hosts, proxy)
            tormentors = _torment(tag, server, hosts, time.monotonic() + seconds, seed)
            stored = _store(time.monotonic() + seconds)
            befell, bound = _over(tormentors)
            connection.close()  # it may be one of before the last restart
            _say(f"{sum(befell.values())} incidents, {len(stored)} releases; now all are mended")
            for host in hosts:
                host.mend()
            inbox = Inbox(relay)
            took = _heal(inbox, stored, followers)
            _wait(lambda: not _ill(hosts), 120, lambda: f"not healthy: {_ill(hosts)}")
            _wait(lambda: _feeds_alike(hosts, stored), 120, "the hosts' feeds differ")
            reader.end()
            _judge_reading(reader, proxy, hosts[0])
            ended = {
                service: code
                for host in hosts
                for service, code in zip(host.running, host.stop(), strict=True)
            }
        inbox.read()
        runs = _judge(inbox, bound)
        assert set(ended.values()) == {0}, f"they did not end as told: {ended}"
        _say(_verdict(hosts, seconds, befell, stored, runs, inbox, bound, took, reader))
    finally:
        proxy.stop()
        for host in hosts:
            host.end()


def _host(tag: str, net: str, home: Path, number: int, found: list[Service]) -> Host:
    folder = home / f"host{number}"
    folder.mkdir()
    networks = [name for name in LINKS if any(name in service.raw["networks"] for service in found)]
    host = Host(
        found, Namespace(number, tag, net, networks, 11 + number), folder, home / "secrets",
        {
            "BASE_URL": f"http://{net}.{FRONT}:8080",
            "CANARY_URL": "",  # a host's services share its localhost, as containers do not
            "TRUSTED_PROXIES": f"{net}.{FRONT}",
            "SMTP_CONNECTIONS": str(CONNECTIONS),
            "RETRY_SCHEDULE": "2s 5s 10s",
        },
    )  # fmt: skip
    host.namespace.connect()
    return host


def _prepare(host: Host) -> dict[int, list[str]]:
    """Tables by the service that makes them, a newsroom, and who follows which topic."""
    migrate = services(MANY)["migrate"]
    host.start(migrate)
    assert host.running.pop(migrate.name).wait(300) == 0, "the tables were not made"
    now = datetime.now(UTC)
    a_newsroom()
    people: dict[int, list[str]] = {}
    for number in range(TOPICS):
        a_topic(f"drill-{number}")
        rows = [person(instant(topic(f"drill-{number}")), now=now) for _ in range(FOLLOWERS)]
        people[number] = [addresses.decrypt(bytes(row.address)) for row in rows]
    return people


def _begin(hosts: list[Host], proxy: Proxy) -> Reader:
    """All run and are healthy, and the proxy has a first copy of what the reader reads."""
    for host in hosts:
        host.keep()
    _wait(lambda: not _ill(hosts), 120, lambda: f"not healthy: {_ill(hosts)}")
    proxy.start()
    _wait(lambda: _answers(proxy), 60, "the proxy does not answer")
    reader = Reader(proxy)
    reader.start()
    return reader


def _answers(proxy: Proxy) -> bool:
    try:
        return proxy.ask(ALL)[0] == 200
    except OSError:
        return False


def _torment(tag: str, server: Server, hosts: list[Host], until: float, seed: int) -> list[Tormentor]:
    tormentors: list[Tormentor] = [OfHost(host, seed, until) for host in hosts]
    tormentors.append(OfAll(tag, server, sum(host.sends for host in hosts), seed, until))
    for tormentor in tormentors:
        tormentor.start()
    return tormentors


def _over(tormentors: list[Tormentor]) -> tuple[Counter[str], int]:
    """What befell all of them, and how many messages may be doubled for it."""
    for tormentor in tormentors:
        tormentor.join()
        if tormentor.broken:
            raise tormentor.broken
    befell = sum((tormentor.befell for tormentor in tormentors), Counter[str]())
    return befell, sum(tormentor.bound for tormentor in tormentors)


def _ill(hosts: list[Host]) -> list[str]:
    return [name for host in hosts for name in host.ill()]


def _store(until: float) -> dict[int, int]:
    """A release every few seconds, of each topic in turn; release -> topic."""
    stored: dict[int, int] = {}
    number = 0
    while time.monotonic() < until:
        patiently(partial(_write, number))
        stored[number] = number % TOPICS
        number += 1
        time.sleep(EVERY_SECONDS)
    return stored


def _write(number: int) -> None:
    """May be done again: whether it was done is not known where the database went away meanwhile."""
    today = {"published_on": datetime.now(UTC).date()}
    release, _ = Release.objects.get_or_create(title=f"Flood in district {number}", defaults=today)
    release.topics.add(a_topic(f"drill-{number % TOPICS}"))


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


def _judge(inbox: Inbox, bound: int) -> int:
    """How many runs there were."""
    assert all(len({copy.raw for copy in copies}) == 1 for copies in inbox.copies.values()), "other bytes"
    assert max(inbox.told.values()) == 1, "told again in another message"
    assert inbox.doubled <= bound, f"{inbox.doubled} doubled, at most {bound} may be"
    runs = list(Dispatch.objects.exclude(chain=None).values_list("chain_id", "starts_at"))
    assert len(runs) == len(set(runs)), "a run was made twice"
    return len(runs)


def _judge_reading(reader: Reader, proxy: Proxy, host: Host) -> None:
    """Nobody read anything but whole feeds, and the proxy passes on what is in the files."""
    assert reader.torn == [], f"{len(reader.torn)} of {reader.feeds} readings: {reader.torn[:3]}"
    status, body = proxy.ask(ALL, Cache_Control="no-cache", Accept_Encoding="identity")
    assert (status, body) == (200, (host.feeds / "all.atom").read_bytes()), "the proxy gives another feed"
    assert 500 not in reader.pages, "a page said that Herald is at fault"


def _feeds_alike(hosts: list[Host], stored: dict[int, int]) -> bool:
    """Of those who serve: the same bytes, and each release in its topic's feed."""
    found = [_feed_files(host) for host in hosts if not host.sends]
    whole = all(
        f"Flood in district {number}<".encode() in found[0].get(f"topics/drill-{topic}.atom", b"")
        for number, topic in stored.items()
    )
    return whole and len(found) > 1 and all(one == found[0] for one in found)


def _feed_files(host: Host) -> dict[str, bytes]:
    return {
        str(path.relative_to(host.feeds)): path.read_bytes()
        for path in host.feeds.rglob("*")
        if path.suffix in {".atom", ".rss", ".json"}
    }


def _verdict(
    hosts: list[Host], seconds: int, befell: Counter[str], stored: dict[int, int], runs: int, inbox: Inbox,
    bound: int, took: float, reader: Reader,
) -> str:  # fmt: skip
    what = Counter(kind(service) for host in hosts for service in host.services)
    return (
        f"R1, R3, R5 across hosts: {len(hosts)} hosts with "
        + ", ".join(f"{many} {name}s" for name, many in what.items())
        + f", nginx before them, {seconds} s; "
        + ", ".join(f"{many} {name}" for name, many in sorted(befell.items()))
        + f". {len(stored)} releases, {runs} runs, each once; {len(inbox.copies)} messages, none lost, "
        f"{inbox.doubled} doubled (at most {bound} may be), always the same bytes; whole again after {took:.0f} s; "
        f"feeds of all hosts byte-equal; {reader.feeds} readings by the proxy, each whole (the slowest took "
        f"{reader.slowest:.1f} s); {reader.pages.total()} times a page was asked for, answered by "
        + ", ".join(f"{status}: {many}" for status, many in sorted(reader.pages.items()))
        + f" (the slowest took {reader.slowest_page:.1f} s)"
    )


def _wait(true: Callable[[], bool], seconds: float, what: str | Callable[[], str]) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, what if isinstance(what, str) else what()
        time.sleep(1.0)
    return time.monotonic() - began


def _say(what: str) -> None:
    sys.stderr.write(f"{connection.vendor}: {what}\n")

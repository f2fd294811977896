"""Hosts of their own for a drill: network namespaces, each with a link to the database and one to the relay.

    scripts/drill-hosts -> bridges, PostgreSQL -> this program: TAG NET [SECONDS [SEED]]

Each host runs `herald scheduler` and `herald worker` with ENGINE=procrastinate and a home of its own, while releases
come in. Each is killed, stopped and cut off at random, by a thread of its own. In the end all are whole again, and what
reached the relay is held against what was stored.
"""

from __future__ import annotations

import base64
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[3]
HERALD = str(ROOT / ".venv" / "bin" / "herald")
COMMANDS = ("scheduler", "worker")
HOSTS = 3
CONNECTIONS = 4
KEYS = {
    "SECRET_KEY": "for the drill only: " + "s" * 40,
    "ADDRESS_KEY": base64.b64encode(bytes(range(64))).decode(),
}


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass
class Host:
    """One namespace and what runs in it."""

    number: int
    tag: str
    net: str
    folder: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.tag}-{self.number}"

    @property
    def feeds(self) -> Path:
        return self.folder / "feeds"

    def _end_of(self, link: str) -> str:
        return f"{self.tag}{link}{self.number}"

    def connect(self) -> None:
        """The namespace with its two links; both ends of each vanish with it."""
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")
        for link, part in (("d", 1), ("s", 2)):
            inside = f"to-{link}"
            ip("link", "add", self._end_of(link), "type", "veth", "peer", "name", inside, "netns", self.name)
            ip("link", "set", self._end_of(link), "master", f"{self.tag}{link}", "up")
            address = f"{self.net}.{part}.{10 + self.number}/24"
            ip("-n", self.name, "addr", "add", address, "dev", inside)
            ip("-n", self.name, "link", "set", inside, "up")

    def cut(self, link: str) -> None:
        ip("link", "set", self._end_of(link), "down")

    def join(self, link: str) -> None:
        ip("link", "set", self._end_of(link), "up")

    def start(self, command: str) -> None:
        with (self.folder / f"{command}.log").open("ab") as log:
            self.running[command] = subprocess.Popen(
                ["ip", "netns", "exec", self.name, HERALD, command],
                env=self.environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def tell(self, command: str, sign: signal.Signals) -> None:
        """To the process and all its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.running[command].pid, sign)

    def keep(self) -> None:
        """Start what has ended, as systemd does."""
        for command in COMMANDS:
            if command not in self.running or self.running[command].poll() is not None:
                self.start(command)

    def mend(self) -> None:
        for link in "ds":
            self.join(link)
        for command in COMMANDS:
            self.tell(command, signal.SIGCONT)
        self.keep()

    def stop(self) -> list[int]:
        for command in COMMANDS:
            self.tell(command, signal.SIGTERM)
        return [self.running[command].wait(90) for command in COMMANDS]


class Tormentor(threading.Thread):
    """What befalls a host. `befell` counts it; of each at most one worker's connections may be doubled."""

    def __init__(self, host: Host, seed: int, until: float) -> None:
        super().__init__(name=f"tormentor {host.number}", daemon=True)
        self._host, self._until = host, until
        self._random = random.Random(f"{seed} {host.number}")
        self.befell: Counter[str] = Counter()
        self.broken: BaseException | None = None

    def run(self) -> None:
        try:
            while time.monotonic() < self._until:
                self._sleep(3, 12)
                self._once(self._random.choice(["kill", "kill", "kill", "stop", "database", "smtp"]))
                self._host.keep()
        except BaseException as error:
            self.broken = error

    def _once(self, what: str) -> None:
        host, command = self._host, self._random.choice(COMMANDS)
        if what == "kill":
            host.tell(command, signal.SIGKILL)
            what = f"{command}s killed"
        elif what == "stop":
            host.tell(command, signal.SIGSTOP)
            self._sleep(2, 45)
            host.tell(command, signal.SIGCONT)
            what = f"{command}s stopped"
        else:
            link = what[0]
            host.cut(link)
            self._sleep(2, 45)
            host.join(link)
            what = f"cut off from {'the database' if link == 'd' else 'SMTP'}"
        self.befell[what] += 1

    def _sleep(self, least: float, most: float) -> None:
        time.sleep(min(self._random.uniform(least, most), max(0.0, self._until - time.monotonic())))


def environment(net: str, folder: Path, smtp: str) -> dict[str, str]:
    """Of a host: the database and the relay as they are seen from there."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    there = parts.netloc.replace("@127.0.0.1:", f"@{net}.1.1:")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HERALD_HOME": str(folder),
        "DATABASE_URL": urlunsplit(parts._replace(netloc=there)),
        "SMTP_URL": f"{smtp}?tls=none",
        "SMTP_CONNECTIONS": str(CONNECTIONS),
        "RETRY_SCHEDULE": "2s 5s 10s",
        "HERALD_ENVIRONMENT": "production",
        "ENGINE": "procrastinate",
        **KEYS,
    }


def main() -> None:
    tag, net, *more = sys.argv[1:]
    seconds, seed = [*map(int, more), *(600, 20250217)[len(more) :]]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left lying about
    with tempfile.TemporaryDirectory(prefix="herald-hosts-") as home:
        os.environ.update(KEYS, HERALD_HOME=f"{home}/driver", ENGINE="procrastinate")
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        from tests.notifier.drills.hosts_story import drill  # it needs Django

        drill(tag, net, Path(home), seconds, seed)


if __name__ == "__main__":
    main()

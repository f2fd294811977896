"""Hosts of their own for a drill: network namespaces, each with a link to whatever networks its services are in.

    scripts/drill-hosts -> bridges, PostgreSQL -> this program: TAG NET FOLDER [SECONDS [SEED]]

Each host runs what stands in docker-compose.many.yml: services that share a home are one host, with its commands,
settings and secrets by file. Only addresses are others, and what would make the drill slow. See `hosts_story`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.compose import MANY, ROOT, Service, services

HOME = "/var/lib/herald"
CONNECTIONS = 4
LINKS = {"data": ("d", 1), "out": ("s", 2), "front": ("f", 3)}
"""Network -> the letter of its bridge, and which part of the drill's addresses it has."""
FRONT = "3.2"  # the proxy; relay and database are the first address of their networks
IN_THE_IMAGE = {"HERALD_BIND": "0.0.0.0", "HERALD_PORT": "8000"}
_HEALTH_OF_IMAGE = re.compile(r"^HEALTHCHECK.*\\\n\s+CMD (\[.*\])$", re.M)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass
class Namespace:
    """One host's view of the network. `networks` are names of `LINKS`; `address` is its last number in each."""

    number: int
    tag: str
    net: str
    networks: list[str]
    address: int

    @property
    def name(self) -> str:
        return f"{self.tag}-{self.number}"

    def connect(self) -> None:
        """Both ends of each link vanish with the namespace."""
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")
        for network in self.networks:
            letter, part = LINKS[network]
            inside = f"to-{network}"
            end = self._end_of(network)
            ip("link", "add", end, "type", "veth", "peer", "name", inside, "netns", self.name)
            ip("link", "set", end, "master", f"{self.tag}{letter}", "up")
            ip("-n", self.name, "addr", "add", f"{self.net}.{part}.{self.address}/24", "dev", inside)
            ip("-n", self.name, "link", "set", inside, "up")

    def cut(self, network: str) -> None:
        ip("link", "set", self._end_of(network), "down")

    def join(self, network: str) -> None:
        ip("link", "set", self._end_of(network), "up")

    def command(self, words: list[str]) -> list[str]:
        return ["ip", "netns", "exec", self.name, *words]

    def _end_of(self, network: str) -> str:
        return f"{self.tag}{LINKS[network][0]}{self.number}"


@dataclass
class Host:
    """A namespace and what runs in it. `environment` goes before what the compose file says."""

    services: list[Service]
    namespace: Namespace
    folder: Path
    secrets: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def feeds(self) -> Path:
        return self.folder / "feeds"

    @property
    def sends(self) -> bool:
        return any(kind(service) == "worker" for service in self.services)

    def start(self, service: Service) -> None:
        herald, *words = service.command
        with (self.folder / f"{service.name}.log").open("ab") as log:
            self.running[service.name] = subprocess.Popen(
                self.namespace.command([herald, *words]),
                env=self._environment(service), cwd=self.folder, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _environment(self, service: Service) -> dict[str, str]:
        said = {
            name: value.replace("/run/secrets", str(self.secrets))
            for name, value in service.environment.items()
        }
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {
            "PATH": path, "PYTHONPATH": str(ROOT), "HERALD_HOME": str(self.folder), **IN_THE_IMAGE, **said,
            **self.environment,
        }  # fmt: skip

    def tell(self, service: Service, sign: signal.Signals) -> None:
        """To the process and all its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.running[service.name].pid, sign)

    def kill(self, service: Service) -> None:
        self.tell(service, signal.SIGKILL)
        self.running[service.name].wait(10)

    def keep(self) -> None:
        """Start what has ended, as `restart: unless-stopped` does."""
        for service in self.services:
            if service.name not in self.running or self.running[service.name].poll() is not None:
                self.start(service)

    def mend(self) -> None:
        for network in self.namespace.networks:
            self.namespace.join(network)
        for service in self.services:
            self.tell(service, signal.SIGCONT)
        self.keep()

    def ill(self) -> list[str]:
        """Services that their own health check, as containers run it, does not find well."""
        return [service.name for service in self.services if not self._is_healthy(service)]

    def _is_healthy(self, service: Service) -> bool:
        check = [word.replace(HOME, str(self.folder)) for word in service.health or health_of_image()]
        done = subprocess.run(
            self.namespace.command(check), env=self._environment(service), check=False, capture_output=True
        )
        return done.returncode == 0

    def stop(self) -> list[int]:
        for service in self.services:
            self.tell(service, signal.SIGTERM)
        return [process.wait(90) for process in self.running.values()]

    def end(self) -> None:
        for service in self.services:
            if service.name in self.running:
                self.kill(service)


def kind(service: Service) -> str:
    """web, scheduler or worker."""
    return service.command[1]


def together() -> list[list[Service]]:
    """The services of the compose file that make a host each: those that share a home and need no profile."""
    homes: dict[str, list[Service]] = {}
    for service in services(MANY).values():
        if service.is_herald and "profiles" not in service.raw and service.mounted(HOME):
            homes.setdefault(service.mounted(HOME), []).append(service)
    return list(homes.values())


def health_of_image() -> list[str]:
    found = _HEALTH_OF_IMAGE.search((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert found
    words: list[str] = json.loads(found[1])
    return words


def make_secrets(folder: Path, net: str, smtp: str) -> dict[str, str]:
    """The files of scripts/secrets, with the database as it is seen from the hosts; what they hold by setting."""
    subprocess.run(
        [ROOT / "scripts" / "secrets", f"{smtp}?tls=none"],
        env={**os.environ, "SECRETS": str(folder)}, check=True, capture_output=True,
    )  # fmt: skip
    parts = urlsplit(os.environ["DATABASE_URL"])
    there = urlunsplit(parts._replace(netloc=parts.netloc.replace("@127.0.0.1:", f"@{net}.1.1:")))
    (folder / "database_url").unlink()
    (folder / "database_url").write_text(there)
    return {name.upper(): (folder / name).read_text() for name in ("secret_key", "address_key")}


def main() -> None:
    tag, net, folder, *more = sys.argv[1:]
    seconds, seed = [*map(int, more), *(600, 20250217)[len(more) :]]
    signal.signal(signal.SIGTERM, _end)
    home = Path(folder)
    port = free_port(f"{net}.2.1")
    keys = make_secrets(home / "secrets", net, f"smtp://{net}.2.1:{port}")
    os.environ.update(keys, HERALD_HOME=f"{home}/driver", ENGINE="procrastinate")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from tests.notifier.drills.hosts_story import drill  # it needs Django

    drill(tag, net, home, port, seconds, seed)


def _end(*_: object) -> None:
    """So that nothing goes on running; what is told once more while that is being done changes nothing."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def free_port(address: str) -> int:
    with socket.create_server((address, 0)) as free:
        port: int = free.getsockname()[1]
        return port


if __name__ == "__main__":
    main()

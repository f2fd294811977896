"""The proxy of the drill across hosts: the real nginx, as the compose file runs it, and somebody who reads by it."""

from __future__ import annotations

import http.client
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from tests import nginx
from tests.notifier.drills.hosts import FRONT, Host, Namespace, kind

PORT = 8080
ALL = "/feeds/all.atom"


class Proxy:
    """In a namespace of its own, with no way to the database."""

    def __init__(self, tag: str, net: str, home: Path, hosts: list[Host]) -> None:
        self._namespace = Namespace(len(hosts), tag, net, ["front"], int(FRONT.partition(".")[2]))
        self._folder = home / "proxy"
        self._folder.mkdir()
        self.address = f"{net}.{FRONT}"
        upstreams = {
            f"{service.name}:8000": f"{net}.3.{host.namespace.address}:8000"
            for host in hosts
            for service in host.services
            if kind(service) == "web"
        }
        nginx.write(self._folder, ["many.conf"], {"/tmp/": f"{self._folder}/", **upstreams})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._namespace.connect()
        words = [str(nginx.PROGRAM), "-g", "daemon off; user root;", "-e", "stderr", "-p", str(self._folder)]
        with (self._folder / "error.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._namespace.command([*words, "-c", str(self._folder / "many.conf")]),
                stdout=log,
                stderr=log,
            )

    def ask(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Status and body. Raises OSError or HTTPException."""
        line = http.client.HTTPConnection(self.address, PORT, timeout=90)
        try:
            line.request("GET", path, headers={n.replace("_", "-"): value for n, value in headers.items()})
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)


class Reader(threading.Thread):
    """Reads the feed of all again and again, and now and then a page. `torn`: what no reader should ever get; `pages`:
    how often which status came, 0 for none. `slowest`, `slowest_page`: seconds.
    """

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(name="reader", daemon=True)
        self._proxy = proxy
        self._over = threading.Event()
        self.feeds = 0
        self.slowest = self.slowest_page = 0.0
        self.torn: list[str] = []
        self.pages: Counter[int] = Counter()

    def run(self) -> None:
        rounds = 0
        while not self._over.wait(0.5):
            self._read_feed()
            if rounds % 4 == 0:
                self._look_at_page()
            rounds += 1

    def end(self) -> None:
        self._over.set()
        self.join(100)

    def _read_feed(self) -> None:
        began = time.monotonic()
        try:
            status, body = self._proxy.ask(ALL)
            assert status == 200, f"status {status}"
            assert len(ElementTree.fromstring(body)) > 1, "an empty feed"
        except (AssertionError, ElementTree.ParseError, OSError, http.client.HTTPException) as error:
            self.torn.append(f"{type(error).__name__}: {error}")
        self.feeds += 1
        self.slowest = max(self.slowest, time.monotonic() - began)

    def _look_at_page(self) -> None:
        began = time.monotonic()
        try:
            self.pages[self._proxy.ask("/feeds/")[0]] += 1
        except (OSError, http.client.HTTPException):
            self.pages[0] += 1
        self.slowest_page = max(self.slowest_page, time.monotonic() - began)

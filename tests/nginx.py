"""The real nginx with the configuration that ships, on free ports and in a folder of the test's own."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.feeds.web.certificates import pem

CONFIGURATION = Path(__file__).resolve().parents[1] / "config" / "deploy" / "nginx"
HOST = "news.example.org"
PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_MAIN = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log info;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
    fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    include {folder}/herald.conf;
}}
"""

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers with names in lower case, body."""


@dataclass(frozen=True)
class Proxy:
    """`plain` and `tls` are ports of the loopback."""

    folder: Path
    plain: int
    tls: int
    trust: ssl.SSLContext

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Over TLS, as a client of HOST."""
        with self._asked(path, method, headers) as answer:
            return answer.status, _named(answer), answer.read()

    @contextmanager
    def stream(self, path: str) -> Iterator[http.client.HTTPResponse]:
        with self._asked(path, "GET", {}) as answer:
            yield answer

    def ask_plainly(self, path: str, method: str = "GET") -> Answer:
        """Without TLS."""
        connection = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=10)
        connection.request(method, path, headers={"Host": HOST})
        answer = connection.getresponse()
        try:
            return answer.status, _named(answer), answer.read()
        finally:
            connection.close()

    @contextmanager
    def _asked(self, path: str, method: str, headers: dict[str, str]) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(HOST, timeout=10)
        line = socket.create_connection(("127.0.0.1", self.tls), timeout=10)
        connection.sock = self.trust.wrap_socket(line, server_hostname=HOST)
        named = {"accept-encoding": "identity"} | {n.replace("_", "-"): value for n, value in headers.items()}
        try:
            connection.request(method, path, headers={"Host": HOST, **named})
            yield connection.getresponse()
        finally:
            connection.close()

    def log(self) -> str:
        """What nginx says of itself and of requests."""
        return "".join((self.folder / f"{name}.log").read_text() for name in ("error", "access"))


def write(folder: Path, names: list[str], changes: dict[str, str]) -> None:
    """The files `names` and those they include, with other words for some; places are those of `folder`."""
    places = {"/etc/nginx/herald/": f"{folder}/herald/", "/var/cache/nginx/herald": f"{folder}/cache"}
    (folder / "herald").mkdir()
    for name in (*names, "herald/http.conf", "herald/site.conf", "herald/below.conf"):
        text = (CONFIGURATION / name).read_text(encoding="utf-8")
        for before, after in (changes | places).items():
            text = text.replace(before, after)
        (folder / name).write_text(text, encoding="utf-8")


@contextmanager
def running(folder: Path, upstream: int, instead: str = "") -> Iterator[Proxy]:
    """nginx before a Herald on the port `upstream`, until the block ends. Only places and ports are changed; `instead`
    stands where the server of HOST includes site.conf.
    """
    plain, tls = _free(), _free()
    server, trust = pem(HOST)
    (folder / "server.pem").write_bytes(server)
    changes = {
        "/var/log/nginx/": f"{folder}/",
        "/etc/letsencrypt/live/news.example.org/fullchain.pem": f"{folder}/server.pem",
        "/etc/letsencrypt/live/news.example.org/privkey.pem": f"{folder}/server.pem",
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen [::]:80;": "",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{tls} ssl http2;",
        "listen [::]:443 ssl http2;": "",
    }
    if instead:
        changes = {"include /etc/nginx/herald/site.conf;": instead, **changes}
    write(folder, ["herald.conf"], changes)
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder), encoding="utf-8")
    with _process(folder, "nginx.conf", tls):
        yield Proxy(folder, plain, tls, trust)


@contextmanager
def before_many(folder: Path, upstreams: list[int]) -> Iterator[Proxy]:
    """nginx as the proxy of docker-compose.many.yml, before web servers on these ports. It speaks no TLS."""
    port = _free()
    names = {f"web-{number}:8000": f"127.0.0.1:{upstream}" for number, upstream in enumerate(upstreams, 1)}
    write(
        folder, ["many.conf"], {"/tmp/": f"{folder}/", "listen 8080;": f"listen 127.0.0.1:{port};", **names}
    )
    with _process(folder, "many.conf", port, "-g", "daemon off; master_process off;"):
        yield Proxy(folder, port, 0, ssl.create_default_context())


@contextmanager
def _process(folder: Path, configuration: str, port: int, *more: str) -> Iterator[None]:
    words = ["-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / configuration), *more]
    process = subprocess.Popen(
        [str(PROGRAM), *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait(process, port)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < until, "nginx does not listen"
            time.sleep(0.02)
        else:
            return


def _named(answer: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.getheaders()}


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port

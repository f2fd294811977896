"""Every hop is judged: names that lead inside, names that change, redirects, TLS, the proxy, the demo."""

from __future__ import annotations

import base64
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from feeds.web.answer import FetchError, Refused, Unreachable
from feeds.web.client import Limits, from_settings
from tests.feeds.web.certificates import certified
from tests.feeds.web.server import Site, client, serving

NAME = "newsroom.example"


class Resolver:
    """Says what it is told, one answer after the other; the last for ever. `asked`: for which names."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.holds("S6")
@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["::1"],
        ["::ffff:192.168.0.1"],
        ["64:ff9b::a00:1"],
        ["169.254.169.254"],
    ],
)
def test_a_name_that_leads_inside_is_refused(addresses):
    with pytest.raises(
        Refused, match=r"newsroom\.example is at .* to allow it, name newsroom\.example in FETCH_ALLOW"
    ):
        client("192.0.2.1", resolver=Resolver(addresses)).get(f"http://{NAME}/a")


@pytest.mark.holds("S6")
@pytest.mark.parametrize("name", ["localhost", "localhost.", "LOCALHOST", "ip6-localhost"])
def test_this_machine_is_refused_by_its_names(site, name):
    known = name.lower() == "localhost"  # of the others not every machine has heard
    with pytest.raises(Refused if known else FetchError):
        client("192.0.2.1").get(f"http://{name}:{site.port}/a")
    assert site.connections == 0


@pytest.mark.holds("S6")
def test_a_name_is_resolved_once_and_the_connection_goes_where_it_was_judged(site):
    site.put("/a", "text")
    rebinding = Resolver(["127.0.0.1"], ["127.0.0.3"])
    web = client("127.0.0.1", resolver=rebinding)
    assert web.get(f"http://{NAME}:{site.port}/a").body == b"text"
    assert rebinding.asked == [NAME]
    with pytest.raises(Refused, match=r"127\.0\.0\.3"):
        web.get(f"http://{NAME}:{site.port}/a")


@pytest.mark.holds("S6")
def test_a_name_that_changes_between_two_hops_is_judged_again(site):
    site.redirect("/a", "/b")
    site.put("/b", "text")
    web = client("127.0.0.1", resolver=Resolver(["127.0.0.1"], ["127.0.0.2"]))
    with pytest.raises(Refused, match=rf"^http://{NAME}:{site.port}/b: {NAME} is at 127\.0\.0\.2"):
        web.get(f"http://{NAME}:{site.port}/a")
    assert site.paths == ["/a"]


@pytest.mark.holds("S6")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/x", "http://10.0.0.1/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.2]:{port}/",
        "http://2130706434:{port}/", "http://0x7f.0.0.2:{port}/", "//0.0.0.0:{port}/", "http://127.0.0.2.:{port}/",
        "http://u:p@127.0.0.1:{port}/", "file:///etc/passwd", "gopher://127.0.0.1:{port}/", "ftp://127.0.0.1/",
        "http://inside.example:{port}/", "http://[", "https:///", "http://169.254.169.254/latest/meta-data/",
    ],
)  # fmt: skip
def test_a_redirect_to_what_must_not_be_fetched_is_refused(site, status, location):
    site.redirect("/a", location.format(port=site.port), status)
    site.put("/x", "inside")
    web = client("127.0.0.1", resolver=Resolver(["127.0.0.2"]))
    with pytest.raises(Refused):
        web.get(site.url + "/a")
    assert site.paths == ["/a"]


@pytest.mark.holds("S6")
def test_the_last_of_many_hops_is_judged_like_the_first(site):
    for number in range(4):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.redirect("/4", f"http://127.0.0.2:{site.port}/x")
    with pytest.raises(Refused, match=r"127\.0\.0\.2"):
        client("127.0.0.1").get(site.url + "/0")


@pytest.fixture
def secured() -> Iterator[Site]:
    server, _ = certified(NAME)
    with serving(server) as site:
        yield site


def secure_client(**how: object):
    how.setdefault("resolver", Resolver(["127.0.0.1"]))
    how.setdefault("tls", certified(NAME)[1])
    return client(**how)


def test_a_secure_page_is_fetched_under_its_name(secured):
    secured.put("/a", "text")
    assert secure_client().get(f"https://{NAME}:{secured.port}/a").body == b"text"
    assert secured.requests[0].headers["host"] == f"{NAME}:{secured.port}"


def test_a_certificate_for_another_name_is_not_valid(secured):
    with pytest.raises(Unreachable, match="certificate is not valid: Hostname mismatch"):
        secure_client().get(f"https://other.example:{secured.port}/a")


def test_an_authority_nobody_trusts_is_not_valid(secured):
    with pytest.raises(Unreachable, match="certificate is not valid"):
        secure_client(tls=None).get(f"https://{NAME}:{secured.port}/a")


def test_a_server_without_tls_is_told(site):
    with pytest.raises(Unreachable, match="no secure connection"):
        secure_client().get(f"https://{NAME}:{site.port}/a")


@pytest.mark.holds("S6")
def test_a_handshake_that_hangs_has_the_same_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://{NAME}:{silent.getsockname()[1]}/a"
        with pytest.raises(Unreachable, match="took longer"):
            secure_client(limits=Limits(seconds=0.2)).get(url)


def test_an_end_that_tls_did_not_announce_is_half_an_answer(secured):
    raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf a bo"
    secured.put("/whole", raw=raw)
    secured.put("/cut", raw=raw, cut=0)
    web = secure_client()
    assert web.get(f"https://{NAME}:{secured.port}/whole").body == b"half a bo"
    with pytest.raises(Unreachable, match="broke off"):
        web.get(f"https://{NAME}:{secured.port}/cut")


def test_a_redirect_from_https_to_http_is_refused_and_the_other_way_followed(site, secured):
    site.redirect("/a", f"https://{NAME}:{secured.port}/a", 301)
    secured.put("/a", "text")
    secured.redirect("/b", f"http://{NAME}:{site.port}/a")
    web = secure_client()
    assert web.get(f"http://{NAME}:{site.port}/a").moved_to == f"https://{NAME}:{secured.port}/a"
    with pytest.raises(Refused, match=r"redirects from https to http://newsroom\.example"):
        web.get(f"https://{NAME}:{secured.port}/b")


@contextmanager
def tunnels(to: Site) -> Iterator[tuple[int, list[str]]]:
    """A proxy that takes one CONNECT to wherever and leads it to `to`. Gives its port and the heads it was sent."""
    heads: list[str] = []

    def run(listener: socket.socket) -> None:
        near, _ = listener.accept()
        with near, socket.create_connection(("127.0.0.1", to.port)) as far:
            heads.append(near.recv(65536).decode())
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=copy, args=(far, near))
            back.start()
            copy(near, far)
            back.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, args=(listener,))
        thread.start()
        yield listener.getsockname()[1], heads
        thread.join()


def copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def through(port: int, resolver: Resolver, **how: object):
    return client("192.0.2.1", proxy=f"http://herald:p%40ss@127.0.0.1:{port}", resolver=resolver, **how)


def test_a_proxy_is_asked_for_the_name(site, caplog):
    caplog.set_level(logging.DEBUG)
    site.put(f"http://{NAME}/a", "text")
    web = through(site.port, Resolver(["8.8.8.8"]))
    assert web.get(f"http://{NAME}/a").body == b"text"
    (asked,) = site.requests
    assert asked.headers["host"] == NAME
    assert asked.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"herald:p@ss").decode()
    assert not {"p@ss", "p%40ss", asked.headers["proxy-authorization"]} & set(caplog.text.split())
    assert "p@ss" not in caplog.text
    assert asked.headers["proxy-authorization"].split()[1] not in caplog.text


def test_a_secure_page_goes_through_the_proxy_unseen(secured):
    secured.put("/a", "text")
    with tunnels(secured) as (port, heads):
        web = through(port, Resolver(["8.8.8.8"]), tls=certified(NAME)[1])
        assert web.get(f"https://{NAME}/a").body == b"text"
    assert heads[0].startswith(f"CONNECT {NAME}:443 HTTP/1.1\r\n")
    assert "Basic " in heads[0]
    assert "proxy-authorization" not in secured.requests[0].headers


@pytest.mark.holds("S6")
def test_behind_a_proxy_what_leads_inside_is_refused_here_already(site):
    web = through(site.port, Resolver(["10.0.0.1"]))
    for url in (
        f"http://{NAME}/",
        "http://10.0.0.1/",
        "http://2130706433/",
        "http://[::1]/",
        "file:///etc/passwd",
    ):
        with pytest.raises(Refused):
            web.get(url)
    site.redirect(f"http://{NAME}/a", "http://127.0.0.1/")
    with pytest.raises(Refused, match=r"127\.0\.0\.1"):
        through(site.port, Resolver(["8.8.8.8"])).get(f"http://{NAME}/a")
    assert site.paths == [f"http://{NAME}/a"]


def test_behind_a_proxy_a_name_may_be_known_to_it_alone(site):
    def nobody_knows(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    site.put(f"http://{NAME}/a", "text")
    web = client("192.0.2.1", proxy=f"http://127.0.0.1:{site.port}", resolver=nobody_knows)
    assert web.get(f"http://{NAME}/a").body == b"text"


def test_a_proxy_that_refuses_is_told(site):
    site.put(f"{NAME}:443", status=407)
    with pytest.raises(Unreachable, match="the proxy answered 407") as failure:
        through(site.port, Resolver(["8.8.8.8"])).get(f"https://{NAME}/a")
    assert "ss@" not in str(failure.value)


@pytest.mark.django_db
@pytest.mark.holds("S6")
def test_in_a_demo_only_this_machine_is_fetched(site, settings, tmp_path):
    settings.HERALD_HOME, settings.HERALD_DEMO = tmp_path, True
    settings.FETCH_ALLOW = ["newsroom.example", "10.0.0.0/8"]
    settings.FETCH_PROXY = "http://10.0.0.1:3128"
    site.put("/a", "text")
    web = from_settings()
    assert web.get(site.url + "/a").body == b"text"
    assert web.get(f"http://localhost:{site.port}/a").body == b"text"
    for url in (
        f"http://{NAME}/",
        "http://10.0.0.1/",
        "http://8.8.8.8/",
        "https://newsroom.example.org/feed",
    ):
        with pytest.raises(Refused, match="in a demo nothing but this machine is fetched"):
            web.get(url)


def test_trust_is_of_the_system_and_of_certifi():
    from feeds.web.client import trust

    assert trust().verify_mode == ssl.CERT_REQUIRED
    assert trust().check_hostname
    assert trust().get_ca_certs()

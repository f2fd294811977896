"""A canary goes the whole way, by real processes; and when its relay is dead, `/readyz` says so."""

from __future__ import annotations

import json
import smtplib
import socket

import pytest
from aiosmtpd.controller import Controller

from tests.journeys.home import home
from tests.waiting import until

pytestmark = pytest.mark.own_database


class PassesOn:
    """A mail server that passes on to the one for mail.example.org, which is Herald itself; until it goes down."""

    def __init__(self, to: int) -> None:
        self._to = to
        self.is_down = False
        self.subjects: list[str] = []

    async def handle_MAIL(self, _server, _session, envelope, address, options) -> str:
        if self.is_down:
            return "421 4.3.2 going down"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 ok"

    async def handle_DATA(self, _server, _session, envelope) -> str:
        content = envelope.original_content
        self.subjects += [line.decode() for line in content.splitlines() if line.startswith(b"Subject: ")]
        with smtplib.SMTP("127.0.0.1", self._to, timeout=20) as line:
            line.sendmail(envelope.mail_from, envelope.rcpt_tos, content)
        return "250 passed on"


def test_a_canary_comes_back_and_a_dead_relay_is_noticed(tmp_path):
    replies, relay = free_port(), free_port()
    server = PassesOn(replies)
    environment = {
        "SMTP_URL": f"smtp://127.0.0.1:{relay}",
        "BOUNCE_ADDRESS": "bounces@mail.example.org",
        "REPLIES_BIND": f"127.0.0.1:{replies}",
        "CANARY_EVERY": "2s",
        "CANARY_OVERDUE": "8s",
    }
    mail = Controller(server, hostname="127.0.0.1", port=relay)
    mail.start()
    try:
        with home(tmp_path, **environment) as herald, herald.running("run"):
            until(lambda: came(herald), 120, "a canary went the whole way")
            assert "The last one was back by e-mail" in herald.get("/status")[1]
            assert all(subject.startswith("Subject: Canary ") for subject in server.subjects)
            server.is_down = True
            until(lambda: "no relay has taken its message" in missed(herald), 120, "the relay is missed")
    finally:
        mail.stop()


def came(herald) -> bool:
    status, text = herald.get("/status.json")
    found = json.loads(text) if status == 200 else {}
    return bool(found) and all(found[name]["last_day"]["came_through"] for name in ("feed", "mail"))


def missed(herald) -> str:
    """What /readyz says of canaries."""
    status, text = herald.get("/readyz")
    problems = json.loads(text)["problems"] if status == 503 else []
    return "".join(problem for problem in problems if problem.startswith("canary: "))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])

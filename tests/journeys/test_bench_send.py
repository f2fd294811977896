"""`herald bench send` in small: ours and every reference send what they are timed for."""

from __future__ import annotations

import shutil

import pytest

from notifier.bench import Unavailable, send
from tests.journeys.test_bench_store import server

pytestmark = pytest.mark.own_database


@pytest.mark.skipif(
    not shutil.which("smtp-sink", path="/usr/sbin:/usr/libexec/postfix"), reason="needs Postfix's smtp-sink"
)
@pytest.mark.parametrize("signed", ["", "ed25519"])
def test_all_send_turn_and_turn_about(signed: str) -> None:
    figures = send.run(messages=200, repeat=1, connections=4, server=server(), signed=signed)
    assert figures["signed"] == (signed or "not")
    assert 15_000 < figures["message_bytes"] < 40_000
    for name in (
        "ratio",
        "ratio_to_django",
        "ratio_to_aiosmtplib",
        "cpu_us_per_message",
        "django_cpu_us_per_message",
    ):
        assert figures[name] > 0


def test_a_generator_that_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(send, "_PLACES", "")
    with pytest.raises(Unavailable, match=r"smtp-source is not installed.*apt-get install postfix"):
        send.run()

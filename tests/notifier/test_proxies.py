"""Whom a web process believes about the client's address: proxies that were named, and nobody else."""

from __future__ import annotations

import asyncio

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from config import environment
from config.environment import WrongSettings


def seen(proxies: list[str], peer: str, forwarded: str) -> str:
    """The client's address as the application sees it."""
    found: list[str] = []

    async def application(scope, _receive, _send) -> None:
        found.append(scope["client"][0])

    scope = {
        "type": "http",
        "client": (peer, 5),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", forwarded.encode())],
    }
    asyncio.run(ProxyHeadersMiddleware(application, proxies)(scope, None, None))  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("172.20.0.3", "198.51.100.7", "198.51.100.7"),
        ("172.20.0.3", "203.0.113.9, 198.51.100.7, 172.20.0.9", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
    ],
    ids=[
        "of this machine",
        "one that is named",
        "what a client forged stands before",
        "one that is not named",
    ],
)
def test_the_client_is_who_a_named_proxy_says(monkeypatch, peer: str, forwarded: str, client: str) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1, 172.16.0.0/12")
    assert seen(environment.read().proxies, peer, forwarded) == client


@pytest.mark.parametrize("value", ["0.0.0.0/0", "::/0", "nginx", "*", "10.1.2.3/8"])
def test_everybody_and_nobody_are_wrong_settings(monkeypatch, value: str) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", value)
    with pytest.raises(WrongSettings, match="TRUSTED_PROXIES"):
        environment.read()

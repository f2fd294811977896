"""Settings of fetching: what is allowed though it is not public, and the proxy."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.environment import Environment


def given(**values: str) -> Environment:
    return Environment(secret_key="s" * 40, address_key="A" * 86 + "==", **values)


def fault(**values: str) -> str:
    with pytest.raises(ValidationError) as failure:
        given(**values)
    (error,) = failure.value.errors()
    assert error["loc"] == tuple(values)
    return error["msg"]


def test_nothing_private_is_allowed_and_no_proxy_used_by_default():
    assert given().fetch_allowed == []
    assert given().fetch_proxy.get_secret_value() == ""


def test_networks_and_names_may_be_allowed():
    told = given(fetch_allow=" 10.1.0.0/16, fd00::/8 ,[::1],192.168.3.4, intranet.example.org,news, ")
    assert told.fetch_allowed == [
        "10.1.0.0/16",
        "fd00::/8",
        "[::1]",
        "192.168.3.4",
        "intranet.example.org",
        "news",
    ]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("10.1.2.3/16", "has host bits set"),
        ("10.0.0.0/33", "no network and no host name"),
        ("http://intranet.example/", "no network and no host name"),
        ("intranet.example:8080", "no network and no host name"),
        ("*.intranet.example", "no network and no host name"),
        ("2130706433", "no network and no host name"),
        ("10.1", "no network and no host name"),
    ],
)
def test_what_is_neither_is_told_with_what_was_expected(entry, why):
    message = fault(fetch_allow=f"10.0.0.0/8,{entry}")
    assert why in message
    assert f"'{entry}'" in message
    assert "expected such as 10.1.0.0/16" in message


@pytest.mark.parametrize(
    "url", ["http://proxy.example:3128", "http://herald:p%40ss@10.0.0.1:3128/", "http://[::1]:80"]
)
def test_a_proxy_is_an_http_address_with_a_port(url):
    assert given(fetch_proxy=url).fetch_proxy.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "proxy.example:3128", "https://proxy.example:3128", "socks5://proxy.example:1080", "http://proxy.example",
        "http://:3128", "http://proxy.example:x", "http://u:secret@proxy.example:3128/path", "http://[::1:80",
    ],
)  # fmt: skip
def test_another_proxy_is_told_without_its_secret(url):
    message = fault(fetch_proxy=url)
    assert "must be http://host:port or http://user:password@host:port" in message
    assert "secret" not in message


def test_the_proxy_is_printed_without_its_secret():
    assert "hunter2" not in repr(given(fetch_proxy="http://herald:hunter2@proxy.example:3128"))

"""Which addresses may be fetched, however they are spelled."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.web.answer import Refused
from feeds.web.guard import Allowed, closed, literal, place, unwrapped

NOBODY = Allowed()
CLOSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fec0::1", "ff02::1", "4000::1",
]  # fmt: skip
OPEN = [
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
]
ODD = [
    "2130706433", "0x7f000001", "017700000001", "127.1", "127.0.1", "0177.0.0.1", "0x7f.1", "0x7f.0.0.1", "127.0.0.01",
    "127.0.0.0x1", "127.0.0.1..", "1.1", "8.8.8.8.8", "0", "0x", "a..b", "[fe80::1%25eth0]", "[::1%25lo]",
]  # fmt: skip


def url_of(address: str) -> str:
    return f"http://[{address}]/" if ":" in address else f"http://{address}/"


@pytest.mark.holds("S6")
@pytest.mark.parametrize("address", CLOSED)
def test_what_not_everybody_can_reach_is_refused(address):
    host = place(url_of(address)).host
    why = NOBODY.against(host)
    assert "FETCH_ALLOW" in why
    assert str(unwrapped(ipaddress.ip_address(address))) in why


@pytest.mark.parametrize("address", OPEN)
def test_what_everybody_can_reach_is_not(address):
    assert NOBODY.against(place(url_of(address)).host) == ""


@pytest.mark.holds("S6")
@pytest.mark.parametrize("host", ODD)
def test_an_odd_spelling_of_an_address_is_refused_whatever_it_leads_to(host):
    with pytest.raises(Refused):
        place(f"http://{host}/")


@pytest.mark.holds("S6")
@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.1.",
        "１２７.0.0.1",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "[::FFFF:7F00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
    ],
)
def test_a_spelling_that_has_one_meaning_is_judged_by_it(spelling):
    assert "loopback" in NOBODY.against(place(f"http://{spelling}:8080/x").host)


@pytest.mark.holds("S6")
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "FILE:///etc/passwd", "gopher://a.example/", "ftp://a.example/", "data:,x",
        "dict://a.example:11211/", "ws://a.example/", "//a.example/", "a.example/feed", "", " ", "http:", "http://",
        "http:///x", "http:/a.example", "http://user@a.example/", "http://user:pw@a.example/",
        "http://8.8.8.8@127.0.0.1/", "http://8.8.8.8\\@127.0.0.1/", "http://a.example\\.b/", "http://a.example:0/",
        "http://a.example:65536/", "http://a.example:x/", "http://%31%32%37.0.0.1/", "http://a b/", "http://[::1/",
        "http://a.example/" + "x" * 2000, "http://\x00/", "http://a.example\r\nX: y/",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_of_the_web_is_refused(url):
    with pytest.raises(Refused) as refusal:
        place(url)
    assert "\n" not in str(refusal.value)
    assert "pw" not in str(refusal.value)


def test_a_place_says_all_that_a_request_needs():
    at = place(" HTTPS://Newsroom.Example:443/a b?q=secret#part ")
    assert (at.scheme, at.host, at.port, at.target) == ("https", "newsroom.example", 443, "/a%20b?q=secret")
    assert at.authority == "newsroom.example"
    assert at.url == "https://newsroom.example/a%20b?q=secret"
    assert at.shown == "https://newsroom.example/a%20b"
    assert place("http://[2606:4700::1111]:8080").url == "http://[2606:4700::1111]:8080/"


def test_networks_and_names_can_be_allowed():
    allowed = Allowed.of(["10.1.0.0/16", "fd00::/8", "Intranet.Example.", "[::1]"])
    assert allowed.against("10.1.2.3") == ""
    assert allowed.against("10.2.0.1") != ""
    assert allowed.against("::1") == ""
    assert allowed.against("fd12::1") == ""
    assert allowed.against("::ffff:a01:203") == "", "the same address as 10.1.2.3"
    private = ipaddress.ip_address("192.168.1.1")
    assert allowed.judge(private, "intranet.example") == ""
    assert allowed.judge(private, "intranet.example.") == ""
    assert allowed.judge(private, "other.intranet.example") != ""


def test_an_allowed_name_does_not_allow_the_address_it_has():
    assert Allowed.of(["intranet.example"]).against("192.168.1.1") != ""


def test_a_refusal_names_what_would_allow_it():
    private = ipaddress.ip_address("10.0.0.7")
    assert NOBODY.judge(private, "intranet.example") == (
        "intranet.example is at 10.0.0.7, which is no public address (private); to allow it, name intranet.example in "
        "FETCH_ALLOW"
    )
    assert NOBODY.against("10.0.0.7") == (
        "10.0.0.7 is no public address (private); to allow it, name 10.0.0.7 in FETCH_ALLOW"
    )


def test_a_demo_reaches_this_machine_alone():
    demo = Allowed.only_loopback()
    assert demo.against("127.0.0.1") == demo.against("::1") == demo.against("localhost") == ""
    assert demo.judge(ipaddress.ip_address("127.0.0.1"), "localhost") == ""
    for host in ("8.8.8.8", "10.0.0.1", "newsroom.example"):
        assert "demo" in demo.against(host)
    assert "demo" in demo.judge(ipaddress.ip_address("8.8.8.8"), "localhost")


@given(st.ip_addresses())
@example(ipaddress.ip_address("64:ff9b::1"))
def test_nothing_is_open_that_the_registries_call_closed(ip):
    inner = unwrapped(ip)
    if not closed(inner):
        assert inner.is_global
        assert not any((inner.is_multicast, inner.is_private, inner.is_loopback, inner.is_reserved))


@pytest.mark.holds("S6")
@given(st.ip_addresses(v=4), st.data())
def test_no_numeric_spelling_of_a_closed_address_is_let_through(ip, data):
    number = int(ip)
    parts = [number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255]
    spell = st.sampled_from([str, hex, lambda n: f"0{n:o}", lambda n: f"0x{n:08X}", lambda n: f"{n:03d}"])
    kept = data.draw(st.integers(0, 3))
    rest = number & (1 << 8 * (4 - kept)) - 1
    spelled = ".".join(data.draw(spell)(part) for part in [*parts[:kept], rest])
    spelled += data.draw(st.sampled_from(["", "."]))
    try:
        host = place(f"http://{spelled}/").host
    except Refused:
        return
    assert literal(host) is not None
    assert bool(NOBODY.against(host)) == bool(closed(literal(host)))


@given(
    st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "64:ff9b::{}", "::ffff:0:0:{}", "::{}", "2002:{}::1"])
)
def test_no_address_within_an_address_is_let_through(ip, form):
    inner = f"{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}" if form.startswith("2002") else str(ip)
    text = form.format(inner)
    if closed(ip):
        assert NOBODY.against(place(f"http://[{text}]/").host)


@given(
    st.one_of(
        st.text(), st.text().map(lambda t: f"http://{t}"), st.from_regex(r"https?://[^/]{0,30}/.{0,30}")
    )
)
def test_any_text_is_a_place_or_refused(text):
    try:
        at = place(text)
    except Refused as refusal:
        told = str(refusal)
    else:
        assert place(at.url) == at
        assert at.url.isascii()
        told = at.url
    assert told.isprintable()

"""A newsroom's logo: what is taken, what is refused, and how it is served."""

from __future__ import annotations

import base64
import gzip
import re

import pytest
from django.test import Client

from feeds import logo
from feeds.pages import assets
from tests.feeds.stories import newsroom
from tests.wellformed import page

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="#123456" d="M0 0h9v9z"/></svg>'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PNG_TEXT = logo.PNG + base64.b64encode(PNG).decode()


def with_(inner: str) -> str:
    return SVG.replace("<path", f"{inner}<path")


def test_an_svg_and_a_png_are_taken() -> None:
    assert logo.image(SVG) == ("image/svg+xml", SVG.encode())
    assert logo.image(PNG_TEXT) == ("image/png", PNG)
    assert logo.fault("") is logo.fault(SVG) is logo.fault(PNG_TEXT) is None
    gradient = '<defs><linearGradient id="a"/></defs><rect fill="url(#a)"/><use href="#b"/>'
    assert logo.fault(with_(gradient)) is None


@pytest.mark.holds("S5")
@pytest.mark.parametrize(
    ("given", "why"),
    [
        (with_("<script>alert(1)</script>"), "<script>"),
        (with_("<foreignObject/>"), "<foreignObject>"),
        (with_("<style>@import url(//x)</style>"), "<style>"),
        (with_('<rect onload="x()"/>'), "onload="),
        (with_('<image href="https://x.example/a.png"/>'), "href="),
        (with_('<use xlink:href="java&#10;script:x" xmlns:xlink="http://www.w3.org/1999/xlink"/>'), "href="),
        (with_('<rect fill="url(https://x.example/a)"/>'), "fill="),
        (with_('<rect style="background:url(//x)"/>'), "style="),
        (f"<!DOCTYPE svg [<!ENTITY a 'b'>]>{SVG}", "DOCTYPE"),
        ("<svg><path/></svg>", "must begin with <svg xmlns="),
        ("<b>", "is no XML"),
        (with_("x" * logo.LARGEST), "at most 40 kB"),
        (logo.PNG + "???", "is not in base64"),
        (logo.PNG + base64.b64encode(b"GIF89a").decode(), "is no PNG"),
        (logo.PNG + base64.b64encode(PNG[:16] + b"\xff" * 20).decode(), "4000 pixels"),
        (7, "must be text"),
    ],
)  # fmt: skip
def test_what_could_run_or_load_or_is_too_large_is_refused_with_the_reason(given: object, why: str) -> None:
    assert why in str(logo.fault(given))


@pytest.mark.django_db
@pytest.mark.holds("S11")
def test_it_stands_in_the_masthead_and_is_served_so_that_nothing_in_it_runs(client: Client) -> None:
    newsroom(logo=SVG, logo_dark=PNG_TEXT)
    tree = page(client.get("/offices/"))
    [light] = tree.xpath("//header//img/@src")
    [dark] = tree.xpath("//header//source[@media='(prefers-color-scheme: dark)']/@srcset")
    assert tree.xpath("//header//img/@alt") == [""], "the name stands beside it"
    for address, kind in ((light, "image/svg+xml"), (dark, "image/png")):
        answer = client.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
        assert answer["Content-Security-Policy"] == "default-src 'none'; img-src data:; sandbox"
        assert answer["Cache-Control"] == assets.FOREVER
        assert answer["X-Content-Type-Options"] == "nosniff"
    newsroom(logo=SVG, logo_has_name=True)
    assert page(client.get("/offices/")).xpath("//header//img/@alt") == ["Newsroom of X"]


@pytest.mark.django_db
def test_one_that_got_into_the_row_unchecked_is_not_shown(client: Client) -> None:
    newsroom(logo=with_("<script/>"))
    assert page(client.get("/offices/")).xpath("//header//img") == []
    assert client.get("/static/0/logo").status_code == 404


@pytest.mark.django_db
def test_an_address_of_before_brings_what_is_there_now_and_is_kept_shortly(client: Client) -> None:
    newsroom()
    now = assets.style(newsroom())
    old = re.sub("[0-9a-f]{12}", "0" * 12, now)
    answers = [client.get(path, headers={"Accept-Encoding": "gzip"}) for path in (now, old)]
    assert [answer["Cache-Control"] for answer in answers] == [assets.FOREVER, assets.SHORTLY]
    assert gzip.decompress(answers[0].content) == gzip.decompress(answers[1].content)
    assert len(answers[0].content) < 10_000
    newsroom(brand="#aa2200")
    assert assets.style(newsroom(brand="#aa2200")) != now
    assert client.get("/static/0/nothing.css").status_code == 404
    assert client.get("/static/0/..%2Fsettings.py").status_code == 404

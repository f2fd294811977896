"""What hangs on nobody's language or cookies, as caches see it."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

from tests.feeds.stories import newsroom, office, settle, topic, write

pytestmark = pytest.mark.django_db


def test_what_is_the_same_for_all_may_be_kept_for_all(client: Client) -> None:
    newsroom()
    write("Vienna on borders", labels=(office(), topic()))
    settle()
    for path in ("/feeds.opml", "/static/0/herald.css", "/icon.svg", "/robots.txt"):
        answer = client.get(f"{path}?lang=de", headers={"accept-language": "fr", "accept-encoding": "gzip"})
        assert "max-age" in answer["Cache-Control"]
        assert answer.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"
        assert not answer.cookies
    assert "Cookie" in client.get("/feeds/")["Vary"]
    packed = client.get("/feeds.opml", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == client.get("/feeds.opml").content
    again = client.get("/feeds.opml", headers={"accept-encoding": "gzip", "if-none-match": packed["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "max-age" in again["Cache-Control"]

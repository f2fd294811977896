"""What docs/add tells developers to write: the code that stands there is run as it stands."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from feeds.formats import Format
from feeds.sources.item import RawItem
from feeds.sources.way import Origin, Tools, Unusable
from feeds.web.answer import Answer
from notifier.models import Reply
from notifier.replies.webhooks.protocol import Call, NotGenuine
from tests.docs.manual import DOCS
from tests.feeds.formats.test_formats import FEED

NOW = datetime(2025, 2, 17, 12, tzinfo=UTC)
ARTICLE = (
    "<url><loc>https://city.example/{name}</loc><n:news><n:publication_date>{day}</n:publication_date>"
    "<n:title>{name}</n:title></n:news></url>"
)


def written(page: str) -> ModuleType:
    """The module whose code stands on `page` of docs/add, after a line that names its file."""
    text = (DOCS / "add" / page).read_text(encoding="utf-8")
    found = re.search(r"^```python\n# (\S+)\.py\n(.*?)^```$", text, re.M | re.S)
    assert found
    module = ModuleType(found[1].replace("/", "."))
    exec(compile(found[2], f"docs/add/{page}", "exec"), vars(module))
    return module


def sitemap(*articles: tuple[str, str]) -> bytes:
    rows = "".join(ARTICLE.format(name=name, day=day) for name, day in articles)
    spaces = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    )
    return f"<urlset {spaces}>{rows}</urlset>".encode()


class Site:
    """A web where every address gives one answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def get(self, url: str, **_: Any) -> Answer:
        return self.answer


def fetched(module: ModuleType, answer: Answer) -> Any:
    origin = Origin("city", "https://city.example/map.xml", "en", module.Options())
    return module.fetch(origin, {}, Tools(Site(answer), NOW, lambda keys: set()))  # type: ignore[arg-type]


def test_the_source_reads_what_it_can_and_says_what_it_cannot() -> None:
    body = sitemap(("bridge", "2025-02-17T08:00:00Z"), ("fair", "soon"))
    brought = fetched(
        written("source.md"), Answer(200, "https://city.example/map.xml", body, {"etag": '"1"'})
    )
    address = "https://city.example/bridge"
    assert brought.items == (RawItem("bridge", date(2025, 2, 17), key=address, url=address),)
    assert [fault.found for fault in brought.faults] == ["'soon'"]
    assert brought.memory == {"etag": '"1"'}


def test_the_source_knows_unchanged_from_unusable() -> None:
    module = written("source.md")
    assert fetched(module, Answer(304, "https://city.example/map.xml")).unchanged
    with pytest.raises(Unusable, match="expected a news sitemap"):
        fetched(module, Answer(200, "https://city.example/map.xml", b"<html"))


def test_the_format_has_a_line_for_the_feed_and_for_each_entry() -> None:
    module = written("format.md")
    made = Format("ndjson", module.MEDIA_TYPE, module.frame, module.entry, module.JOINT).render(FEED)
    first, *entries = map(json.loads, made.decode().splitlines())
    assert first["title"] == FEED.title
    assert [entry["id"] for entry in entries] == [entry.id for entry in FEED.entries]


def report(event: dict[str, Any], *, at: datetime = NOW, key: str = "key") -> Call:
    stamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), f"{stamp}t".encode(), hashlib.sha256).hexdigest()
    said = {"signature": {"timestamp": stamp, "token": "t", "signature": signature}, "event-data": event}
    return Call(json.dumps(said).encode(), {})


GONE = {
    "event": "failed",
    "severity": "permanent",
    "id": "1",
    "recipient": "ann@example.org",
    "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
    "envelope": {"sender": "bounces+token@news.example"},
}


def test_the_provider_reports_failures_and_complaints() -> None:
    mailgun = written("bounces.md").Mailgun()
    (gone,) = mailgun.read(report(GONE), "key", NOW)
    assert (gone.meaning.kind, gone.recipient, gone.return_path) == (
        Reply.Kind.HARD, "ann@example.org", "bounces+token@news.example",
    )  # fmt: skip
    (later,) = mailgun.read(report(GONE | {"severity": "temporary"}), "key", NOW)
    assert later.meaning.kind == Reply.Kind.SOFT
    (complaint,) = mailgun.read(report(GONE | {"event": "complained"}), "key", NOW)
    assert complaint.meaning.kind == Reply.Kind.COMPLAINT
    assert mailgun.read(report(GONE | {"event": "opened"}), "key", NOW) == []


def test_the_provider_believes_nobody_else() -> None:
    mailgun = written("bounces.md").Mailgun()
    with pytest.raises(NotGenuine, match="signature"):
        mailgun.read(report(GONE, key="another"), "key", NOW)
    with pytest.raises(NotGenuine, match="old"):
        mailgun.read(report(GONE, at=NOW - timedelta(hours=1)), "key", NOW)
    for junk in (b"", b"[]", b"{}", b'{"signature": 1}', b'{"signature": {"timestamp": 1}}'):
        with pytest.raises(ValueError, match=r"Expecting|no report"):
            mailgun.read(Call(junk, {}), "key", NOW)

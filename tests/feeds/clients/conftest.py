"""A newsroom whose feeds real clients read over HTTP."""

from __future__ import annotations

import pytest

from feeds import serving
from feeds.memory import Memory
from tests.feeds.clients.newsstand import open_newsstand
from tests.feeds.stories import newsroom


@pytest.fixture
def stand(transactional_db, tmp_path, settings, monkeypatch):
    """The pages are answered in threads of their own, so what tests write is committed."""
    settings.FEED_FOLDER = tmp_path / "feeds"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(serving, "_memory", Memory())
    with open_newsstand() as stand:
        settings.BASE_URL = stand.url
        newsroom()
        yield stand

"""A newsroom to ask for pages, at a moment of the test's choosing."""

from __future__ import annotations

from datetime import datetime

import pytest

from config import clock
from tests.feeds.stories import NOW, TODAY, newsroom, office, settle, topic, write
from tests.notifier.pages.people import DAY


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """The pages' clock; a test may set `at["now"]`."""
    moment = {"now": NOW}
    monkeypatch.setattr(clock, "now", lambda: moment["now"])
    return moment


@pytest.fixture
def x(db: None, at: dict[str, datetime]) -> None:
    """A newsroom with two offices, two topics and four releases."""
    newsroom(zone="Europe/Vienna")
    vienna, rome = office(), office("rome", "Rome")
    borders, policing = topic(), topic("policing", "Policing")
    write("Guards in Vienna", TODAY, (vienna, borders))
    write("Police in Vienna", TODAY - 8 * DAY, (vienna, policing))
    write("Guards in Rome", TODAY - 15 * DAY, (rome, borders))
    write("Without labels", TODAY - 100 * DAY)
    settle()

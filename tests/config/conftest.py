from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from config import clock, revisions, roles
from config.roles import Role
from tests.config.samples import NOW, PASSWORD, shipped


@pytest.fixture
def newsroom(db: None) -> None:
    """The small newsroom, as revision 1."""
    revisions.apply(shipped(), "start", "start", now=NOW)


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(tz=clock.now().tzinfo)

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def time(monkeypatch):
    found = Clock()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    return found


@pytest.fixture
def ada(db):
    user = User.objects.create_user("ada", "ada@example.org", PASSWORD, is_staff=True)
    roles.give(user, Role.ADMINISTRATOR)
    return user

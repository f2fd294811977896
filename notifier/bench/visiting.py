"""How long pages take for `notifier.bench.size`: asked for in this process, so that it is Herald's own time."""

from __future__ import annotations

import statistics
import time
from datetime import datetime
from typing import Any

TIMES = 5


def pages(subscribers: int, now: datetime) -> dict[str, float]:
    """The median time of each, in ms. Raises AssertionError when one is not answered as it should be."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.test.utils import setup_test_environment

    from notifier import tokens
    from notifier.bench.sizing import address_of
    from notifier.models import Dispatch
    from notifier.tokens import Purpose

    setup_test_environment()
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    manage = tokens.make(Purpose.MANAGE, subscribers, 0, now.date())
    newest = Dispatch.objects.filter(lane=2).latest("pk").pk
    paths = {
        "front": "/", "manage": f"/manage/{manage}", "dashboard": "/admin/dashboard/", "inbox": "/admin/",
        "subscribers": "/admin/notifier/subscriber/",
        "a subscriber": f"/admin/notifier/subscriber/{subscribers}/change/",
        "dispatches": "/admin/notifier/dispatch/", "a dispatch": f"/admin/notifier/dispatch/{newest}/change/",
        "health": "/admin/health/", "readiness": "/readyz", "metrics": "/metrics",
    }  # fmt: skip
    found = {name: _median(client, "get", path) for name, path in paths.items()}
    search = {"address": address_of(subscribers)}
    found["find by address"] = _median(client, "post", "/admin/notifier/subscriber/find/", search)
    return found


def _median(client: Any, method: str, path: str, values: Any = None) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        response = getattr(client, method)(path, values)
        took.append(time.perf_counter() - began)
        assert response.status_code in (200, 302, 503), f"{path}: {response.status_code}"
    return round(statistics.median(took) * 1000, 1)

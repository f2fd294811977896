"""`herald bench store`: its store, its scheduler and its writer are whole, and nothing of them is left behind."""

from __future__ import annotations

import pytest
from django.conf import settings

from notifier.bench import Unavailable, store

pytestmark = pytest.mark.own_database


def server() -> str:
    at = settings.DATABASES["default"]
    if "postgresql" not in at["ENGINE"]:
        return ""
    access = f"{at['USER']}:{at['PASSWORD']}@" if at["PASSWORD"] else f"{at['USER']}@"
    return f"postgres://{access}{at['HOST']}:{at['PORT'] or 5432}/postgres"


def test_each_release_is_timed_from_its_commit_to_the_last_file() -> None:
    figures = store.run(releases=10, commits=2, server=server())
    assert (figures["commits"], len(figures["rounds_ms"])) == (2, 2)
    assert 300 <= figures["ours_ms_p50"] <= figures["ours_ms_p99"] <= figures["ours_ms_max"] < 10_000
    assert 0 < figures["reference_ms_p50"] < 1_000


def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(Unavailable, match="PostgreSQL cannot be reached"):
        store.run(server="postgres://postgres@127.0.0.1:1/postgres")

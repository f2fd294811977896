"""`herald bench live`: every listener is counted, on every selection."""

from __future__ import annotations

from notifier.bench import live
from tests.journeys.test_bench_store import server


def test_each_listener_gets_each_release() -> None:
    figures = live.run(listeners=20, selections=5, commits=2, releases=10, server=server())
    assert figures["received"] == figures["expected"] == 40
    assert figures["streams_ended"] == 0
    assert 300 <= figures["delay_ms_p50"] <= figures["delay_ms_max"] < 10_000
    assert figures["opened_a_second"] > 0

"""Feeds from the store to the folder: all of them made anew, beside bare feedgen with the same entries, turn and turn
about on one core; and one release more, until all its feeds are on the disk. Run by `herald bench feeds`.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from config.environment import for_stranger
from notifier.bench.children import ask, child

WARM = 3  # releases that are not counted


def run(releases: int = 30_000, commits: int = 50, repeat: int = 3, times: int = 1) -> dict[str, Any]:
    """Medians, as plain numbers and lists; with `times` > 1 a release is also published when the store holds so many
    times as much. Raises Unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as folder:
        environment = for_stranger(herald_home=Path(folder), log_level="WARNING")
        with child("feeding", str(releases), environment=environment) as ours:
            ask(ours, "rebuild")  # once, not counted, so that all is warm
            with child("feeding_reference", environment=environment) as bare:
                ask(bare)
                rounds = [{"ours": ask(ours, "rebuild"), "reference": ask(bare)} for _ in range(repeat)]
            figures: dict[str, Any] = {"releases": releases, "rebuild": _rebuilt(rounds)}
            load = os.getloadavg()[0]
            figures["publish"] = _published([ask(ours, "publish") for _ in range(WARM + commits)])
            if times > 1:
                figures["releases_grown"] = ask(ours, f"grow {times}")["releases"]
                figures["publish_grown"] = _published([ask(ours, "publish") for _ in range(WARM + commits)])
                figures["ratio_grown"] = _ratio(
                    figures["publish_grown"], figures["publish"], "published_ms_p50"
                )
                figures["ratio_grown_cpu"] = _ratio(
                    figures["publish_grown"], figures["publish"], "cpu_ms_p50"
                )
    return figures | {"goal": "rebuild <= 2.0, published < 100 ms, grown <= 1.3", "load": round(load, 1)}


def _rebuilt(rounds: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    def median(side: str, name: str) -> float:
        return statistics.median(each[side][name] for each in rounds)

    def ratio(name: str) -> float:
        return round(statistics.median(each["ours"][name] / each["reference"][name] for each in rounds), 2)

    feeds = round(median("ours", "feeds"))
    return {
        "feeds": feeds,
        "entries": round(median("reference", "entries")),
        "files": round(median("ours", "files")),
        "ours_seconds": round(median("ours", "seconds"), 2),
        "reference_seconds": round(median("reference", "seconds"), 2),
        "ratio": ratio("seconds"),
        "ours_cpu_seconds": round(median("ours", "cpu"), 2),
        "reference_cpu_seconds": round(median("reference", "cpu"), 2),
        "ratio_cpu": ratio("cpu"),
        "cpu_ms_per_feed": round(median("ours", "cpu") / feeds * 1000, 1),
        "peak_memory_mb": round(max(each["ours"]["peak_mb"] for each in rounds), 1),
        "reference": "feedgen: Atom and RSS, not packed",
        "rounds_seconds": [
            [round(each[side]["seconds"], 2) for side in ("ours", "reference")] for each in rounds
        ],
    }


def _published(rounds: list[dict[str, float]]) -> dict[str, Any]:
    counted = rounds[WARM:]

    def values(name: str) -> list[float]:
        return [each[name] for each in counted]

    return {
        "commits": len(counted),
        "feeds": round(statistics.mean(values("feeds")), 1),
        "published_ms_p50": round(statistics.median(values("published_ms")), 1),
        "published_ms_p90": round(
            statistics.quantiles(values("published_ms"), n=10, method="inclusive")[8], 1
        ),
        "noticed_ms_p50": round(statistics.median(values("noticed_ms")), 1),
        "cpu_ms_p50": round(statistics.median(values("cpu_ms")), 1),
        "peak_memory_mb": round(max(values("peak_mb")), 1),
    }


def _ratio(one: dict[str, float], other: dict[str, float], name: str) -> float:
    return round(one[name] / other[name], 2)

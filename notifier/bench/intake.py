"""Intake of an upstream feed with full texts, beside bare feedparser on the same bytes, turn and turn about; and the
import of an archive, first and again. Each in processes of their own. Run by `herald bench intake`.

Ours is all between the bytes and the committed store: read, cleaned, labels resolved, found or new, written
(SQLite, WAL, `synchronous=FULL`); then the same bytes again, when nothing is new.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, cast
from xml.sax.saxutils import escape, quoteattr

from config.environment import for_stranger
from feeds.sources.item import RawItem
from notifier.bench import Unavailable, data
from notifier.bench.children import ROOT, ask, child

_HERALD = "from notifier.cli import main; main()"


def run(entries: int = 5_000, releases: int = 30_000, repeat: int = 5) -> dict[str, Any]:
    """Medians of `repeat` rounds, as plain numbers and lists. `releases` 0: no archive. Raises Unavailable."""
    with tempfile.TemporaryDirectory(prefix="herald-bench-") as folder:
        home, feed = Path(folder) / "home", Path(folder) / "feed.atom"
        environment = for_stranger(herald_home=home, log_level="WARNING")
        size = feed.write_bytes(atom(data.releases(entries)))
        with (
            child("intake_ours", str(feed), environment=environment) as ours,
            child("intake_reference", str(feed), environment=environment) as bare,
        ):
            ask(bare)  # once, not counted, so that all is warm
            rounds = [{"reference": ask(bare)["seconds"], **ask(ours)} for _ in range(repeat)]
        figures = _summary(entries, size, rounds)
        if releases:
            figures["archive"] = _archive(Path(folder), releases)
    return figures


def atom(items: Iterable[RawItem]) -> bytes:
    """A feed of these releases, newest first, as a newsroom's own system gives it: summary, full text, categories."""
    entries = [_entry(item) for item in items]
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        "<title>Newsroom</title><id>https://newsroom.example.org/</id><updated>2025-02-17T10:00:00Z</updated>\n"
    )
    return "\n".join([head, *reversed(entries), "</feed>\n"]).encode()


def _entry(item: RawItem) -> str:
    labels = "".join(f"<category term={quoteattr(label)}/>" for label in item.topics)
    moment = f"{item.published_on}T10:00:00Z"
    return (
        f"<entry><id>tag:newsroom.example.org,2005:{item.key}</id><title>{escape(item.title)}</title>"
        f"<link href={quoteattr(item.url)}/><published>{moment}</published><updated>{moment}</updated>"
        f"<author><name>{escape(item.author)}</name></author>{labels}<summary>{escape(item.summary)}</summary>"
        f'<content type="html">{escape(item.body)}</content></entry>'
    )


def _summary(entries: int, size: int, rounds: list[dict[str, float]]) -> dict[str, Any]:
    def median(name: str) -> float:
        return statistics.median(each[name] for each in rounds)

    return {
        "entries": entries,
        "feed_bytes": size,
        "ours_seconds": round(median("first"), 3),
        "again_seconds": round(median("again"), 3),
        "reference_seconds": round(median("reference"), 3),
        "ratio": round(statistics.median(each["first"] / each["reference"] for each in rounds), 3),
        "ratio_again": round(statistics.median(each["again"] / each["reference"] for each in rounds), 3),
        "share_of_parsing": round(statistics.median(each["parsing"] / each["first"] for each in rounds), 3),
        "cpu_us_per_entry": round(median("cpu") / entries * 1e6),
        "cpu_us_per_entry_again": round(median("cpu_again") / entries * 1e6),
        "peak_memory_mb": round(max(each["peak_mb"] for each in rounds), 1),
        "reference": "feedparser.parse(bytes)",
        "rounds": [{name: round(value, 3) for name, value in each.items()} for each in rounds],
    }


def _archive(folder: Path, releases: int) -> dict[str, Any]:
    """`herald import` of so many releases into an empty store, and the same again."""
    environment = for_stranger(herald_home=folder / "archive", log_level="WARNING")
    file = folder / "releases.ndjson"
    with file.open("w", encoding="utf-8") as out:
        data.write(out, releases)
    _herald(environment, "setup")
    first, again = (_herald(environment, "import", str(file), "--json") for _ in range(2))
    if (first["new"], again["same"]) != (releases, releases):
        raise Unavailable(
            f"of {releases} releases {first['new']} were new, and then {again['same']} the same"
        )
    return {
        "releases": releases,
        "file_bytes": file.stat().st_size,
        "database_bytes": sum(path.stat().st_size for path in (folder / "archive").glob("*.sqlite3*")),
        "import_seconds": first["seconds"],
        "import_peak_mb": first["peak_mb"],
        "again_seconds": again["seconds"],
        "again_peak_mb": again["peak_mb"],
    }


def _herald(environment: Mapping[str, str], *words: str) -> dict[str, Any]:
    """What a command says in JSON, with the seconds it took and its peak memory."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-c", _HERALD, *words],
            env=environment,
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.PIPE,
        )
        errors = cast(IO[bytes], process.stderr).read().decode(errors="replace").strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cast(IO[bytes], process.stderr).close()
        seconds = time.perf_counter() - began
        if process.returncode:
            raise Unavailable(f"herald {words[0]} failed: {errors}")
        said.seek(0)
        facts = json.load(said) if "--json" in words else {}
    return facts | {"seconds": round(seconds, 2), "peak_mb": round(usage.ru_maxrss / 1024, 1)}

"""Writing what `feeds.merging` decided: only rows that differ, in few statements. The caller holds the transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from feeds import rows
from feeds.merging import BLANK, PUBLISHED, Draft, Intent
from feeds.models import PendingLabel, PendingTerm, Release, ReleaseKey, ReleaseWarning, Source

_COLUMNS = ("title", "published_on", *BLANK)
_INSERTED = ("id", *_COLUMNS, "state", "source_id", "type_id", "silent_because")


@dataclass(slots=True)
class Known:
    """A row of `ReleaseKey`, as it was found. `told` is loaded only where it is needed."""

    pk: int
    release: int
    raw: str
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Work:
    """One draft on its way into the store. `release` is 0 for a new one, until it is written; `title` is what it is
    called there now.
    """

    draft: Draft
    key: Known | None
    release: int
    intent: Intent = field(default_factory=Intent)
    title: str = ""

    @property
    def before(self) -> dict[str, Any]:
        """What the source told of this release last."""
        return self.key.told if self.key and self.key.release else {}


def insert(new: list[Work], source: Source, silence: str) -> None:
    """Write new releases. Their ids grow in the order of `new`."""
    if not new:
        return
    for work, pk in zip(new, _ids(len(new)), strict=True):
        work.release = pk
    rows.write(Release, _INSERTED, [_row(work, source, silence) for work in new])


def update(changed: list[Work]) -> None:
    for work in changed:
        values = dict(work.intent.values)
        if any(kind == "type" for kind, _ in work.intent.link + work.intent.unlink):
            values["type_id"] = _type(work.intent)
        if values:
            Release.objects.filter(pk=work.release).update(**values)


def write_keys(works: list[Work], source: Source) -> None:
    """Keep what the source calls each release, and what it told. A key that was found may have another name now."""
    told = [(work, json.dumps(dict(work.intent.told), ensure_ascii=False)) for work in works]
    rows.write(
        ReleaseKey,
        ("source_id", "key", "release_id", "raw", "told"),
        [
            (source.pk, work.draft.key, work.release, work.draft.raw, text)
            for work, text in told
            if not work.key
        ],
    )
    known = [
        (work.draft.key, work.release, work.draft.raw, text, work.key.pk) for work, text in told if work.key
    ]
    if known:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE feeds_releasekey SET key = %s, release_id = %s, raw = %s, told = %s WHERE id = %s",
                known,
            )


def write_links(works: list[Work]) -> None:
    for kind in ("office", "topic"):
        through = getattr(Release, f"{kind}s").through
        made = [(work.release, pk) for work in works for its, pk in work.intent.link if its == kind]
        _link(through._meta.db_table, kind, made)
        for work in works:
            ended = [pk for its_kind, pk in work.intent.unlink if its_kind == kind]
            if ended:
                through.objects.filter(**{"release_id": work.release, f"{kind}_id__in": ended}).delete()


def write_pending(works: list[Work], now: datetime) -> None:
    wanted = {one for work in works for one in work.intent.pend}
    if wanted:
        terms = [PendingTerm(kind=kind, label=label, first_seen_at=now) for kind, label in sorted(wanted)]
        PendingTerm.objects.bulk_create(terms, ignore_conflicts=True)
        ids = {
            (term.kind, term.label): term.pk
            for term in PendingTerm.objects.filter(label__in={label for _, label in wanted})
        }
        PendingLabel.objects.bulk_create(
            [
                PendingLabel(term_id=ids[one], release_id=work.release)
                for work in works
                for one in work.intent.pend
            ],
            ignore_conflicts=True,
        )
    unpended = [(work.release, kind, label) for work in works for kind, label in work.intent.unpend]
    for release, kind, label in unpended:
        PendingLabel.objects.filter(release_id=release, term__kind=kind, term__label=label).delete()
    if unpended:
        PendingTerm.objects.filter(labels__isnull=True).delete()


def write_warnings(works: Iterable[Work], now: datetime) -> None:
    """What had to be cut of each release as it is told now; what was cut before and is no more is forgotten."""
    forgotten = defaultdict(list)
    for work in works:
        for text in work.intent.unwarn:
            forgotten[text].append(work.release)
    for text, releases in forgotten.items():
        ReleaseWarning.objects.filter(release_id__in=releases, text=text).delete()
    ReleaseWarning.objects.bulk_create(
        [
            ReleaseWarning(release_id=work.release, text=text, found_at=now)
            for work in works
            for text in work.intent.warn
        ],
        ignore_conflicts=True,
    )


def _link(table: str, kind: str, made: list[tuple[int, int]]) -> None:
    """Link releases to terms; an editor may have done it in the meantime."""
    if made:
        statement = f"INSERT INTO {table} (release_id, {kind}_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"
        with connection.cursor() as cursor:
            cursor.executemany(statement, made)


def _row(work: Work, source: Source, silence: str) -> list[Any]:
    values = {**BLANK, **work.draft.values}
    values["published_on"] = connection.ops.adapt_datefield_value(work.draft.published_on)
    values["silent"] = bool(silence or values["silent"])
    state = work.intent.values.get("state", PUBLISHED)
    ours = [state, source.pk, _type(work.intent), silence]
    return [work.release, *(values[name] for name in _COLUMNS), *ours]


def _ids(count: int) -> list[int]:
    """As many ids of new releases, in order, that nobody else will use: the caller alone may insert just now on
    SQLite, and PostgreSQL gives each number once.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('feeds_release', 'id')) FROM generate_series(1, %s)",
                [count],
            )
            return sorted(int(row[0]) for row in cursor.fetchall())
        cursor.execute(
            "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feeds_release'), 0),"
            " coalesce((SELECT max(id) FROM feeds_release), 0))"
        )
        last = int(cursor.fetchone()[0])
    return list(range(last + 1, last + 1 + count))


def _type(intent: Intent) -> int | None:
    return next((pk for kind, pk in intent.link if kind == "type"), None)

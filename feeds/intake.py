"""From what a source says to releases in the store.

raw items -> drafts (cleaned, oldest first) -> found (or new) -> intents -> written, a transaction for each batch
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from django.db import connection, transaction

from feeds import finding, labels, storing
from feeds.merging import Draft, Stored, decide, drafts
from feeds.models import PendingTerm, Release, Source
from feeds.sources.item import Fault, RawItem
from feeds.storing import Work

BATCH = 500
FIRST_FETCH, IMPORT = "first_fetch", "import"
_LOCK = 0x496E74616B6500  # "Intake", for PostgreSQL's advisory locks


@dataclass(frozen=True, slots=True)
class Report:
    """What an intake did: ids of the releases that are new and of those that were changed, and how many were the same.

    `pending` are labels that no term knew, as (kind, label); `silence` says why the new ones are not announced
    ("first_fetch", "import"), or is empty.
    """

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    same: int = 0
    faults: tuple[Fault, ...] = ()
    pending: tuple[tuple[str, str], ...] = ()
    silence: str = ""


@dataclass(slots=True)
class _Tally:
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    same: int = 0
    pending: dict[tuple[str, str], None] = field(default_factory=dict)


def take_in(
    items: Iterable[RawItem],
    source: Source,
    now: datetime,
    *,
    complete: bool = True,
    announce: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Write what `source` says; a second time writes nothing. Old labels that are known by now are resolved first.

    `complete`: these are all the items of a fetch, so the source's first fetch ends with them. New releases are silent
    until then, and where `announce` is false. `progress` is told the number of items done, after each batch.
    """
    resolve_pending(now)
    told, faults = drafts(items, source.slug)
    silence = _silence(source, announce)
    vocabularies, claimed, tally = labels.load_all(), set[int](), _Tally()
    for start in range(0, len(told), BATCH):
        batch = told[start : start + BATCH]
        with _alone():
            works = _decide(batch, source, claimed, vocabularies)
            _write(works, source, now, silence, tally)
        claimed.update(tally.new)
        if progress:
            progress(start + len(batch))
    if complete:
        Source.objects.filter(pk=source.pk, first_complete_at__isnull=True).update(first_complete_at=now)
    return Report(
        tuple(tally.new), tuple(tally.changed), tally.same, tuple(faults), tuple(tally.pending), silence
    )


def resolve_pending(now: datetime) -> int:  # noqa: ARG001 - every job is given the time
    """Give releases the links of labels that an office, topic or type knows by now. Returns how many releases."""
    if not PendingTerm.objects.exists():
        return 0
    touched: set[int] = set()
    with _alone():
        for kind, vocabulary in labels.load_all().items():
            for term in PendingTerm.objects.filter(kind=kind):
                known = vocabulary.find(term.label)
                if known is not None:
                    touched |= _resolve(term, known)
    return len(touched)


def _silence(source: Source, announce: bool) -> str:
    if not announce:
        return IMPORT
    ended = Source.objects.filter(pk=source.pk, first_complete_at__isnull=False).exists()
    return "" if ended else FIRST_FETCH


@contextmanager
def _alone() -> Iterator[None]:
    """A transaction in which nobody else takes in: what two sources tell of one release must not become two."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


def _decide(
    batch: Sequence[Draft], source: Source, claimed: set[int], vocabularies: dict[str, labels.Vocabulary]
) -> list[Work]:
    found = finding.find(batch, source, claimed)
    works = [Work(draft, found.keys.get(draft.key), found.releases.get(draft.key, 0)) for draft in batch]
    stored = finding.load([work.release for work in works if work.release and not work.as_before])
    for work in works:
        if not work.as_before:
            before = work.key.told if work.key and work.release else {}
            held = stored.get(work.release, Stored())
            work.intent = decide(work.draft, before, held, vocabularies)
    return works


def _write(works: list[Work], source: Source, now: datetime, silence: str, tally: _Tally) -> None:
    new = [work for work in works if not work.release]
    changed = [work for work in works if work.release and work.intent]
    news = [work for work in works if not work.as_before]
    storing.insert(new, source, silence)
    storing.update(changed)
    storing.write_keys(news, source)
    storing.write_links(news)
    storing.write_pending(news, now)
    tally.new += [work.release for work in new]
    tally.changed += [work.release for work in changed]
    tally.same += len(works) - len(new) - len(changed)
    tally.pending.update(dict.fromkeys(chain.from_iterable(work.intent.pend for work in news)))


def _resolve(term: PendingTerm, known: int) -> set[int]:
    """Link the releases that carry a pending term to the term it turned out to be, and forget it."""
    carrying = list(term.labels.values_list("release_id", flat=True))
    existing = set(Release.objects.filter(pk__in=carrying).values_list("pk", flat=True))
    if term.kind == "type":
        Release.objects.filter(pk__in=existing, type__isnull=True).update(type_id=known)
    else:
        through = getattr(Release, f"{term.kind}s").through
        rows = [through(**{"release_id": pk, f"{term.kind}_id": known}) for pk in sorted(existing)]
        through.objects.bulk_create(rows, ignore_conflicts=True)
    term.delete()
    return existing

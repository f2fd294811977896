"""From what a source says to releases in the store.

raw items -> named, oldest first -> (by their digests) those that say something new -> drafts, cleaned -> found, or new
-> intents -> written, a transaction for each batch
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from django.db import connection, transaction

from feeds import drafting, finding, labels, storing, translations
from feeds.drafting import Named
from feeds.merging import Draft, Stored, decide
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
class Context:
    """What holds for all items of one intake. `claimed`: releases that items before have spoken of. `present`: the keys
    of all the items, where they are all there is; None where that is not known.
    """

    source: Source
    vocabularies: Mapping[str, labels.Vocabulary]
    now: datetime
    present: Collection[str] | None = None
    claimed: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Tally:
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    same: int = 0
    pending: dict[tuple[str, str], None] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def take_in(
    items: Iterable[RawItem],
    source: Source,
    now: datetime,
    *,
    complete: bool = True,
    announce: bool = True,
    in_order: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Write what `source` says; a second time writes nothing. Old labels that are known by now are resolved first.

    `complete`: these are all the items of a fetch, so the source's first fetch ends with them. New releases are silent
    until then, and where `announce` is false; what programs hand over themselves (kind "api") has no first fetch.
    `in_order`: the items come oldest first, each key once; they are then read as they are written, a batch at a time.
    `progress` is told the number of items done, after each batch.
    """
    resolve_pending(now)
    context = Context(source, labels.load_all(), now)
    named = drafting.name(items, source.slug) if in_order else name_all(items, context, complete=complete)
    silence, tally = _silence(source, announce), _Tally()
    done = 0
    while batch := list(islice(named, BATCH)):
        if complete and not done and len(batch) < BATCH:
            context.present = keys_of(batch)  # that is all there is
        with alone():
            works, same = consider([one for one in batch if isinstance(one, Named)], context)
            _write(works, context, silence, tally)
        tally.same += same
        tally.faults += [one for one in batch if isinstance(one, Fault)]
        context.claimed.update(tally.new)
        done += len(batch)
        if progress:
            progress(done)
    if complete:
        Source.objects.filter(pk=source.pk, first_complete_at__isnull=True).update(first_complete_at=now)
    return Report(
        tuple(tally.new), tuple(tally.changed), tally.same, tuple(tally.faults), tuple(tally.pending), silence
    )


def name_all(items: Iterable[RawItem], context: Context, *, complete: bool) -> Iterator[Named | Fault]:
    """Items in whatever order: named, oldest first. `context` learns what is present, if they are `complete`."""
    ordered = drafting.newest_of_each(drafting.oldest_first(items))
    named = list(drafting.name(ordered, context.source.slug))
    if complete:
        context.present = keys_of(named)
    return iter(named)


def keys_of(named: Iterable[Named | Fault]) -> frozenset[str]:
    return frozenset(one.key for one in named if isinstance(one, Named))


def consider(batch: Sequence[Named], context: Context) -> tuple[list[Work], int]:
    """What each item that says something new means for the store, and how many say nothing new. Reads only; what is
    found is added to `context.claimed`.
    """
    known = finding.known([one.key for one in batch], context.source)
    context.claimed |= {row.release for row in known.values() if row.release}
    news = [
        one for one in batch if not (row := known.get(one.key)) or not row.release or row.raw != _raw(one)
    ]
    if not news:
        return [], len(batch)
    drafts = [drafting.draft(one) for one in news]
    lost = [draft for draft in drafts if not (row := known.get(draft.key)) or not row.release]
    found = finding.by_what_it_says(lost, context.source, context.claimed)
    if context.present is not None:
        strays = [draft for draft in lost if draft.key not in found and draft.key not in known]
        edited = finding.edited(strays, context.source, context.present, context.claimed)
        known |= edited
        context.claimed |= {row.release for row in edited.values()}
    finding.load_told([row for draft in drafts if (row := known.get(draft.key))])
    works = [_work(draft, known, found) for draft in drafts]
    stored = finding.load([work.release for work in works if work.release])
    for work in works:
        held = stored.get(work.release, Stored())
        work.title = str(held.values.get("title") or "")
        work.intent = decide(work.draft, work.before, held, context.vocabularies, context.now)
    return works, len(batch) - len(news)


def resolve_pending(now: datetime) -> int:  # noqa: ARG001 - every job is given the time
    """Give releases the links of labels that an office, topic or type knows by now. Returns how many releases."""
    if not PendingTerm.objects.exists():
        return 0
    touched: set[int] = set()
    with alone():
        for kind, vocabulary in labels.load_all().items():
            for term in PendingTerm.objects.filter(kind=kind):
                known = vocabulary.find(term.label)
                if known is not None:
                    touched |= _resolve(term, known)
    return len(touched)


@contextmanager
def alone() -> Iterator[None]:
    """A transaction in which nobody else takes in: what two sources tell of one release must not become two."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


def _silence(source: Source, announce: bool) -> str:
    if not announce:
        return IMPORT
    if source.kind == "api":
        return ""
    ended = Source.objects.filter(pk=source.pk, first_complete_at__isnull=False).exists()
    return "" if ended else FIRST_FETCH


def _raw(named: Named) -> str:
    return drafting.raw_of(named.item)


def _work(draft: Draft, known: Mapping[str, storing.Known], found: Mapping[str, int]) -> Work:
    key = known.get(draft.key)
    return Work(draft, key, (key.release if key else 0) or found.get(draft.key, 0))


def _write(works: list[Work], context: Context, silence: str, tally: _Tally) -> None:
    source, now = context.source, context.now
    new = [work for work in works if not work.release]
    changed = [work for work in works if work.release and work.intent]
    storing.insert(new, source, silence)
    storing.update(changed)
    storing.write_keys(works, source)
    storing.write_links(works)
    storing.write_pending(works, now)
    storing.write_warnings(works, now)
    translations.follow([_spoken(work) for work in works], source)
    tally.new += [work.release for work in new]
    tally.changed += [work.release for work in changed]
    tally.same += len(works) - len(new) - len(changed)
    tally.pending.update(dict.fromkeys(chain.from_iterable(work.intent.pend for work in works)))


def _spoken(work: Work) -> translations.Spoken:
    names = (work.draft.key, work.draft.url) if work.draft.url else (work.draft.key,)
    links = tuple(work.intent.told.get("links", ())) if work.intent.relink else None
    return translations.Spoken(work.release, names, links)


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

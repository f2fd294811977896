"""Writing what `feeds.merging` decided: only rows that differ, in few statements. The caller holds the transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from feeds.merging import Draft, Intent
from feeds.models import PendingLabel, PendingTerm, Release, ReleaseKey, Source


@dataclass(slots=True)
class Work:
    """One draft on its way into the store. `release` is 0 for a new one, until it is written."""

    draft: Draft
    key: ReleaseKey | None
    release: int
    intent: Intent = field(default_factory=Intent)

    @property
    def as_before(self) -> bool:
        """Whether the source says of a release in the store what it said last."""
        return bool(self.release) and self.key is not None and self.key.told == self.draft.told


def insert(new: list[Work], source: Source, silence: str) -> None:
    rows = [
        Release(
            **dict(work.draft.values),
            source=source,
            type_id=_type(work.intent),
            silent=bool(silence),
            silent_because=silence,
        )
        for work in new
    ]
    for work, row in zip(new, Release.objects.bulk_create(rows), strict=True):
        work.release = row.pk


def update(changed: list[Work]) -> None:
    for work in changed:
        values = dict(work.intent.values)
        if any(kind == "type" for kind, _ in work.intent.link + work.intent.unlink):
            values["type_id"] = _type(work.intent)
        if values:
            Release.objects.filter(pk=work.release).update(**values)


def _type(intent: Intent) -> int | None:
    return next((pk for kind, pk in intent.link if kind == "type"), None)


def write_keys(works: list[Work], source: Source) -> None:
    fresh: list[ReleaseKey] = []
    known: list[ReleaseKey] = []
    for work in works:
        row = work.key or ReleaseKey(source=source, key=work.draft.key)
        row.release_id, row.told = work.release, work.draft.told
        (known if work.key else fresh).append(row)
    ReleaseKey.objects.bulk_create(fresh)
    ReleaseKey.objects.bulk_update(known, ["release", "told"], batch_size=100)


def write_links(works: list[Work]) -> None:
    for kind in ("office", "topic"):
        through = getattr(Release, f"{kind}s").through
        rows = [
            through(**{"release_id": work.release, f"{kind}_id": pk})
            for work in works
            for its_kind, pk in work.intent.link
            if its_kind == kind
        ]
        through.objects.bulk_create(rows, ignore_conflicts=True)
        for work in works:
            ended = [pk for its_kind, pk in work.intent.unlink if its_kind == kind]
            if ended:
                through.objects.filter(**{"release_id": work.release, f"{kind}_id__in": ended}).delete()


def write_pending(works: list[Work], now: datetime) -> None:
    wanted = {one for work in works for one in work.intent.pend}
    if wanted:
        rows = [PendingTerm(kind=kind, label=label, first_seen_at=now) for kind, label in sorted(wanted)]
        PendingTerm.objects.bulk_create(rows, ignore_conflicts=True)
        terms = {
            (term.kind, term.label): term.pk
            for term in PendingTerm.objects.filter(label__in={label for _, label in wanted})
        }
        PendingLabel.objects.bulk_create(
            [
                PendingLabel(term_id=terms[one], release_id=work.release)
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

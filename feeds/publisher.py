"""Changed releases -> touched feeds -> files.

    folder's cursor -> changes since -> feeds they touch -> documents -> formats -> files that differ -> cursor

Each folder keeps its own cursor, so each host may have a folder of its own. Only changes that `membership` is done with
are published. A folder that is new, was left in mid-batch, belongs to another database or shows the newsroom as it no
longer is, is built anew; files that come out the same are left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from django.db.models import Q, QuerySet

from feeds import catalogue, documents, membership
from feeds.catalogue import Feed
from feeds.entries import Presentation
from feeds.folder import Folder, Position
from feeds.formats import FORMATS, Format
from feeds.formats.values import EntryValue, FeedValue
from feeds.models import Change, Membership, Office, Release, ReleaseType, Topic

log = logging.getLogger(__name__)
MANY = 1_000  # changed releases: then hardly a feed is untouched
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Published:
    """How many feeds were looked at, and how many files differed and were written."""

    feeds: int = 0
    files: int = 0


def publish(folder: Path, now: datetime) -> Published:
    """Bring the feeds in `folder` up to date. Does next to nothing if they are."""
    target = Folder(folder)
    with target.held():
        show = documents.presentation()
        position, goal = target.position(), _goal(show)
        if position == goal:
            return Published()
        if position is None or position.presentation != show.digest or not _ours(position, goal.seq):
            return _everything(target, show, goal, now, None)
        paths = _touched(position.seq, goal.seq)
        if paths is None:
            return _everything(target, show, goal, now, None)
        feeds = [feed for feed in map(catalogue.find, sorted(paths)) if feed]
        files = _write(target, feeds, show, now, None)
        target.commit(goal)
        return Published(len(feeds), files)


def rebuild(folder: Path, now: datetime, progress: Progress | None = None) -> Published:
    """Make every feed anew and remove those of terms that are gone. `progress` is told (feeds done, of how many)."""
    target = Folder(folder)
    with target.held():
        show = documents.presentation()
        return _everything(target, show, _goal(show), now, progress)


def _everything(
    target: Folder, show: Presentation, goal: Position, now: datetime, progress: Progress | None
) -> Published:
    target.begin()
    target.sweep()
    feeds = catalogue.all_feeds()
    files = _write(target, feeds, show, now, progress)
    known = {f"{feed.path}.{suffix}" for feed in feeds for suffix in FORMATS}
    target.remove([name for name in target.feeds() if name not in known])
    target.commit(goal)
    return Published(len(feeds), files)


def _write(
    target: Folder, feeds: Sequence[Feed], show: Presentation, now: datetime, progress: Progress | None
) -> int:
    """How many files were written."""
    written = 0
    if feeds:
        target.begin()
    for done, (feed, value) in enumerate(documents.documents(feeds, show), 1):
        for kind in FORMATS.values():
            written += target.write(f"{feed.path}.{kind.suffix}", rendered(value, kind), now)
        if progress:
            progress(done, len(feeds))
    return written


def rendered(feed: FeedValue, kind: Format) -> bytes:
    """The document; should one entry defy the format, without it, and told of."""
    try:
        return kind.render(feed)
    except Exception:
        log.exception("%s cannot be written as %s; looking for the entry at fault", feed.address, kind.suffix)
        return kind.render(replace(feed, entries=tuple(e for e in feed.entries if _harmless(feed, e, kind))))


def _harmless(feed: FeedValue, entry: EntryValue, kind: Format) -> bool:
    try:
        kind.render(replace(feed, entries=(entry,)))
    except Exception as error:
        log.error("%s is left out of %s.%s: %s", entry.id, feed.address, kind.suffix, error)
        return False
    return True


def _goal(show: Presentation) -> Position:
    seq = membership.reached()
    return Position(seq, _mark(seq), show.digest)


def _mark(seq: int) -> str:
    instant = Change.objects.filter(seq=seq).values_list("noticed_at", flat=True).first()
    return instant.isoformat() if instant else ""


def _ours(position: Position, last: int) -> bool:
    """Whether the position was reached with this database, and not with one that was put in another's place."""
    mark = _mark(position.seq)
    return position.seq <= last and (not mark or mark == position.mark)


def _touched(after: int, upto: int) -> frozenset[str] | None:
    """The paths of the feeds that changes after `after` touch; None for all."""
    changes = Change.objects.filter(seq__gt=after, seq__lte=upto)
    subjects = list(changes.values_list("kind", "subject_id").distinct()[:MANY])
    if len(subjects) == MANY:
        return None
    releases = [subject for kind, subject in subjects if kind == "release"]
    rows = Membership.objects.filter(Q(left_at=None) | Q(seq__gt=after), release_id__in=releases)
    paths = _paths(rows) if releases else set()
    for kind, subject in subjects:
        if kind != "release":
            held = _paths_of_term(kind, subject)
            if held is None:
                return None
            paths |= held
    return frozenset(paths)


def _paths_of_term(kind: str, subject: int) -> set[str] | None:
    """A term's own feed and all that name it in a category; None if it is gone, and its feed with it."""
    models: dict[str, tuple[type[Office | Topic | ReleaseType], str]] = {
        "office": (Office, "offices"),
        "topic": (Topic, "topics"),
        "type": (ReleaseType, "type"),
    }
    model, relation = models[kind]
    term = model._default_manager.filter(pk=subject).first()
    if term is None:
        return None
    own: Iterable[str] = [] if kind == "type" else [catalogue.term_path(kind, term.slug)]
    releases = Release.objects.filter(**{relation: subject}).values("pk")
    return {*own, *_paths(Membership.objects.filter(left_at=None, release_id__in=releases))}


def _paths(rows: QuerySet[Membership]) -> set[str]:
    return set(rows.values_list("feed", flat=True).distinct())

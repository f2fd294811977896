"""Changed releases -> touched feeds -> files.

    folder's cursor -> changes since -> feeds and pages they touch -> documents -> sheets -> files that differ -> cursor

Each folder keeps its own cursor, so each host may have a folder of its own. Only changes that `membership` is done with
are published. A folder that is new, was left in mid-batch, belongs to another database or shows the newsroom as it no
longer is, is built anew; files that come out the same are left alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from django.db.models import Q

from feeds import canary, catalogue, documents, membership, prints, reach
from feeds.catalogue import Catalogue, Feed
from feeds.documents import Document
from feeds.entries import Presentation
from feeds.folder import Folder, Position
from feeds.formats import FORMATS
from feeds.library import Library
from feeds.models import ArchivePage, Change
from feeds.press import Press
from feeds.prints import Prints
from feeds.workshop import Workshop

WRITERS = 2
MANY = 1_000  # changed releases and terms: then hardly a feed is untouched
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Published:
    """How many feeds were looked at, and how many files differed and were written."""

    feeds: int = 0
    files: int = 0


def publish(folder: Path, now: datetime, workshop: Workshop | None = None) -> Published:
    """Bring the feeds in `folder` up to date. Does next to nothing if they are. Whoever does it again and again gives
    the same `workshop`.
    """
    workshop = workshop or Workshop()
    target = Folder(folder, workshop.documents)
    with target.held():
        show = documents.presentation()
        position, goal = target.position(), goal_of(show)
        if position == goal:
            return Published()
        if position is None or position.presentation != show.digest or not ours(position, goal.seq):
            return _everything(target, show, goal, now, None)
        paths = reach.feeds(position.seq, goal.seq, MANY)
        if paths is None:
            return _everything(target, show, goal, now, None)
        return _some(target, show, workshop.tools(show), paths, position, goal, now)


def rebuild(folder: Path, now: datetime, progress: Progress | None = None) -> Published:
    """Make every feed anew and remove those of terms that are gone. `progress` is told (documents done, of how many)
    after each."""
    target = Folder(folder)
    with target.held():
        show = documents.presentation()
        return _everything(target, show, goal_of(show), now, progress)


def _some(
    target: Folder,
    show: Presentation,
    tools: tuple[Library, Press],
    paths: Collection[str],
    position: Position,
    goal: Position,
    now: datetime,
) -> Published:
    library, press = tools
    begun = _begun(target, library.catalogue)
    wanted = [path for path in sorted(begun.union(paths)) if library.catalogue.lists(path)]
    feeds = [feed for feed in map(library.catalogue.find, wanted) if feed]
    feeds += [canary.FEED] if canary.PATH in paths else []
    touched = Q(seq__gt=position.seq, seq__lte=goal.seq) | Q(feed__in=begun)
    pages = [page for page in ArchivePage.objects.filter(touched) if library.catalogue.lists(page.feed)]
    if feeds or pages:
        target.begin()
    standing = _standing(target, position, goal)
    made = chain(
        documents.current(feeds, show, library, standing), documents.pages(pages, show, library, standing)
    )
    files = sum(write(target, made, press, now))
    for page in pages:
        target.remove(_earlier(page))
    target.redirect(catalogue.moved())
    target.commit(goal)
    return Published(len(feeds), files)


def _standing(target: Folder, position: Position, goal: Position) -> Prints:
    """What stands in the folder is as it would be made now, unless something but releases has changed."""
    changes = Change.objects.filter(seq__gt=position.seq, seq__lte=goal.seq)
    return prints.nowhere if changes.exclude(kind="release").exists() else prints.of(target)


def _begun(target: Folder, catalogue: Catalogue) -> set[str]:
    """With a second language the feed of the first one begins, too, with all its pages."""
    return {path for path in catalogue.languages if not target.has(path)}


def _everything(
    target: Folder, show: Presentation, goal: Position, now: datetime, progress: Progress | None
) -> Published:
    target.begin()
    target.sweep()
    library, press = anew(show)
    feeds = together([*library.catalogue, *canary.feeds()])
    pages = ArchivePage.objects.filter(feed__in=[feed.path for feed in feeds]).order_by("feed", "number")
    known = {feed.path for feed in feeds} | {page.path for page in pages}
    made = chain(
        documents.current(feeds, show, library, press.prints),
        documents.pages(pages.iterator(), show, library, press.prints),
    )
    files = 0
    for done, written in enumerate(write(target, made, press, now), 1):
        files += written
        if progress:
            progress(done, len(known))
    target.redirect(catalogue.moved())
    target.remove([name for name in target.feeds() if name.rpartition(".")[0] not in known])
    target.commit(goal)
    return Published(len(feeds), files)


def anew(show: Presentation) -> tuple[Library, Press]:
    """What makes all documents: nothing is read or rendered twice, and nothing is kept that is not wanted again."""
    return Library(show, kept=0), Press(uses=documents.uses())


def together(feeds: Iterable[Feed]) -> list[Feed]:
    """Those near each other that carry the same releases: an office, and with each topic. Fewer have to be kept."""
    return sorted(feeds, key=lambda feed: (feed.kind in {"office", "crossed"}, feed.path.split("/")))


def write(target: Folder, made: Iterable[Document], press: Press, now: datetime) -> Iterator[int]:
    """How many files of each document differed and were written. Packing and writing take turns with rendering, on
    another core: most of it needs no interpreter.
    """
    with ThreadPoolExecutor(WRITERS) as writers:
        waiting: deque[list[Future[bool]]] = deque()
        for document in made:
            sheets = press.sheets(document)
            waiting.append(
                [
                    writers.submit(target.write, f"{document.path}.{suffix}", sheet, now)
                    for suffix, sheet in sheets.items()
                ]
            )
            if len(waiting) > WRITERS:
                yield sum(future.result() for future in waiting.popleft())
        for futures in waiting:
            yield sum(future.result() for future in futures)


def _earlier(page: ArchivePage) -> list[str]:
    """The files of the page under the addresses it had before."""
    former = [page.path_of(number) for number in range(1, page.revision)]
    return [f"{path}.{suffix}" for path in former for suffix in FORMATS]


def goal_of(show: Presentation) -> Position:
    seq = membership.reached()
    return Position(seq, _mark(seq), show.digest)


def _mark(seq: int) -> str:
    instant = Change.objects.filter(seq=seq).values_list("noticed_at", flat=True).first()
    return instant.isoformat() if instant else ""


def ours(position: Position, last: int) -> bool:
    """Whether the position was reached with this database, and not with one that was put in another's place."""
    mark = _mark(position.seq)
    return position.seq <= last and (not mark or mark == position.mark)

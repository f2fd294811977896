"""`herald import`: of a file, a folder or standard input, in order of date, in little memory; of a source, a fetch."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from notifier.cli.base import progress, say
from notifier.cli.faults import Fault

if TYPE_CHECKING:
    from feeds.models import Source
    from feeds.shelf import Shelf

INTERRUPTED = 130  # as a shell has it for a process that SIGINT ended


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done. `faults` are lines; `pending` labels nothing is called yet, as (kind, label); `silence` says why
    the new ones are not announced; `held` why all of it waits for an admin, a sentence each."""

    new: int
    changed: int
    same: int
    faults: tuple[str, ...] = ()
    pending: tuple[tuple[str, str], ...] = ()
    silence: str = ""
    held: tuple[str, ...] = ()


def source_called(what: str) -> Source | None:
    """The source with this slug. A file of that name is meant by ./NAME."""
    from feeds.models import Source

    return Source.objects.filter(slug=what).first()


def fetch(source: Source) -> Outcome:
    """Fetch a source now, whether it is due or not. Raises Fault where nothing comes of it."""
    from config import clock
    from feeds import harvest

    with _to_be_interrupted() as tell, progress("Releases") as bar:

        def told(done: int, total: int) -> None:
            tell(done)
            bar(done, total)

        result = harvest.fetch_now(source, clock.now(), progress=told)
    if result.error:
        raise Fault(f"{source.slug}: {result.error}")
    return Outcome(
        result.new, result.changed, result.same, result.faults, result.pending, result.silence, result.held
    )


def take(what: str, source: Source, *, announce: bool) -> Outcome:
    """Store what a file, a folder or "-" holds as `source`'s."""
    from config import clock
    from feeds import intake

    with _to_be_interrupted() as tell, _opened(what) as file:
        shelf = _shelf(what, file, source)
        with progress("Releases") as bar:

            def told(done: int) -> None:
                tell(done)
                bar(done, len(shelf))

            told(0)
            report = intake.take_in(
                shelf,
                source,
                clock.now(),
                complete=shelf.complete,
                announce=announce,
                in_order=True,
                progress=told,
            )
    faults = tuple(str(fault) for fault in (*shelf.faults, *report.faults))
    return Outcome(len(report.new), len(report.changed), report.same, faults, report.pending, report.silence)


@contextmanager
def _to_be_interrupted() -> Iterator[Callable[[int], None]]:
    """Work that tells how many releases it has done. Interrupted, it says so, and ends the command."""
    stored = 0

    def tell(done: int) -> None:
        nonlocal stored
        stored = done

    try:
        yield tell
    except KeyboardInterrupt:
        say(f"interrupted: {stored:,} releases are stored; the same command goes on where it stopped")
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def _opened(what: str) -> Iterator[BinaryIO | None]:
    """The file to read; None for a folder. What comes from standard input is kept in a file: it is read twice."""
    if what == "-":
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            yield copy
    elif Path(what).is_dir():
        yield None
    else:
        with Path(what).open("rb") as file:
            yield file


def _shelf(what: str, file: BinaryIO | None, source: Source) -> Shelf:
    """All there is, put in order, with a progress bar in per cent."""
    from feeds import shelf
    from feeds.sources.files import manner_of
    from feeds.sources.way import Unusable
    from feeds.web.answer import FetchError

    with progress("Reading") as bar:

        def tell(done: int, total: int) -> None:
            bar(done * 100 // max(total, 1), 100)

        if file is not None:
            return shelf.of_file(file, "standard input" if what == "-" else what, manner_of(source), tell)
        try:
            return shelf.of_folder(Path(what), manner_of(source), tell)
        except (Unusable, FetchError) as error:
            raise Fault(str(error)) from None

"""A row as what it asks for, or why it cannot be taken. Pure, once the vocabularies are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from config import exports
from feeds.labels import Vocabulary
from notifier import addresses
from notifier.imports import reading
from notifier.wishes import is_zone

_STAYED = frozenset(
    {"", "enabled", "subscribed", "active", "confirmed", "enabled confirmed", "1", "true", "yes"}
)
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%m/%d/%Y %H:%M", "%d.%m.%Y")


@dataclass(frozen=True, slots=True)
class Usual:
    """What people get where their row says nothing else. `languages`: those there are; `slugs`: of terms, by id.
    `utf8`: the relays take other than ASCII before the @."""

    language: str
    zone: str
    languages: Sequence[str]
    vocabulary: Mapping[str, Vocabulary] = field(default_factory=dict)
    slugs: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who is to be brought in. `agreed`: when they did there, aware, UTC; `unknown`: labels of
    nothing.
    """

    line: int
    address: str
    language: str
    zone: str
    topics: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    agreed: datetime | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not taken: `line` of the file, `kind` to be counted by, `why` for a person. No address."""

    line: int
    kind: str
    why: str


def entry(line: int, cells: Sequence[str], columns: Mapping[str, int], usual: Usual) -> Entry | Refusal:
    def cell(name: str) -> str:
        at = columns.get(name, len(cells))
        return cells[at].strip() if at < len(cells) else ""

    if cell("status").casefold() not in _STAYED:
        return Refusal(
            line, "left there", f"has left there, or was never confirmed ({cell('status')[:40]!r})"
        )
    try:
        address = addresses.normalise(reading.bare(exports.meant(cell("address"))))
    except addresses.BadAddress as error:
        return Refusal(
            line, "no address", addresses.left_out(str(error)) if cell("address") else "holds no address"
        )
    if not (usual.utf8 or address.isascii() or address.partition("@")[0].isascii()):
        return Refusal(
            line, "no address", "has other letters than a to z before the @, which the relays do not take"
        )
    language = cell("language")[:2].casefold()
    zone = cell("zone")
    topics, strange = _terms("topic", cell("topics"), usual)
    offices, others = _terms("office", cell("offices"), usual)
    return Entry(
        line,
        address,
        language if language in usual.languages else usual.language,
        zone if is_zone(zone) else usual.zone,
        topics,
        offices,
        instant(cell("agreed")),
        (*strange, *others),
    )


def instant(text: str) -> datetime | None:
    """When somebody agreed, as systems write it; without an offset UTC. None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    for form in _TIMES if found is None and text else ():
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - it gets its offset below
            break
        except ValueError:
            continue
    if found is None:
        return None
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:  # in the year 1, or 9999
        return None


def _terms(kind: str, text: str, usual: Usual) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(slugs, labels that are unknown). Parts stand between commas, semicolons or bars."""
    if not text or kind not in usual.vocabulary:
        return (), ()
    plain = text.replace('"', "").replace(";", ", ").replace("|", ", ")
    found = usual.vocabulary[kind].resolve([", ".join(part.strip() for part in plain.split(","))])
    return tuple(usual.slugs[kind][pk] for pk in found.ids if pk in usual.slugs[kind]), found.unknown

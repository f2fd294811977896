"""The document of a selection that nobody has saved: made when it is asked for, and without an archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, product

from feeds import documents, selecting, store
from feeds.catalogue import ALL, Catalogue, Feed, term_path
from feeds.documents import Document
from feeds.entries import Presentation
from feeds.library import Library
from feeds.models import Membership, Release, Standing
from feeds.selection import EVERYTHING, UNTAGGED, Facts, Rule, Selection

ENTRIES = 50
MOST_LOOKED_AT = (
    10_000  # of the newest releases: words that nobody uses are not sought in twenty years of them
)
AT_ONCE = 200
_MOST_FEEDS = 100


def feed_of(selection: Selection, catalogue: Catalogue) -> Feed:
    """The feed that a selection is. Its path is made of its digest: equal selections are one feed."""
    path = f"selection/{selection.digest[:32]}"
    if selection == EVERYTHING and (whole := catalogue.find(ALL)):
        return replace(whole, path=path, kind="selection")
    title = selecting.describe(selection, catalogue.names)
    return Feed(path, title, title, "selection", selection)


def document(selection: Selection, show: Presentation, library: Library) -> Document:
    """The newest 50 releases that match, in the order in which they were taken in."""
    words = selecting.write(selection)
    feed = feed_of(selection, library.catalogue)
    base = _base(selection)
    rows = newest(selection, ENTRIES)
    read = library.entries(rows)
    entries = documents.carried(rows, read)
    since = documents.last_touch(rows, {key: entry.updated for key, entry in read.items()})
    departed = documents.left(dict.fromkeys(base, since))
    gone = [
        row
        for path in base
        for row in departed[path].gone
        if selection.matches(_facts([row])[row.release_id])
    ]
    moved = [row for path in base for row in departed[path].moved]
    updated = max([since, *(row.left_at for row in (*gone, *moved) if row.left_at)])
    value = documents.value(
        feed,
        show,
        documents.SELECTION,
        updated,
        gone=documents.tombstones(gone, updated),
        query=f"?{words}" if words else "",
    )
    seqs = [one.seq for one in entries]
    return Document(
        feed.path,
        value,
        entries,
        seq=max([0, *seqs, *(row.seq for row in (*gone, *moved))]),
        gone=max((row.seq for row in gone), default=0),
        floor=max([min(seqs) if len(rows) == ENTRIES else 0, *(row.seq for row in moved)]),
    )


def releases(selection: Selection, count: int = 20, most: int = MOST_LOOKED_AT) -> list[Release]:
    """The newest that match, as pages show them; of the newest `most` that may match at all."""
    ids = [row.release_id for row in newest(selection, count, most)]
    found = store.load(ids)
    return [found[pk] for pk in ids if pk in found]


def newest(selection: Selection, count: int, most: int = MOST_LOOKED_AT) -> list[Membership]:
    """The newest that match, each as it is now, in the order in which they were taken in."""
    return list(islice(_matching(selection, _base(selection), most), count))


def _base(selection: Selection) -> list[str]:
    """Feeds that together hold all that the selection can match; as narrow as there are."""
    feeds = list(dict.fromkeys(feed for rule in selection.rules for feed in _base_of(rule)))
    return [ALL] if ALL in feeds else feeds


def _base_of(rule: Rule) -> list[str]:
    if {rule.offices, rule.topics} == {(UNTAGGED,)}:
        return [UNTAGGED]
    offices = [] if UNTAGGED in rule.offices else list(rule.offices)
    topics = [] if UNTAGGED in rule.topics else list(rule.topics)
    if offices and topics and len(offices) * len(topics) <= _MOST_FEEDS:
        return [f"offices/{office}/topics/{topic}" for office, topic in product(offices, topics)]
    for kind, slugs in (("office", offices), ("topic", topics), ("type", rule.types)):
        if slugs and UNTAGGED not in slugs:
            return [term_path(kind, slug) for slug in slugs]
    return [ALL]


def _matching(selection: Selection, base: list[str], most: int = MOST_LOOKED_AT) -> Iterator[Membership]:
    """The newest first, each release once, as it is now."""
    everything = Membership.objects.filter(feed=ALL, left_at=None).order_by("-position")
    if base != [ALL]:
        within = Membership.objects.filter(feed__in=base, left_at=None).values("release_id")
        everything = everything.filter(release_id__in=within)
    seen: set[int] = set()
    rest = everything
    for _ in range(0, most, AT_ONCE):
        some = list(rest[:AT_ONCE])
        facts = _facts(some)
        for row in some:
            if (
                row.release_id not in seen
                and row.release_id in facts
                and selection.matches(facts[row.release_id])
            ):
                seen.add(row.release_id)
                yield row
        if len(some) < AT_ONCE:
            return
        rest = everything.filter(position__lt=some[-1].position)


def _facts(rows: Iterable[Membership]) -> dict[int, Facts]:
    """Labels and words of releases by id. The rows are turned to show them as they are now."""
    rows = list(rows)
    ids = [row.release_id for row in rows]
    standings = Standing.objects.in_bulk(ids)
    words = {
        pk: store.text_of(title, summary)
        for pk, title, summary in Release.objects.filter(pk__in=ids).values_list("pk", "title", "summary")
    }
    for row in rows:
        if row.page is not None and row.release_id in standings:
            row.page, row.seq = None, standings[row.release_id].seq
    return {pk: Facts.from_json(one.facts, text=words.get(pk, "")) for pk, one in standings.items()}

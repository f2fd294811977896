"""The canary: a release of Herald's own, by which it proves to itself that releases come through to readers.

    write -> the store -> notice -> membership -> publisher -> /feeds/canary.atom -> carries

It goes the way of all releases, by the same code. That it is seen by nobody rests on its state: readers see what is
published, and the managers of `Release` and `Standing` leave canaries out wherever anybody lists or counts. Its feed is
in no catalogue, has no page and no archive, and no hub is told of it. There is one canary in the store at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from feeds.catalogue import Feed
from feeds.models import CANARY, Change, Membership, Release, ReleaseVersion, Standing
from feeds.selection import Selection

PATH = CANARY
FEED = Feed(PATH, "Canary", "Herald proves by it that releases come through.", CANARY, Selection(()))


def feeds() -> list[Feed]:
    """The canary's feed, if there is anything in it."""
    return [FEED] if Membership.objects.filter(feed=PATH).exists() else []


def write(name: str, address: str, now: datetime) -> int:
    """Put a canary into the store, as any writer puts a release there, in place of the one before; returns its id.
    `address` is where its links lead. Within `notice.locked()`, so that nobody notices half of it.
    """
    clear()
    text = "Herald wrote this to see whether releases come through. It is not a release of the newsroom."
    release = Release.every.create(
        title=title(name), published_on=now.date(), summary=text, url=address, language="en", state=CANARY
    )
    return release.pk


def clear() -> bool:
    """Take every canary out of the store, with all that was made of it but its changes. Within `notice.locked()`. False
    if there was none.
    """
    ids = list(Release.every.filter(state=CANARY).values_list("pk", flat=True))
    ids += Standing.every.filter(silence=CANARY).values_list("pk", flat=True)
    Membership.objects.filter(feed=PATH).delete()
    ReleaseVersion.objects.filter(release_id__in=ids).delete()
    Standing.every.filter(pk__in=ids).delete()
    Release.every.filter(pk__in=ids, state=CANARY).delete()
    return bool(ids)


def forget(ids: Collection[int]) -> None:
    """Delete the changes of canaries that are gone, once they have their numbers."""
    Change.objects.filter(kind="release", subject_id__in=ids, seq__isnull=False).delete()


def noticed(release_id: int) -> bool:
    """Whether it was taken notice of."""
    return Standing.every.filter(pk=release_id).exists()


def load(ids: Iterable[int]) -> dict[int, Release]:
    """Canaries that were noticed, as `store.load` gives releases."""
    found = Release.every.filter(pk__in=list(ids), state=CANARY, standing__isnull=False)
    rows = found.select_related("standing", "type", "source").prefetch_related("offices", "topics")
    return {release.pk: release for release in rows}


def title(name: str) -> str:
    return f"Canary {name}"


def carries(document: bytes, name: str) -> bool:
    """Whether a document of its feed shows the canary `name`."""
    return title(name).encode() in document

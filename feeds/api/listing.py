"""A page of what a source has brought, what it brought last first; and the way to the next one.

The cursor is the last row's number, which never changes and is given once. So what is added or edited while somebody
pages moves nothing: each release that was there at the beginning is seen exactly once.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from config.places import here
from feeds import store
from feeds.api import representation
from feeds.api.problems import invalid
from feeds.api.schemas import Listing, Page
from feeds.models import ReleaseKey, Source

LARGEST = 2**63 - 1  # of a row's number on both databases


def page(source: Source, wish: Listing) -> Page:
    """Raises problems.Refusal for a cursor that is none."""
    chosen = _chosen(representation.keys(source), wish).order_by("-pk")
    rows = store.readable(chosen, wish.limit + 1)
    shown, more = rows[: wish.limit], len(rows) > wish.limit
    return Page(releases=representation.show(shown, source), next=_next(wish, shown[-1].pk) if more else None)


def _chosen(keys: QuerySet[ReleaseKey], wish: Listing) -> QuerySet[ReleaseKey]:
    if wish.cursor:
        keys = keys.filter(pk__lt=_position(wish.cursor))
    if wish.state:
        keys = keys.filter(release__state=wish.state)
    if wish.changed_since:
        keys = keys.filter(Q(changed_at__gte=wish.changed_since))
    return keys


def _next(wish: Listing, last: int) -> str:
    """The address of the page after the row `last`."""
    cursor = base64.urlsafe_b64encode(str(last).encode()).decode().rstrip("=")
    chosen = wish.model_dump(mode="json", exclude_defaults=True, exclude={"cursor"})
    return here(f"{representation.ROOT}?{urlencode({**chosen, 'cursor': cursor})}")


def _position(cursor: str) -> int:
    try:
        position = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        position = 0
    if not 0 < position <= LARGEST:
        raise invalid({"parameter": "cursor", "detail": "no cursor of ours; take it from `next` of a page"})
    return position

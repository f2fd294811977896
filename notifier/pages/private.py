"""`/feeds/private/<token>.atom`, `.rss`, `.json`: what a person has chosen for their mail, as a feed for them alone."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config import clock
from feeds.formats import FORMATS
from feeds.pages import selection
from feeds.pages.parts import plain
from feeds.selection import union
from notifier import subscriptions, tokens
from notifier.models import Subscriber
from notifier.pages import links
from notifier.tokens import BadToken, Purpose


@require_safe
def feed(request: HttpRequest, token: str, suffix: str) -> HttpResponse:
    """200 or 304 as of any feed. 410 for an address in whose place the person has asked for another; 404 for what is
    none, and as long as nothing is chosen."""
    now = clock.now()
    if suffix not in FORMATS:
        raise Http404
    try:
        claim = tokens.read(Purpose.PRIVATE, token, now.date())
        subscriber = links.holder(claim)
    except BadToken as fault:
        return links.private(plain(410 if fault.expired else 404, "There is no feed at this address.\n"))
    if claim.reference != subscriber.feed_number:
        return links.private(plain(410, "This feed has another address now.\n"))
    wanted = subscriptions.wishes_of(subscriber)
    if not wanted or subscriber.state != Subscriber.State.ACTIVE:
        return links.private(plain(404, "Nothing is chosen for this feed.\n"))
    chosen = union(wish.selection for wish in wanted)
    return selection.somebodys_own(request, chosen, f"private/{token}", suffix, now)


def path_of(subscriber: Subscriber) -> str:
    """The path below /feeds/ of the person's feed, without a suffix; "" as long as they have asked for none."""
    if subscriber.feed_since is None:
        return ""
    number, since = subscriber.feed_number, subscriber.feed_since
    return f"private/{tokens.make(Purpose.PRIVATE, subscriber.pk, number, since)}"


def renew(subscriber: Subscriber, now: datetime) -> None:
    """An address for the person's feed; the one before ends."""
    with transaction.atomic():
        row = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        row.feed_number, row.feed_since = row.feed_number + 1, now.date()
        row.save(update_fields=["feed_number", "feed_since"])

"""Who asks for the pages, and what came of it."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import connection
from django.urls import URLPattern

from config import clock
from feeds import urls as feeds_urls
from feeds.models import Standing
from feeds.selection import of
from notifier import addresses, asks, moves, offers, post, subscriptions, tokens
from notifier import urls as notifier_urls
from notifier.letters import web_address
from notifier.models import Dispatch, Edition, Subscriber
from notifier.pages import holdings, private
from notifier.pages import letters as post_letters
from notifier.subscriptions import Wish
from notifier.tokens import Purpose
from tests.feeds.stories import NOW
from tests.wellformed import words

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ANNA = "anna@example.org"
STATES = ("pending", "active", "paused", "left")
FORM = {
    "email": ANNA, "frequency": "daily", "minute": "420", "zone": "Europe/Vienna", "language": "en", "topic": "borders",
}  # fmt: skip


def deal() -> None:
    """What the scheduler does a moment after somebody has asked."""
    asks.deal(clock.now())


def anna() -> Subscriber:
    deal()
    return Subscriber.objects.get(address=addresses.encrypt(ANNA))


def person(*wishes: Wish, address: str = ANNA, confirmed: bool = True, language: str = "en") -> Subscriber:
    wishes = wishes or (Wish(of(topics=["borders"]), "daily", 420),)
    found = subscriptions.ask(
        address, wishes, language=language, zone="Europe/Vienna", origin="page", now=NOW
    )
    return subscriptions.confirm(found, NOW) if confirmed else found


def key(number: int) -> str:
    """How forms name the subscription that stands at this place on Anna's page."""
    return holdings.held_by(anna())[number - 1].key


def letters() -> list[str]:
    deal()
    return list(Edition.objects.order_by("pk").values_list("layout", flat=True))


def titles(tree: object) -> list[str]:
    return [words(h) for h in tree.xpath("//article//h3")]  # type: ignore[attr-defined]


def everything() -> dict[str, str]:
    """Every row of every table, in short."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = sorted(repr(row) for row in cursor.fetchall())
            found[table] = f"{len(rows)} {hashlib.sha256(repr(rows).encode()).hexdigest()}"
        return found


def an_edition() -> Edition:
    """One of all releases, as it is after it was sent."""
    found = Edition.objects.filter(layout="digest").first()
    if found is None:
        dispatch = Dispatch.objects.create(lane=Dispatch.Lane.DIGEST, made_at=NOW, state=Dispatch.State.READY)
        content = [{"release": pk, "because": []} for pk in Standing.objects.values_list("pk", flat=True)]
        found = Edition.objects.create(
            dispatch=dispatch, layout="digest", language="en", digest="x", content=content
        )
    return found


def an_offer(subscriber: Subscriber, wish: Wish | None = None) -> Dispatch:
    """The letter that offers to add something."""
    wish = wish or Wish(of(topics=["policing"]), "weekly", 480)
    return post.letter(subscriber, offers.LAYOUT, post_letters.offer(subscriber, wish), NOW)


def a_move(subscriber: Subscriber) -> Dispatch:
    """The letter to the old address of somebody who asked for another."""
    to = subscriptions.known("new@example.org", language="en", zone="UTC", now=NOW)
    asked = moves.begin(subscriber, to, NOW)
    return post.letter(subscriber, moves.HERE, {"move": asked.pk, "other": "n…@example.org"}, NOW)


def addresses_of_pages(subscriber: Subscriber) -> list[str]:
    """Every address in the URL table, with what it needs filled in."""
    routes = [
        p.pattern for p in feeds_urls.urlpatterns + notifier_urls.urlpatterns if isinstance(p, URLPattern)
    ]
    made = {p.word: tokens.make(p, subscriber.pk, 0, NOW.date()) for p in Purpose}
    made["editions"] = web_address(an_edition().pk, NOW.date()).rpartition("/")[2]
    made["add"] = tokens.make(Purpose.ADD, subscriber.pk, an_offer(subscriber).pk, NOW.date())
    made["move"] = tokens.make(Purpose.MOVE, subscriber.pk, a_move(subscriber).pk, NOW.date())
    private.renew(subscriber, NOW)
    subscriber.refresh_from_db()
    made["feeds/private"] = private.path_of(subscriber).rpartition("/")[2]
    found = []
    for route in map(str, routes):
        slug = "vienna" if "offices" in route else "borders"
        key = Standing.objects.order_by("pk").first().key  # type: ignore[union-attr]
        path = route.replace("<slug:slug>", slug).replace("<str:key>", key)
        path = path.replace("<str:suffix>", "atom").replace("<path:path>", "topics/borders")
        path = path.replace("<slug:provider>", "ses").replace("<slug:tag>/<str:name>", "0/herald.css")
        before = route.partition("/<str:token>")[0]
        found.append("/" + path.replace("<str:token>", made.get(before, made.get(route.split("/")[0], ""))))
    assert not [path for path in found if "<" in path]
    return found

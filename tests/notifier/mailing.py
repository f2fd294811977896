"""Making what mail needs: a newsroom, releases as readers see them, subscribers, dispatches with their deliveries."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db.models import Count

from feeds.models import (
    Newsroom,
    Office,
    Release,
    Standing,
    Topic,
)
from notifier import addresses, daytimes
from notifier.models import (
    Chain,
    Channel,
    Delivery,
    Dispatch,
    Edition,
    EditionRelease,
    Interest,
    Subscriber,
)
from tests.databases import empty

MORNING = datetime(2025, 2, 17, 6, 0, tzinfo=UTC)


@pytest.fixture
def transactional_db(django_db_setup, django_db_blocker):
    """A database that other threads and processes see, with a newsroom; left as it was found.

    In place of pytest-django's own, which has no newsroom.
    """
    with django_db_blocker.unblock():
        a_newsroom()
        try:
            yield
        finally:
            empty()


def a_newsroom(**kwargs):
    values = {
        "name": "OSCE newsroom", "publisher": "OSCE", "sender_name": "OSCE newsroom",
        "sender_address": "news@example.org", "list_domain": "example.org", "zone": "Europe/Vienna",
    }  # fmt: skip
    values |= kwargs
    if not Newsroom.objects.filter(pk=1).update(**values):
        Newsroom.objects.bulk_create([Newsroom(pk=1, **values)])
    Channel.objects.get_or_create(pk=1)


def a_topic(slug, name=None):
    found = Topic.objects.filter(slug=slug).first()
    return (
        found
        or Topic.objects.bulk_create([Topic(slug=slug, name=name or slug.replace("-", " ").capitalize())])[0]
    )


def an_office(slug, name):
    return Office.objects.bulk_create([Office(slug=slug, name=name)])[0]


def a_release(title="A release", topics=(), *, shown=True, **kwargs):
    kwargs.setdefault("published_on", date(2025, 2, 17))
    release = Release.objects.create(title=title, **kwargs)
    release.topics.set([a_topic(slug) for slug in topics])
    key = f"key{release.pk}"
    Standing.objects.create(
        release=release, key=key, guid=f"tag:x,2025:{key}", fingerprint="", shown=shown, first_seen_at=MORNING,
        updated_at=MORNING, seq=release.pk, group=release.pk,
    )  # fmt: skip
    return release


def hide(release):
    """As `notice` does when it is withdrawn."""
    Release.objects.filter(pk=release.pk).update(state=Release.State.WITHDRAWN)
    Standing.objects.filter(pk=release.pk).update(shown=False, gone_at=MORNING)


def a_subscriber(address="ada@example.org", **kwargs):
    kwargs.setdefault("state", Subscriber.State.ACTIVE)
    return Subscriber.objects.create(
        address=addresses.encrypt(address), domain=addresses.domain_of(address), created_at=MORNING, **kwargs
    )


def subscribers(count):
    made = [
        Subscriber(
            address=addresses.encrypt(f"person{n}@example.org"), domain="example.org", created_at=MORNING,
            state=Subscriber.State.ACTIVE,
        )
        for n in range(count)
    ]  # fmt: skip
    Subscriber.objects.bulk_create(made)
    return list(Subscriber.objects.order_by("pk"))


def a_chain(frequency="daily", zone="Europe/Vienna", minute=420):
    return Chain.objects.get_or_create(
        frequency=frequency, zone=zone, times=daytimes.spell(minute), defaults={"served_until": MORNING}
    )[0]


def an_interest():
    return Interest.objects.get_or_create(
        digest="b" * 64, defaults={"selection": {"rules": [{"topics": ["border-management"]}]}}
    )[0]


def a_dispatch(people, releases, layout="digest", language="en", chain=None, **kwargs):
    """A dispatch with one edition, as the planner leaves it."""
    values = {"lane": Dispatch.Lane.DIGEST, "made_at": MORNING, "state": Dispatch.State.READY, **kwargs}
    dispatch = Dispatch.objects.create(chain=chain or a_chain(), **values)
    add_edition(dispatch, people, releases, layout, language)
    return dispatch


def add_edition(dispatch, people, releases, layout="digest", language="en"):
    content = [{"release": r.pk, "because": [["topic", "border-management"]]} for r in releases]
    edition = Edition.objects.create(
        dispatch=dispatch, layout=layout, language=language, content=content,
        digest=f"{layout}{language}{[r.pk for r in releases]}"[:64],
    )  # fmt: skip
    EditionRelease.objects.bulk_create(
        EditionRelease(edition=edition, release_id=r.pk, group=r.pk) for r in releases
    )
    interest = an_interest()
    Delivery.objects.bulk_create(
        Delivery(
            dispatch_id=dispatch.pk, subscriber_id=p.pk, edition_id=edition.pk, lane=dispatch.lane,
            interest_id=interest.pk,
        )
        for p in people
    )  # fmt: skip
    return edition


def states():
    """How many deliveries are in each state, by its name."""
    counted = Delivery.objects.order_by().values_list("state").annotate(count=Count("state"))
    return {Delivery.State(state).name.lower(): count for state, count in counted}

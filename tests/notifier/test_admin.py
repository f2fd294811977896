from __future__ import annotations

import base64
import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config import revisions
from config.models import AuditEntry, Revision
from feeds.models import Release
from feeds.selection import NOTHING, of
from notifier import addresses
from notifier.interests import interest_for
from notifier.models import (
    Cadence,
    Chain,
    Channel,
    Delivery,
    Dispatch,
    Edition,
    Schedule,
    Subscriber,
    Subscription,
)
from tests.config.drafting_kit import Hasty
from tests.config.samples import NOW, shipped

pytestmark = pytest.mark.django_db

ADDRESS = "canary.journalist@example.org"


@pytest.fixture
def ada() -> Client:
    revisions.apply(shipped(), "start", "start", now=NOW)
    Channel.objects.get_or_create(pk=1)
    client = Hasty()
    client.force_login(User.objects.create_superuser("ada"))
    return client


@pytest.fixture
def cast(ada) -> Subscriber:
    """One subscriber, with all that follows from a digest."""
    subscriber = Subscriber.objects.create(
        address=addresses.encrypt(ADDRESS), domain="example.org", state="active", created_at=NOW
    )
    interest = interest_for(of(topics=["border-management"], offices=["osce-centre-in-ashgabat"]))
    Subscription.objects.create(subscriber=subscriber, frequency="daily", interest=interest, created_at=NOW)
    chain = Chain.objects.create(frequency="daily", zone="Europe/Vienna", times="07:00", served_until=NOW)
    Cadence.objects.create(
        subscriber=subscriber, frequency="daily", chain=chain, interest=interest, minus=interest_for(NOTHING),
        language="en", since=NOW, joined_at=NOW,
    )  # fmt: skip
    release = Release.objects.create(title="Canine <i>border</i> guards", published_on=NOW.date())
    dispatch = Dispatch.objects.create(
        chain=chain, lane=2, local_date=NOW.date(), starts_at=NOW, ends_at=NOW, made_at=NOW
    )
    content = [{"release": release.pk, "because": [["topic", "border-management"]]}]
    edition = Edition.objects.create(
        dispatch=dispatch, layout="digest", language="en", digest="d", content=content
    )
    letter = Dispatch.objects.create(lane=0, made_at=NOW)
    Edition.objects.create(
        dispatch=letter, layout="confirm", language="en", digest="c", content={"link": "canary-token"}
    )
    Delivery.objects.create(
        dispatch_id=dispatch.pk,
        subscriber_id=subscriber.pk,
        edition_id=edition.pk,
        lane=2,
        state=Delivery.State.SENT,
    )
    return subscriber


def change_url(instance) -> str:
    return reverse(f"admin:{instance._meta.app_label}_{instance._meta.model_name}_change", args=[instance.pk])


@pytest.mark.holds("S10")
def test_every_page_of_the_site_opens_and_tells_no_secret(ada, cast):
    secrets = (settings.SECRET_KEY, base64.b64encode(settings.ADDRESS_KEY).decode(), "canary-token")
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        urls = [reverse(f"admin:{name}_changelist")]
        urls += [
            reverse(f"admin:{name}_change", args=[row.pk])
            for row in model.objects.all()[: 2 if model is Edition else 1]
        ]
        for url in urls:
            answer = ada.get(url)
            assert answer.status_code == 200, url
            page = answer.content.decode()
            assert not [secret for secret in secrets if secret in page], url
            assert (ADDRESS in page) == (url == change_url(cast)), url
        assert ada.get(reverse(f"admin:{name}_add")).status_code in {200, 403}
    assert Delivery not in admin.site._registry


def test_a_subscriber_is_found_by_the_whole_address_posted(ada, cast):
    find = reverse("admin:notifier_subscriber_find")
    found = ada.post(find, {"address": "Canary.Journalist@EXAMPLE.org "})
    assert (found.status_code, found["Location"]) == (302, change_url(cast))
    for other in ("canary", "nobody@example.org", "a\r\nb@c.d", ""):
        answer = ada.post(find, {"address": other}, follow=True)
        assert "Nobody is subscribed with this address." in answer.content.decode()
    assert ada.get(find, {"address": ADDRESS})["Location"] == reverse("admin:notifier_subscriber_changelist")


def test_finding_needs_the_permission_and_a_csrf_token(cast):
    find = reverse("admin:notifier_subscriber_find")
    bob = Client()
    bob.force_login(User.objects.create_user("bob", is_staff=True))
    assert bob.post(find, {"address": ADDRESS}).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ada"))
    assert strict.post(find, {"address": ADDRESS}).status_code == 403


def test_a_subscriber_s_page_says_what_they_chose(ada, cast):
    page = ada.get(change_url(cast)).content.decode()
    assert "Border management, from OSCE Centre in Ashgabat" in page
    assert (
        "there is no such button"
        in ada.post(change_url(cast), {"state": "left"}, follow=True).content.decode()
    )
    assert Subscriber.objects.get(pk=cast.pk).state == "active"
    assert ada.post(change_url(cast.subscriptions.get()), {"frequency": "weekly"}).status_code == 403


def test_an_address_under_another_key_is_said_so(ada, cast, settings):
    settings.ADDRESS_KEY = bytes(reversed(range(64)))
    page = ada.get(change_url(cast)).content.decode()
    assert "cannot be read: this database was written under another ADDRESS_KEY" in page


def test_a_dispatch_counts_its_deliveries_and_an_edition_shows_its_releases(ada, cast):
    digest = Dispatch.objects.get(lane=2)
    assert "1 sent" in ada.get(change_url(digest)).content.decode()
    page = ada.get(change_url(digest.editions.get())).content.decode()
    assert "Canine &lt;i&gt;border&lt;/i&gt; guards (topic border-management)" in page


def test_mail_is_stopped_and_resumed_by_a_button(ada):
    channel = Channel.objects.get()
    page = ada.get(change_url(channel)).content.decode()
    assert "Stop all mail" in page
    assert "Resume mail" not in page
    ada.post(change_url(channel), {"notifier_channel_stop": "1"})
    channel.refresh_from_db()
    assert channel.stopped_at is not None
    assert channel.stopped_by == f"account:{User.objects.get().pk}"
    assert (AuditEntry.objects.first().action, AuditEntry.objects.first().subject) == ("stopped", "channel")
    assert "Resume mail" in ada.get(change_url(channel)).content.decode()
    ada.post(change_url(channel), {"notifier_channel_resume": "1"})
    channel.refresh_from_db()
    assert (channel.stopped_at, channel.stopped_by) == (None, "")
    assert AuditEntry.objects.first().action == "resumed"


@pytest.mark.holds("S1")
def test_looking_at_the_channel_stops_nothing(ada):
    ada.get(change_url(Channel.objects.get()), {"notifier_channel_stop": "1"})
    assert Channel.objects.get().stopped_at is None


@pytest.mark.parametrize(
    ("frequency", "fields"),
    [("instant", {"settling_seconds"}), ("several", {"times", "weekdays", "too_late_hours"}),
     ("daily", {"times", "weekdays", "too_late_hours"}), ("monthly", {"times", "monthday", "too_late_hours"})],
)  # fmt: skip
def test_a_schedule_has_the_fields_that_mean_something_for_it(ada, frequency, fields):
    row = Schedule.objects.get(frequency=frequency)
    page = ada.get(f"/admin/notifier/schedule/{row.pk}/change/").content.decode()
    named = set(re.findall(r'<(?:input|select)[^>]* name="(\w+)"', page))
    some = {"times", "weekdays", "monthday", "too_late_hours", "settling_seconds", "frequency"}
    assert named & some == fields
    assert {"offered", "hold_above"} <= named


def test_a_schedule_is_changed_in_words_people_use(ada):
    daily = Schedule.objects.get(frequency="daily")
    page = ada.get(change_url(daily)).content.decode()
    assert 'value="07:00"' in page
    form = {
        "offered": "on",
        "times": "8:30",
        "weekdays": ["1", "2", "3", "4", "5"],
        "monthday": "1",
        "too_late_hours": "6",
        "settling_seconds": "60",
        "hold_above": "0",
        "hold_above_hourly": "5000",
    }
    assert ada.post(change_url(daily), form).status_code == 302
    daily.refresh_from_db()
    assert (daily.times, daily.weekdays) == ("08:30", "12345")
    entry = Revision.objects.get(number=2).entries.get()
    assert (entry.subject, entry.after["times"]) == ("schedule daily", ["08:30"])
    assert entry.after["weekdays"] == ["monday", "tuesday", "wednesday", "thursday", "friday"]
    wrong = ada.post(change_url(daily), form | {"times": "25:00", "weekdays": []})
    assert set(wrong.context["adminform"].form.errors) == {"times", "weekdays"}
    several = ada.post(change_url(daily), form | {"times": "08:00, 13:00"})
    assert set(several.context["adminform"].form.errors) == {"times"}
    assert Revision.objects.count() == 2


def test_each_look_at_a_list_of_people_is_recorded(ada, cast):
    lists = {
        "subscriber": "subscribers", "subscription": "subscriptions", "suppression": "suppressions", "reply": "replies",
    }  # fmt: skip
    for name in lists:
        assert ada.get(reverse(f"admin:notifier_{name}_changelist")).status_code == 200
    assert ada.get(change_url(cast.subscriptions.get())).status_code == 200
    read = AuditEntry.objects.filter(action="read").order_by("pk").values_list("subject", flat=True)
    assert list(read) == [*(f"list of {words}" for words in lists.values()), f"subscriber {cast.pk}"]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("subscription", "subscriber__exact=1"), ("subscription", "subscriber__id__exact=1"),
        ("subscription", "interest__digest__startswith=a"), ("subscriber", "address__gt=a"),
        ("subscriber", "domain=example.org"), ("subscriber", "id__exact=1"), ("reply", "subscriber=1"),
        ("suppression", "address__startswith=a"), ("suppression", "pk=1"),
    ],
)  # fmt: skip
def test_a_list_of_people_is_narrowed_by_its_filters_alone(ada, cast, name, query):
    listed = reverse(f"admin:notifier_{name}_changelist")
    assert ada.get(f"{listed}?{query}").status_code == 400
    assert not AuditEntry.objects.filter(action="read").exists()


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("subscription", "frequency__exact=daily&ended_at__isempty=1"), ("subscriber", "state__exact=active"),
        ("suppression", "holds=yes&kind__exact=hard"), ("dispatch", "hold=waits&lane__exact=0"),
    ],
)  # fmt: skip
def test_what_a_filter_offers_is_taken(ada, cast, name, query):
    assert ada.get(f"{reverse(f'admin:notifier_{name}_changelist')}?{query}").status_code == 200

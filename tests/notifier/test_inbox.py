"""The admin site's home: what waits for a decision, and deciding it there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache

from config import clock, health, revisions, roles
from config.models import AuditEntry
from config.roles import Role
from feeds.harvest import packing
from feeds.models import (
    HeldFetch,
    Office,
    PendingLabel,
    PendingTerm,
    Release,
    SavedFeed,
    Source,
    SourceState,
    Standing,
    Suggestion,
)
from feeds.selection import Rule, Selection, of
from notifier import channel, inbox
from notifier.inbox.unmatched import Terms
from notifier.interests import interest_for
from notifier.models import Channel, Correction, Dispatch, Frequency, RelayState, Subscription
from tests.notifier.mailing import (
    MORNING,
    a_dispatch,
    a_newsroom,
    a_release,
    a_subscriber,
    a_topic,
    an_office,
    subscribers,
)
from tests.staff import account, desk

pytestmark = pytest.mark.django_db
PRESS = "/admin/inbox/press/"
NOW = MORNING


@pytest.fixture(autouse=True)
def calm(monkeypatch, settings):
    """A newsroom where nothing waits."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(health, "_checks", {})
    settings.SMTP_URL = "smtp://relay.example"
    cache.clear()
    roles.sync()
    a_newsroom()


def found(kind: str) -> inbox.Pile | None:
    return next((pile for pile in inbox.piles(NOW) if pile.kind == kind), None)


def a_source(slug="osce", **state):
    with revisions.recording("start", "start", now=NOW):
        source = Source.objects.create(
            slug=slug, name="OSCE listing", kind="listing", address="https://x.example"
        )
    SourceState.objects.create(source=source, **state)
    return source


def a_held_fetch(source):
    return HeldFetch.objects.create(
        source=source, held_at=NOW, fetched_at=NOW, digest="d", reasons=["It brings 400 new releases, not 3."],
        differences={"new": 400, "changed": 2}, items=packing.pack([]),
    )  # fmt: skip


def a_suggestion(kind=Suggestion.Kind.OFFICE, value="kyiv", **release):
    made = Release.objects.create(title="Border news", published_on=NOW.date(), **release)
    return Suggestion.objects.create(
        release=made, kind=kind, value=value, reason="its dateline says KYIV", found_at=NOW
    )


def press(client, model, row, button, **more):
    return client.post(PRESS, {"model": model, "row": row, "button": button, **more}, follow=True)


def test_an_empty_inbox_says_so_kindly():
    assert inbox.piles(NOW) == []
    answer = account(Role.EDITOR).get("/admin/")
    assert "Nothing waits for you" in desk(answer)
    assert b"Stop all sending" in answer.content


def test_the_most_urgent_stands_first():
    PendingTerm.objects.create(kind="topic", label="Drones", first_seen_at=NOW)
    a_held_fetch(a_source())
    channel.stop("account:1", "admin", NOW)
    assert [pile.kind for pile in inbox.piles(NOW)] == ["stopped", "fetches", "labels"]
    page = desk(account(Role.ADMINISTRATOR).get("/admin/"))
    assert page.index("All mail is stopped") < page.index("400 new") < page.index("Drones")


def test_each_item_leads_to_its_page():
    a_held_fetch(a_source(failures=4, error="404"))
    PendingTerm.objects.create(kind="type", label="Podcast", first_seen_at=NOW)
    an_office("kyiv", "Kyiv office")
    a_suggestion()
    a_dispatch(subscribers(2), [a_release()], held=True, held_because="2 are more than 1")
    RelayState.objects.create(name="relay.example", fault="535 no", is_paused=True)
    admin = account(Role.ADMINISTRATOR)
    html = admin.get("/admin/").content.decode().partition('<div class="desk">')[2]
    links = set(re.findall(r'href="(/admin/[^"]+)"', html))
    assert len(links) >= 6
    for link in links:
        assert admin.get(link).status_code == 200, link


def test_a_long_pile_shows_its_first_and_how_many_there_are():
    for n in range(8):
        PendingTerm.objects.create(kind="topic", label=f"Label {n}", first_seen_at=NOW)
    pile = found("labels")
    assert (len(pile.matters), pile.total) == (5, 8)
    assert "All 8 of these" in desk(account(Role.VIEWER).get("/admin/"))


def test_an_unknown_label_becomes_another_name_of_a_topic(django_capture_on_commit_callbacks):
    topic = a_topic("drones", "Uncrewed aircraft")
    release = a_release()
    term = PendingTerm.objects.create(kind="topic", label="Drones & co", first_seen_at=NOW)
    PendingLabel.objects.create(term=term, release=release)
    admin = account(Role.ADMINISTRATOR)
    with django_capture_on_commit_callbacks(execute=True):
        answer = press(admin, "feeds.pendingterm", term.pk, "alias", to="drones")
    assert "is Uncrewed aircraft from now on" in answer.content.decode()
    topic.refresh_from_db()
    assert topic.aliases == ["Drones & co"]
    assert list(release.topics.all()) == [topic]
    assert not PendingTerm.objects.exists()
    assert AuditEntry.objects.filter(subject__contains="drones", actor__startswith="account:").exists()


def test_a_label_is_given_to_nothing_when_nothing_was_chosen():
    term = PendingTerm.objects.create(kind="topic", label="Drones", first_seen_at=NOW)
    answer = press(account(Role.ADMINISTRATOR), "feeds.pendingterm", term.pk, "alias")
    assert "Choose which topic" in answer.content.decode()
    assert PendingTerm.objects.exists()


def test_a_suggested_office_is_confirmed_and_a_withdrawal_too():
    office = an_office("kyiv", "Kyiv office")
    label, gone = a_suggestion(), a_suggestion(Suggestion.Kind.WITHDRAWAL, "")
    editor = account(Role.EDITOR)
    page = desk(editor.get("/admin/"))
    assert "Border news Kyiv office? its dateline says KYIV" in page
    assert "Border news Withdraw? its" in page
    press(editor, "feeds.suggestion", label.pk, "confirm_this")
    press(editor, "feeds.suggestion", gone.pk, "confirm_this")
    assert list(label.release.offices.all()) == [office]
    gone.release.refresh_from_db()
    assert gone.release.state == Release.State.WITHDRAWN
    assert inbox.piles(NOW) == []
    answer = press(editor, "feeds.suggestion", gone.pk, "dismiss_this")
    assert "somebody has decided this already" in answer.content.decode()


@pytest.mark.parametrize("row", ["9" * 5000, "9" * 40, "\N{SUPERSCRIPT TWO}", "-1", ""])
def test_a_row_that_is_none_is_said_to_be_decided(row):
    answer = press(account(Role.EDITOR), "feeds.heldfetch", row, "discard")
    assert "somebody has decided this already" in answer.content.decode()


def test_a_held_fetch_is_discarded():
    held = a_held_fetch(a_source())
    press(account(Role.EDITOR), "feeds.heldfetch", held.pk, "discard")
    held.refresh_from_db()
    assert held.decision == HeldFetch.Decision.DISCARDED


def test_a_held_dispatch_is_let_go():
    dispatch = a_dispatch(
        subscribers(2), [a_release()], held=True, held_because="2 are more than 1", recipients=2
    )
    editor = account(Role.EDITOR)
    assert "2 recipients" in desk(editor.get("/admin/"))
    press(editor, "notifier.dispatch", dispatch.pk, "release")
    assert not Dispatch.objects.get(pk=dispatch.pk).held


def test_a_source_is_in_the_list_when_it_fails_again_and_again():
    once, often = a_source("once", failures=1), a_source("often", failures=3, error="it says 404")
    a_source("gone", stopped=True)
    assert [matter.row for matter in found("sources").matters] == [
        often.pk,
        Source.objects.get(slug="gone").pk,
    ]
    press(account(Role.ADMINISTRATOR), "feeds.source", often.pk, "fetch")
    assert SourceState.objects.get(pk=often.pk).next_at == NOW
    assert SourceState.objects.get(pk=once.pk).next_at is None


def test_mail_is_resumed_but_not_what_a_restore_has_stopped():
    channel.stop("account:1", "admin", NOW)
    admin = account(Role.ADMINISTRATOR)
    head = admin.get("/admin/").content.decode().partition('<div class="desk">')[0]
    assert "Mail is stopped: resume" in head
    assert "Stop all sending" not in head
    press(admin, "notifier.channel", 1, "resume")
    assert Channel.objects.get(pk=1).stopped_at is None
    Channel.objects.filter(pk=1).update(stopped_at=NOW, stopped_because="it looks restored")
    assert found("stopped").buttons == ()
    press(admin, "notifier.channel", 1, "resume")
    assert Channel.objects.get(pk=1).stopped_at


def test_a_paused_relay_and_what_readyz_says():
    RelayState.objects.create(name="relay.example", fault="535 wrong password", is_paused=True)
    health.register("publisher", lambda _: "3 changes are not in the feeds yet")
    health.register("relays", lambda _: "said already")
    page = desk(account(Role.VIEWER).get("/admin/"))
    assert "relay.example is paused: it refuses us" in page
    assert "Not as it should be: publisher 3 changes are not in the feeds yet." in page
    assert "said already" not in page


def test_settings_that_lack(settings):
    settings.SMTP_URL, settings.SECOND_FACTOR = "", "nobody"
    a_newsroom(sender_address="")
    page = desk(account(Role.ADMINISTRATOR).get("/admin/"))
    for said in (
        "Mail has no sender",
        "Mail has no way out",
        "An administrator signs in with a password alone",
    ):
        assert said in page


def test_a_correction_waits_until_somebody_was_told_or_a_week_is_over():
    people, release = subscribers(1), a_release("Border news")
    a_dispatch(people, [release])
    changed = NOW - timedelta(days=1)
    Standing.objects.filter(pk=release.pk).update(announced_at=changed, corrected_at=changed)
    [matter] = found("corrections").matters
    assert matter.title == "Corrected after it was sent: Border news"
    Correction.objects.create(
        release_id=release.pk, kind="corrected", number=2, title="x", notify=True, made_at=NOW
    )
    assert found("corrections") is None
    Correction.objects.all().delete()
    Standing.objects.filter(pk=release.pk).update(corrected_at=NOW - timedelta(days=8))
    assert found("corrections") is None


def test_what_was_never_in_a_message_needs_no_correction():
    release = a_release()
    Standing.objects.filter(pk=release.pk).update(announced_at=NOW, corrected_at=NOW)
    assert found("corrections") is None


def test_selections_that_nothing_can_come_to_any_more():
    a_topic("borders")
    office = an_office("ashgabat", "Ashgabat")
    Office.objects.filter(pk=office.pk).update(closed=True)
    ada = a_subscriber()
    alive = of([], ["borders"]), of(["ashgabat", "untagged"])
    for selection in (of(["ashgabat"]), of(["ashgabat"], ["borders"]), *alive):
        Subscription.objects.create(
            subscriber=ada, frequency=Frequency.DAILY, interest=interest_for(selection), created_at=NOW
        )
    with revisions.recording("start", "start", now=NOW):
        SavedFeed.objects.create(slug="old", title="Old", selection=of(["ashgabat"]).to_json())
    titles = [matter.title for matter in found("unmatched").matters]
    dead = "One subscriber follows what cannot come any more"
    assert titles == ["Nothing can come to the saved feed Old", dead, dead]


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule(), True),
        (Rule(words=("drones",)), True),
        (Rule(offices=("open",)), True),
        (Rule(offices=("open", "closed")), True),
        (Rule(offices=("closed",)), False),
        (Rule(offices=("closed",), topics=("borders",)), False),
        (Rule(offices=("closed", "untagged")), True),
        (Rule(topics=("never-there",)), False),
        (Rule(not_offices=("closed",)), True),
    ],
)
def test_which_rules_can_still_match(rule, fits):
    terms = Terms({"offices": {"open"}, "topics": {"borders"}, "types": set()})
    assert terms.fits(Selection((rule,))) is fits


@pytest.mark.holds("S8")
def test_who_may_only_look_has_no_buttons_and_cannot_press_them():
    held, label = (
        a_held_fetch(a_source(failures=3)),
        PendingTerm.objects.create(kind="topic", label="Drones", first_seen_at=NOW),
    )
    a_topic("drones")
    channel.stop("account:1", "admin", NOW)
    asked = {
        ("feeds.heldfetch", held.pk, "discard"), ("feeds.pendingterm", label.pk, "alias"),
        ("feeds.source", held.source_id, "fetch"), ("notifier.channel", 1, "resume"),
    }  # fmt: skip
    viewer, editor = account(Role.VIEWER), account(Role.EDITOR)
    page = desk(viewer.get("/admin/"))
    assert "Drones" in page
    assert "You can look at all of it" in page
    for model, row, button in asked:
        assert press(viewer, model, row, button, to="drones").status_code == 403, model
    for model, row, button in (
        ("feeds.pendingterm", label.pk, "alias"),
        ("feeds.source", held.source_id, "fetch"),
    ):
        assert press(editor, model, row, button, to="drones").status_code == 403, model
    assert PendingTerm.objects.exists()


@pytest.mark.holds("S8")
@pytest.mark.parametrize(
    ("model", "button"),
    [("auth.user", "end_sessions"), ("feeds.heldfetch", "delete"), ("", ""), ("notifier.dispatch", "hold")],
)
def test_no_button_but_those_of_the_list_is_pressed(model, button):
    assert press(account(Role.ADMINISTRATOR), model, 1, button).status_code == 404


def test_looking_changes_nothing_and_needs_no_javascript():
    a_held_fetch(a_source())
    admin = account(Role.ADMINISTRATOR)
    before = AuditEntry.objects.count()
    html = admin.get("/admin/").content.decode().partition('<div class="desk">')[2].partition("</main>")[0]
    assert admin.get(PRESS).status_code == 405
    assert AuditEntry.objects.count() == before
    assert html.count('method="post"') == html.count("csrfmiddlewaretoken") > 0
    assert " style=" not in html
    assert "onclick" not in html

"""What is a person's own: a pause that ends by itself, another address, a feed, their data, and to be forgotten."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import feedparser
import pytest
from django.test import Client

from config import clock
from config.models import AuditEntry
from feeds.selection import of
from notifier import addresses, erasures, jobs, moves, pauses, subscriptions, tokens
from notifier.models import Cadence, Delivery, Dispatch, Edition, Move, Reply, Subscriber, Suppression, Turn
from notifier.pages import letters as post_letters
from notifier.pages import links, private
from notifier.replies import recording
from notifier.replies.meaning import Meaning
from notifier.subscriptions import Wish
from notifier.tokens import Purpose
from tests.feeds.stories import NOW, TODAY, settle, write
from tests.notifier.pages.people import ANNA, DAY, anna, everything, letters, person
from tests.wellformed import page, words

NEW = "anna.new@example.net"
pytestmark = pytest.mark.usefixtures("x")


def managed(client: Client, link: str, **fields: object) -> None:
    assert client.post(link, fields).status_code == 303


def link_in(layout: str, who: Subscriber, purpose: Purpose) -> str:
    """The link of the last letter of this layout to somebody."""
    edition = Edition.objects.filter(layout=layout).order_by("-pk").first()
    assert edition is not None
    assert Delivery.objects.filter(dispatch_id=edition.dispatch_id, subscriber_id=who.pk).exists()
    token = tokens.make(purpose, who.pk, edition.dispatch_id, edition.dispatch.made_at.date())
    return f"/{purpose.word}/{token}"


def fresh_link(client: Client, who: Subscriber) -> str:
    managed(client, links.link(Purpose.MANAGE, who, NOW), act="link")
    return link_in("manage", who, Purpose.MANAGE)


@pytest.mark.holds("S9")
def test_who_has_left_can_still_take_along_and_erase_what_is_held(client: Client) -> None:
    found = person()
    subscriptions.leave(found, NOW - DAY)
    link = fresh_link(client, found)
    assert json.loads(client.get(f"{link}/data").content)["person"]["address"] == ANNA
    client.post(f"{link}/erase", {"sure": "1"})
    assert not Subscriber.objects.exists()


def test_a_pause_until_a_day_ends_when_that_day_begins_there(client: Client, at: dict[str, datetime]) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    until = TODAY + 3 * DAY
    managed(client, link, act="pause", until=until.isoformat(), then="missed")
    assert (anna().pause_until, subscriptions.is_paused(anna())) == (until, True)
    assert "Paused: nothing is sent to you until" in words(page(client.get(link)))
    begins = datetime(until.year, until.month, until.day, tzinfo=UTC) - timedelta(
        hours=1
    )  # Vienna, in winter
    assert not pauses.follow(begins - timedelta(seconds=1))
    assert pauses.follow(begins)
    assert not pauses.follow(begins)
    assert (anna().pause_until, subscriptions.is_paused(anna())) == (None, False)
    assert Turn.objects.filter(kind="resumed").count() == 1


@pytest.mark.parametrize("until", ["yesterday", "2025-02-29", str(TODAY), str(TODAY + 400 * DAY), "-1"])
def test_a_pause_ends_on_a_day_to_come(client: Client, until: str) -> None:
    answer = client.post(links.link(Purpose.MANAGE, person(), NOW), {"act": "pause", "until": until})
    assert "Choose a day from tomorrow on" in words(page(answer, 422))
    assert not subscriptions.is_paused(anna())


def test_who_starts_afresh_owes_nothing_to_a_late_scheduler() -> None:
    found = person()
    subscriptions.pause(found, NOW, TODAY + DAY, afresh=True)
    begins = datetime.combine(TODAY + DAY, datetime.min.time(), UTC) - timedelta(hours=1)
    jobs.look(begins + timedelta(hours=5))
    assert Cadence.objects.get().since == begins
    assert Turn.objects.filter(kind="afresh").count() == 1


@pytest.mark.parametrize("first", ["old", "new"])
def test_another_address_needs_both_mailboxes(client: Client, first: str) -> None:
    found = person()
    queued = Delivery.objects.create(dispatch_id=77, subscriber_id=found.pk, edition_id=1, lane=2)
    link = links.link(Purpose.MANAGE, found, NOW)
    managed(client, link, act="move", email=NEW)
    assert letters() == ["moving", "move"]
    other = subscriptions.find(NEW)
    assert other is not None
    here, there = link_in("moving", found, Purpose.MOVE), link_in("move", other, Purpose.MOVE)
    before = everything()
    for path in (here, there):
        page(client.get(path))
        client.head(path)
    assert everything() == before
    one, two = (here, there) if first == "old" else (there, here)
    assert "One more step" in words(page(client.post(one)))
    assert subscriptions.find(NEW) == other
    assert client.post(two).status_code == 303
    moved = subscriptions.find(NEW)
    assert moved == found
    assert moved is not None
    assert moved.domain == "example.net"
    assert subscriptions.find(ANNA) is None
    assert not Subscriber.objects.filter(pk=other.pk).exists()
    assert Delivery.objects.filter(dispatch_id=queued.dispatch_id, subscriber_id=found.pk).exists()
    assert "a…@example.net" in words(page(client.get(link)))
    assert client.get(here).status_code == 404


@pytest.mark.holds("S2")
def test_moves_count_as_letters_to_addresses_that_are_typed(client: Client, settings) -> None:
    settings.ASKS_PER_CLIENT = 2
    link = links.link(Purpose.MANAGE, person(), NOW)
    for number in range(2):
        managed(client, link, act="move", email=f"new{number}@example.net")
    before = everything()
    answer = client.post(link, {"act": "move", "email": "new2@example.net"})
    assert "Please try again tomorrow" in words(page(answer, 422))
    assert everything() == before


@pytest.mark.holds("S2")
def test_a_change_of_address_takes_no_letter_from_its_owner(client: Client, monkeypatch) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    for number in range(moves.A_DAY):
        managed(client, link, act="move", email=f"new{number}@example.net")
    before = everything()
    answer = client.post(link, {"act": "move", "email": "new9@example.net"})
    assert "Please try again tomorrow" in words(page(answer, 422))
    after = everything()
    assert {table for table in after if after[table] != before[table]} <= {"notifier_allowance"}
    managed(client, link, act="link")
    assert letters().count("moving") == moves.A_DAY
    assert letters()[-1] == "manage"
    monkeypatch.setattr(clock, "now", lambda: NOW + DAY)
    managed(client, links.link(Purpose.MANAGE, anna(), NOW + DAY), act="move", email="new9@example.net")


def test_only_the_old_mailbox_is_shown_the_whole_new_address(client: Client) -> None:
    found = person()
    managed(client, links.link(Purpose.MANAGE, found, NOW), act="move", email=NEW)
    other = subscriptions.find(NEW)
    assert other is not None
    assert NEW in words(page(client.get(link_in("moving", found, Purpose.MOVE))))
    assert ANNA not in words(page(client.get(link_in("move", other, Purpose.MOVE))))


def test_a_link_that_cannot_be_written_today_is_not_said_to_be_sent(client: Client) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    for _ in range(post_letters.LETTERS_A_DAY):
        managed(client, link, act="link")
    answer = client.post(link, {"act": "link"})
    assert "Please try again tomorrow" in words(page(answer, 422))
    assert letters() == ["manage"] * post_letters.LETTERS_A_DAY


@pytest.mark.holds("S3")
def test_nobody_learns_that_the_new_address_is_somebodys(client: Client) -> None:
    person(address=NEW)
    link = links.link(Purpose.MANAGE, person(), NOW)
    taken = client.post(link, {"act": "move", "email": NEW})
    seen = words(page(client.get(link))).replace("a…@example.net", "…")
    assert letters() == ["moving", "manage"]
    Move.objects.all().delete()
    free = client.post(link, {"act": "move", "email": "free@example.com"})
    assert (taken.status_code, taken.headers["Location"]) == (free.status_code, free.headers["Location"])
    assert words(page(client.get(link))).replace("f…@example.com", "…") == seen
    client.post(link, {"act": "move", "email": NEW})
    holder = subscriptions.find(NEW)
    assert holder is not None
    move = Move.objects.get()
    moves.agree(move, anna(), NOW)
    assert not moves.agree(move, holder, NOW)
    assert subscriptions.find(ANNA) is not None


def test_who_left_with_the_new_address_keeps_a_number_and_its_old_links(client: Client) -> None:
    other, found = person(address=NEW), person()
    subscriptions.leave(other, NOW)
    move = moves.begin(found, other, NOW)
    moves.agree(move, found, NOW)
    assert moves.agree(move, other, NOW)
    assert subscriptions.find(NEW) == found
    assert subscriptions.find(ANNA) == other
    page(client.get(links.link(Purpose.UNSUBSCRIBE, other, NOW)))


def test_a_change_of_address_that_nobody_agrees_to_is_forgotten() -> None:
    moves.begin(person(), person(address=NEW, confirmed=False), NOW)
    assert moves.forget(NOW + 6 * DAY) == 0
    assert moves.forget(NOW + 7 * DAY) == 1


@pytest.mark.parametrize(
    ("typed", "said"), [("nobody", "Enter an e-mail address"), (ANNA, "the address you have")]
)
def test_a_new_address_must_be_one_and_new(client: Client, typed: str, said: str) -> None:
    answer = client.post(links.link(Purpose.MANAGE, person(), NOW), {"act": "move", "email": typed})
    assert said in words(page(answer, 422))
    assert letters() == []


@pytest.mark.holds("S7")
@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_a_private_feed_follows_what_is_chosen_and_is_nobody_elses(client: Client, suffix: str) -> None:
    settle()
    jobs.publish(NOW)
    link = links.link(Purpose.MANAGE, person(), NOW)
    managed(client, link, act="feed")
    path = f"/feeds/{private.path_of(anna())}.{suffix}"
    assert path in client.get(link).content.decode()
    answer = client.get(path)
    assert answer.status_code == 200
    assert "Guards in Rome" in answer.content.decode()
    assert "Police in Vienna" not in answer.content.decode()
    assert f"http://localhost:8000{path}" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    subscriptions.change(anna(), [Wish(of(topics=["policing"]), "daily")], now=NOW)
    changed = client.get(path, headers={"If-None-Match": answer.headers["ETag"], "A-IM": "feed"})
    assert changed.status_code == 200
    assert "Police in Vienna" in changed.content.decode()
    if suffix == "atom":
        assert feedparser.parse(changed.content).feed.id == feedparser.parse(answer.content).feed.id
    managed(client, link, act="feed")
    assert client.get(path).status_code == 410
    assert client.get(f"/feeds/{private.path_of(anna())}.{suffix}").status_code == 200
    subscriptions.leave(anna(), NOW)
    assert client.get(f"/feeds/{private.path_of(anna())}.{suffix}").status_code == 404


@pytest.mark.holds("S9")
def test_all_that_is_held_can_be_taken_along_by_the_owner_alone(
    client: Client, at: dict[str, datetime]
) -> None:
    found = person()
    write("Guards at work", TODAY, ())
    settle()
    for passed_on in (links.link(Purpose.MANAGE, found, NOW), links.link(Purpose.MANAGE, found, NOW)):
        assert client.get(f"{passed_on}/data").status_code == 302
        assert client.post(f"{passed_on}/erase", {"sure": "1"}).status_code == 302
    link = fresh_link(client, found)
    before = everything()
    answer = client.get(f"{link}/data")
    assert everything() == before
    held = json.loads(answer.content)
    assert held["person"]["address"] == ANNA
    assert held["subscriptions"][0]["what"]["words"] == "Border management"
    assert [turn["kind"] for turn in held["history"]] == ["asked", "confirmed"]
    assert [message["kind"] for message in held["messages"]] == ["manage"]
    assert "attachment" in answer.headers["Content-Disposition"]
    at["now"] = NOW + 3 * DAY
    assert client.get(f"{link}/data").status_code == 302


@pytest.mark.holds("S9")
def test_erasing_takes_a_second_step_and_leaves_nothing(client: Client) -> None:
    found, other = person(), person(address="bert@example.org")
    Delivery.objects.create(
        dispatch_id=Dispatch.objects.create(lane=2, made_at=NOW).pk,
        subscriber_id=found.pk,
        edition_id=1,
        lane=2,
    )
    sealed = addresses.encrypt(ANNA)
    link = f"{fresh_link(client, found)}/erase"
    Suppression.objects.create(address=sealed, kind="complaint", reason="x", at=NOW)
    page(client.get(link))
    assert "Tick the box" in words(page(client.post(link), 422))
    assert subscriptions.find(ANNA) is not None
    assert "All of it has been erased" in words(page(client.post(link, {"sure": "1"})))
    assert subscriptions.find(ANNA) is None
    assert not Suppression.objects.exists()
    assert not Delivery.objects.filter(subscriber_id=found.pk).exists()
    assert not Turn.objects.filter(subscriber_id=found.pk).exists()
    assert letters() == []
    assert AuditEntry.objects.get(action="erased").subject == f"subscriber {found.pk}"
    assert client.get(link).status_code == 404
    assert subscriptions.find("bert@example.org") == other
    erasures.erase(found, NOW)


def test_a_suppressed_address_gets_no_notice() -> None:
    found = person()
    assert post_letters.notice(found, "changed", [], NOW)
    assert not post_letters.notice(found, "changed", [], NOW + timedelta(hours=23))
    assert post_letters.notice(found, "gone", [], NOW)
    Suppression.objects.create(address=bytes(found.address), kind="complaint", reason="x", at=NOW)
    assert not post_letters.notice(found, "changed", [], NOW + 2 * DAY)


def test_days_of_a_pause_are_those_of_the_persons_calendar() -> None:
    late = datetime(2025, 3, 1, 23, 30, tzinfo=UTC)
    assert pauses.days("Asia/Bishkek", late)[0] == date(2025, 3, 3)
    assert pauses.days("America/New_York", late)[0] == date(2025, 3, 2)


@pytest.mark.holds("S9")
def test_a_fresh_link_that_went_to_the_address_before_is_fresh_no_more(
    client: Client, at: dict[str, datetime]
) -> None:
    found = person()
    link = fresh_link(client, found)
    assert client.get(f"{link}/data").status_code == 200
    at["now"] = NOW + DAY
    moved(found, person(address=NEW, confirmed=False), at["now"])
    assert client.get(f"{link}/data").status_code == 302
    assert client.post(f"{link}/erase", {"sure": "1"}).status_code == 302
    at["now"] += timedelta(minutes=1)
    assert client.get(f"{fresh_link(client, found)}/data").status_code == 200


@pytest.mark.holds("M9")
def test_a_bounce_of_the_mailbox_one_has_left_stops_nothing_at_the_new_one() -> None:
    """Who closes a mailbox moves first; what is on its way there then comes back."""
    found = person()
    before, after = a_message(found, NOW), a_message(found, NOW + 2 * DAY)
    moved(found, person(address=NEW, confirmed=False), NOW + DAY)
    hard, complaint = Meaning(Reply.Kind.HARD, "5.1.1"), Meaning(Reply.Kind.COMPLAINT)
    for number, meant in enumerate((hard, complaint)):
        assert recording.record(found.pk, before, meant, f"before {number}", NOW + 2 * DAY)
    assert recording.record(found.pk, 10**9, hard, "forgotten", NOW + 2 * DAY)
    assert not Suppression.objects.exists()
    assert subscriptions.find(NEW).state == Subscriber.State.ACTIVE  # type: ignore[union-attr]
    assert not Reply.objects.filter(counts=True).exists()
    recording.record(found.pk, after, hard, "after", NOW + 2 * DAY)
    assert addresses.decrypt(bytes(Suppression.objects.get().address)) == NEW


def moved(found: Subscriber, other: Subscriber, now: datetime) -> None:
    move = moves.begin(found, other, now)
    moves.agree(move, found, now)
    assert moves.agree(move, other, now)


def a_message(to: Subscriber, left_at: datetime) -> int:
    """The number of a dispatch that went to somebody at an instant."""
    made = Dispatch.objects.create(lane=Dispatch.Lane.DIGEST, made_at=left_at, state=Dispatch.State.READY)
    Delivery.objects.create(
        dispatch_id=made.pk, subscriber_id=to.pk, edition_id=0, lane=made.lane, state=Delivery.State.SENT,
        finished_at=left_at,
    )  # fmt: skip
    return made.pk

import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from config import clock
from feeds import notice
from feeds.models import Change, Newsroom, Office, Release, Topic
from feeds.selection import of
from notifier import planner, subscriptions
from notifier.demo import crowd, journal, watching, workers
from notifier.models import Delivery, Dispatch, Edition, EditionRelease, Lease, Settling, Subscriber
from notifier.wishes import Wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms(demo_home):
    from config import revisions

    with revisions.recording("command:test", "command", now=clock.now()):
        Newsroom.objects.get_or_create(pk=1, defaults={"zone": "Europe/Vienna"})
        return (
            Office.objects.create(slug="osce-centre-in-ashgabat", name="OSCE Centre in Ashgabat"),
            Topic.objects.create(slug="border-management", name="Border management"),
        )


def publish(client, **values):
    form = {"title": "Made up: A course", "summary": "S", "topics": ["border-management"], **values}
    return client.post("/demo/publish", form)


def test_publishing_writes_to_the_store_like_any_other_program(client, terms):
    office, topic = terms
    response = publish(client, offices=[office.slug], title="It's a “course” <b>")
    release = Release.objects.get()
    assert release.title == "It's a “course” <b>"
    assert release.author == "Made up for the demo"
    assert list(release.offices.all()) == [office]
    assert list(release.topics.all()) == [topic]
    assert Change.objects.filter(kind="release", subject_id=release.pk, seq=None).count() >= 3
    page = client.get(response["Location"]).content.decode()
    assert "INSERT INTO feeds_release" in page
    assert "It&#39;s a “course” &lt;b&gt;" in page
    assert "<b>" not in page


def test_a_form_without_a_title_says_so_and_writes_nothing(client, terms):
    response = publish(client, title=" ")
    assert response.status_code == 422
    assert "Not published" in response.content.decode()
    assert not Release.objects.exists()


def test_correcting_and_withdrawing_change_the_store(client, terms):
    publish(client)
    pk = Release.objects.get().pk
    client.post(f"/demo/releases/{pk}/correct", {"summary": "New", "note": "It was wrong."})
    release = Release.objects.get()
    assert (release.summary, release.editors_note, release.state) == ("New", "It was wrong.", "published")
    client.post(f"/demo/releases/{pk}/withdraw", {"reason": "A mistake."})
    release = Release.objects.get()
    assert (release.state, release.withdrawn_reason) == ("withdrawn", "A mistake.")
    assert [action.kind for action in journal.latest()] == ["withdrawn", "corrected", "published"]


def test_a_correction_without_a_note_is_shown_again(client, terms):
    publish(client)
    response = client.post(
        f"/demo/releases/{Release.objects.get().pk}/correct", {"summary": "New", "note": ""}
    )
    assert response.status_code == 422
    assert Release.objects.get().summary == "S"
    assert client.post("/demo/releases/999/correct", {"summary": "x", "note": "y"}).status_code == 404


def test_nothing_is_done_by_get_or_without_a_token(demo_home, terms):
    strict = Client(enforce_csrf_checks=True)
    for path in ("publish", "tomorrow", "kill", "roll-call", "releases/1/correct", "releases/1/withdraw"):
        assert strict.get(f"/demo/{path}").status_code == 405
        assert strict.post(f"/demo/{path}").status_code == 403
    assert not (demo_home / "clock-offset").exists()


def test_the_way_of_a_release_is_measured(client, terms, demo_home):
    publish(client)
    release = Release.objects.get()
    (action,) = journal.latest()
    watching.look(action)
    assert action.noticed is None
    assert action.feeds == {}
    notice.take(action.instant + timedelta(seconds=0.4))
    release.refresh_from_db()
    file = demo_home / "feeds" / "topics" / "border-management.atom"
    file.parent.mkdir(parents=True)
    file.write_text(f"<feed><id>{release.standing.guid}</id></feed>", encoding="utf-8")
    watching.look(action)
    assert action.noticed == pytest.approx(0.4, abs=0.01)
    assert 0 <= action.feeds["topics/border-management"] < watching.STILL_FRESH
    assert journal.find(action.id) == action


def test_the_mail_that_holds_a_release_is_counted_with_its_times(client, terms):
    publish(client)
    release = Release.objects.get()
    (action,) = journal.latest()
    made_at = action.instant + timedelta(seconds=0.5)
    dispatch = Dispatch.objects.create(lane=1, made_at=made_at, state="ready")
    edition = Edition.objects.create(dispatch=dispatch, layout="alert", language="en", digest="d", content=[])
    EditionRelease.objects.create(edition=edition, release_id=release.pk, group=release.pk)
    for subscriber, state in (
        (1, Delivery.State.SENT),
        (2, Delivery.State.SENT),
        (3, Delivery.State.PENDING),
    ):
        Delivery.objects.create(
            dispatch_id=dispatch.pk, subscriber_id=subscriber, edition_id=edition.pk, lane=1, state=state,
            finished_at=made_at + timedelta(seconds=subscriber) if state == Delivery.State.SENT else None,
        )  # fmt: skip
    mail = watching.mail_of(action)
    assert mail.states == {"sent": 2, "pending": 1}
    assert (mail.planned, mail.sent, mail.over) == (3, 2, False)
    assert (mail.first, mail.last) == (pytest.approx(1.5), pytest.approx(2.5))
    page = client.get(f"/demo/actions/{action.id}").content.decode()
    assert "after 1.5 s" in page
    assert 'http-equiv="refresh"' in page


def test_the_clock_goes_to_the_next_morning_of_the_newsroom(client, terms, demo_home):
    before = clock.now()
    client.post("/demo/tomorrow")
    after = clock.now()
    assert timedelta() < after - before < timedelta(hours=32)
    local = after.astimezone(ZoneInfo("Europe/Vienna"))
    assert (local.hour, local.minute) == (7, 0)
    client.post("/demo/tomorrow")
    assert clock.now() - after > timedelta(hours=22)


def lease(pid, now):
    return Lease.objects.create(
        token=f"{pid}", host=socket.gethostname(), pid=pid, started_at=now, renewed_at=now
    )


def test_the_newest_worker_of_this_demo_is_killed(client, demo_home, monkeypatch):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        now = datetime.now(UTC)
        lease(999_999, now - timedelta(minutes=1))
        lease(process.pid, now)
        # Web and worker are children of one parent; here the worker is a child of the web.
        monkeypatch.setattr(workers.os, "getppid", workers.os.getpid)
        response = client.post("/demo/kill")
        assert response["Location"] == "/demo/worker"
        assert process.wait(5) == -9
        assert [kill.pid for kill in journal.kills()] == [process.pid]
        assert client.post("/demo/kill").status_code == 409
    finally:
        process.kill()
        process.wait()


def test_no_other_process_is_ever_killed(client, demo_home):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        lease(process.pid, datetime.now(UTC))  # a child of ours, not of our parent
        assert client.post("/demo/kill").status_code == 409
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_the_admin_site_knows_the_demo_user_on_this_machine_alone(client, demo_home, settings):
    get_user_model().objects.create(username="demo", is_staff=True, is_superuser=True, password="!")
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/", REMOTE_ADDR="192.0.2.1").status_code == 302
    settings.HERALD_DEMO = False
    assert client.get("/admin/").status_code == 302


def test_a_suggestion_is_ready_to_publish(client, terms):
    page = client.get("/demo").content.decode()
    assert ">Made up: " in page


def test_who_is_to_get_it_at_once_is_counted(client, terms):
    now = clock.now()
    wish = Wish(of(topics=["border-management"]), "instant")
    person = subscriptions.ask("a@example.org", [wish], language="en", zone="UTC", origin="demo", now=now)
    subscriptions.confirm(person.pk, now)
    publish(client)
    (action,) = journal.latest()
    assert watching.awaited(action, clock.now()).readers == 0  # not noticed yet
    notice.take(clock.now())
    assert watching.awaited(action, clock.now()) == watching.Awaited(1, None)
    until = clock.now() + timedelta(seconds=60)
    Settling.objects.create(pk=person.cadences.get().interest_id, from_at=now, until=until)
    assert watching.awaited(action, clock.now()).until == until
    page = client.get(f"/demo/actions/{action.id}").content.decode()
    assert f"gets the next at {until:%H:%M:%S} UTC" in page


def test_a_roll_call_goes_to_a_crowd_and_may_cost_the_worker_its_life(client, terms, monkeypatch):
    doomed = []
    monkeypatch.setattr(crowd, "SIZE", 30)
    monkeypatch.setattr(crowd, "kill_in_the_middle", doomed.append)
    client.post("/demo/roll-call")
    assert Subscriber.objects.filter(origin=crowd.ORIGIN).count() == 30
    assert Release.objects.get().title == crowd.TITLE
    assert doomed == []
    client.post("/demo/roll-call", {"kill": "1"})
    assert [action.kind for action in journal.latest()] == ["roll call", "roll call"]
    assert doomed == [journal.latest()[0]]
    notice.take(clock.now())
    planner.plan(clock.now())
    page = client.get("/demo/worker").content.decode()
    assert 'max="30"' in page
    assert "30 pending" in page


def test_what_the_mailbox_has_of_a_roll_call_is_counted(demo_home, mailbox, terms):
    action = journal.begin("roll call", 1, crowd.TITLE, clock.now(), 0, [])
    for address, message in (
        ("reader-00001@readers.example.org", b"1"),
        ("reader-00002@readers.example.org", b"2"),
    ):
        mailbox.put([address], "", b"Message-ID: <" + message + b"@x>\r\n\r\n")
    mailbox.put(["reader-00002@readers.example.org"], "", b"Message-ID: <2@x>\r\n\r\n")
    mailbox.put(["somebody@example.org"], "", b"Message-ID: <3@x>\r\n\r\n")
    assert crowd.caught(mailbox, action) == crowd.Caught(readers=2, twice=1)

"""An embargo: before its second a release is nowhere, at its second it is everywhere."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from feeds import membership, notice, publisher
from feeds.models import Announcement, Membership, PendingLabel, PendingTerm, Release, Standing, Suggestion
from tests.feeds.published import titles
from tests.feeds.stories import (
    NOW,
    SECOND,
    edit,
    label,
    members,
    newsroom,
    office,
    run,
    settle,
    topic,
    withdraw,
    write,
)

pytestmark = [pytest.mark.django_db, pytest.mark.holds("E1")]

SECRET = "The Permanent Council appoints a new head of mission"
DUE = NOW + timedelta(hours=1)
CHANCE = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')  # differs from one answer to the next
PAGES = (
    "/", "/?topic=borders", "/?office=vienna", "/feeds/", "/feeds/all", "/feeds/untagged", "/offices/",
    "/offices/vienna", "/topics/", "/topics/borders", "/robots.txt", "/healthz",
    "/live", "/live/topics/borders",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path, settings):
    """Also what `/metrics` tells of: of the folder that all tests share it depends on when one has written there."""
    settings.FEED_FOLDER = tmp_path / "feeds"
    return settings.FEED_FOLDER


@pytest.fixture
def labels():
    newsroom()
    return topic(), office()


def look(folder, now: datetime = NOW) -> None:
    """What the scheduler does, as far as the feeds."""
    notice.release_due(now)
    settle(now)
    publisher.publish(folder, now)


def world(folder, client: Client) -> dict[str, bytes]:
    """All that anybody can see. The numbers of changes are left out: terms, edits and withdrawals count there too."""
    seen = {path: CHANCE.sub(b"", client.get(path, follow=True).content) for path in PAGES}
    metrics = client.get("/metrics").content.decode()
    seen["/metrics"] = "\n".join(
        line for line in metrics.splitlines() if re.match(r"herald_(?!change|http)", line)
    ).encode()
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return seen | {name: held for name, held in files.items() if name.endswith((".atom", ".rss", ".json"))}


def shown() -> set[int]:
    return set(Standing.objects.filter(shown=True).values_list("pk", flat=True))


def key(release: int) -> str:
    return Standing.objects.get(pk=release).key


def test_before_its_second_the_world_is_as_if_it_were_not_there(folder, labels, client, caplog):
    write("A public one", labels=labels)
    look(folder)
    before = world(folder, client)
    release = write(SECRET, labels=labels, visible_at=DUE, summary=SECRET, body=f"<p>{SECRET}</p>")
    term = PendingTerm.objects.create(kind="office", label=SECRET, first_seen_at=NOW)
    PendingLabel.objects.create(term=term, release_id=release)
    Suggestion.objects.create(release_id=release, kind="office", value="x", reason=SECRET, found_at=NOW)
    look(folder, NOW + SECOND)
    edit(release, summary="Edited before its time")
    look(folder, DUE - timedelta(microseconds=1))
    assert world(folder, client) == before
    assert (Membership.objects.filter(release_id=release).exists(), Announcement.objects.count()) == (
        False,
        1,
    )
    assert SECRET not in caplog.text


def test_its_address_answers_like_one_that_never_was(folder, labels, client):
    release = write(SECRET, visible_at=DUE)
    look(folder)
    own, other = key(release), "a" * len(key(release))
    answers = [client.get(f"/releases/{name}") for name in (own, other)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content.replace(own.encode(), other.encode()) == answers[1].content
    for ending in ("run", "withdraw"):  # neither leaves a trace of what never was
        if ending == "run":
            run("UPDATE feeds_release SET state = 'withdrawn', withdrawn_reason = %s", SECRET)
        else:
            run("DELETE FROM feeds_release")
        look(folder, NOW + SECOND)
        assert client.get(f"/releases/{own}").status_code == 404


def test_at_its_second_it_is_everywhere_in_one_look(folder, labels, client):
    release = write(SECRET, labels=labels, visible_at=DUE)
    look(folder)
    assert notice.next_due() == DUE
    look(folder, DUE)
    assert all(titles(folder, path) == [SECRET] for path in ("all", "topics/borders", "offices/vienna"))
    assert client.get(f"/releases/{key(release)}").status_code == 200
    announced = Announcement.objects.get()
    assert (announced.at, announced.before, notice.next_due()) == (DUE, None, None)


def test_its_second_came_while_the_service_was_down(folder, labels):
    write(SECRET, visible_at=DUE)
    look(folder, DUE + timedelta(days=2))  # written and due before anybody looked
    assert titles(folder) == [SECRET]
    later = write("Another", visible_at=DUE + timedelta(days=3))
    look(folder, DUE + timedelta(days=2, seconds=1))
    look(folder, DUE + timedelta(days=4))
    assert titles(folder) == ["Another", SECRET]
    assert Announcement.objects.get(release_id=later).at == DUE + timedelta(days=4)


def test_a_clock_that_ran_ahead_for_a_moment_opens_no_embargo_afterwards(folder, labels):
    write("The clock is wrong")
    look(folder, NOW + timedelta(days=365))
    release = write(SECRET, visible_at=DUE)
    fresh = write("Fresh")
    look(folder, NOW)
    assert release not in shown()
    look(folder, DUE)
    assert {release, fresh} <= shown()
    assert set(Announcement.objects.values_list("release_id", flat=True)) >= {release, fresh}


def test_what_a_wrong_clock_let_out_is_taken_back_when_it_is_touched(folder, labels):
    release = write(SECRET, visible_at=DUE)
    look(folder)
    look(folder, DUE + SECOND)  # it is not that late
    edit(release, author="somebody")
    look(folder, NOW + SECOND)
    assert (titles(folder), shown()) == ([], set())
    look(folder, DUE)
    assert titles(folder) == [SECRET]
    assert Announcement.objects.count() == 1


@pytest.mark.parametrize("spelling", ["state", "visible_at"])
def test_an_embargo_set_again_removes_it_everywhere(folder, labels, client, spelling):
    release = write("A public one", labels=labels)
    look(folder)
    edit(release, title=SECRET, visible_at=DUE, **({"state": "scheduled"} if spelling == "state" else {}))
    look(folder, NOW + SECOND)
    assert titles(folder) == []
    assert members("all") == []
    assert client.get(f"/releases/{key(release)}").status_code == 404
    seen = world(folder, client)
    assert not any(SECRET.encode() in held or b"A public one" in held for held in seen.values())
    look(folder, DUE)
    assert titles(folder) == [SECRET]
    assert Announcement.objects.count() == 1  # who had it was told


def test_an_embargo_that_is_put_off_just_as_it_ends_holds(folder, labels):
    release = write(SECRET, visible_at=DUE)
    look(folder)
    edit(release, visible_at=DUE + timedelta(hours=1))
    assert notice.release_due(DUE) == 0
    look(folder, DUE)
    assert shown() == set()


def test_an_embargo_lifted_by_hand_is_over(folder, labels):
    release = write(SECRET, visible_at=DUE)
    look(folder)
    edit(release, visible_at=None, state="published")
    look(folder, NOW + SECOND)
    assert shown() == {release}


@pytest.mark.parametrize(
    "spelling",
    [
        "2025-02-17 13:00", "2025-02-17 13:00:00", "2025-02-17 13:00:00.000", "2025-02-17T13:00:00Z",
        "2025-02-17T13:00Z", "2025-02-17 14:00:00+01:00", "2025-02-17 13:00:00+00", "20250217T130000Z",
        "2025-02-17T05:00:00-08:00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("state", ["published", "scheduled"])
def test_each_spelling_of_an_instant_is_understood(spelling, state):
    release = write(SECRET, visible_at=spelling, state=state)
    settle(NOW)
    assert (notice.release_due(DUE - SECOND), shown()) == (0, set())
    assert notice.next_due() == DUE
    assert (notice.release_due(DUE), shown()) == (1, {release})


@pytest.mark.parametrize("state", ["published", "scheduled"])
@pytest.mark.parametrize(
    "junk", ["soon", "", "17.02.2025 13:00", "2025-02-30 10:00", 1739797200, 2460724.04, b"\xff"]
)
def test_what_is_no_instant_hides_its_release_and_holds_up_no_other(junk, state, caplog):
    if connection.vendor != "sqlite":  # the only one that takes such a value
        pytest.skip("this database refuses it")
    write(SECRET, visible_at=junk, state=state)
    good = write("Another", visible_at=DUE)
    settle(NOW)
    assert (notice.release_due(DUE), shown()) == (1, {good})
    membership.keep(DUE)
    assert members("all") == [good]
    assert SECRET not in caplog.text


def test_a_label_given_under_embargo_announces_once_and_to_all(labels):
    release = write(SECRET, visible_at=DUE)
    settle(NOW)
    label(release, labels[0])
    settle(NOW + SECOND)
    notice.release_due(DUE)
    assert [(one.release_id, one.before) for one in Announcement.objects.all()] == [(release, None)]


def test_withdrawn_after_its_embargo_it_is_gone_for_all_to_know(folder, labels, client):
    release = write(SECRET, visible_at=DUE)
    look(folder)
    look(folder, DUE)
    withdraw(release)
    look(folder, DUE + SECOND)
    assert client.get(f"/releases/{key(release)}").status_code == 410
    assert Release.objects.get().state == "withdrawn"

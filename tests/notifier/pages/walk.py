"""Every public page in each of its states, found by walking the URL table: a new page cannot be forgotten."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.test import Client
from django.urls import resolve

from feeds.models import Newsroom, Standing
from notifier import subscriptions, watches
from notifier.models import Canary
from notifier.pages import links
from notifier.tokens import Purpose
from tests.feeds.stories import NOW, TODAY, edit, office, settle, topic, withdraw, write
from tests.notifier.pages.people import DAY, addresses_of_pages, person

FAULTS = (
    (400, "page"), (403, "page"), (403, "form"), (404, "feed"), (405, "page"), (410, "page"), (429, "page"),
    (429, "feed"), (500, "page"),
)  # fmt: skip
SECRETS = re.compile(r"/[\w-]{46}\b|/[\w-]{40,60}(?=[\s\"?#/]|$)")


def pages(at: dict[str, datetime]) -> dict[str, str]:
    """Label and path of each. To be called once in a newsroom as `x` makes it."""
    release = a_long_story()
    subscriber = person()
    watches.begin(subscriber, release, NOW)
    found = {label(path): path for path in addresses_of_pages(subscriber) if is_page(path)}
    found["release"] = f"/releases/{key(release)}"
    found |= states(subscriber, release)
    return dict(sorted(found.items()))


def states(subscriber: object, release: int) -> dict[str, str]:
    """Pages that look otherwise under other circumstances."""
    left = person(address="left@example.org")
    subscriptions.leave(left, NOW)
    waiting = person(address="waiting@example.org", confirmed=False)
    paused = person(address="paused@example.org")
    subscriptions.pause(paused, NOW)
    manage = links.link(Purpose.MANAGE, subscriber, NOW)
    old = links.link(Purpose.CONFIRM, waiting, NOW - (Purpose.CONFIRM.days + 1) * DAY)
    older = links.link(Purpose.MANAGE, waiting, NOW - (Purpose.MANAGE.days + 1) * DAY)
    gone = a_withdrawn_one()
    a_canary()
    return {
        "front-chosen": "/?topic=borders&office=vienna&untagged=1",
        "front-several": "/?topic=borders&topic=policing",
        "manage-edit": f"{manage}?edit=1",
        "manage-paused": links.link(Purpose.MANAGE, paused, NOW),
        "manage-left": links.link(Purpose.MANAGE, left, NOW),
        "confirm-first": links.link(Purpose.CONFIRM, waiting, NOW),
        "unsubscribe-left": links.link(Purpose.UNSUBSCRIBE, left, NOW),
        "link-broken": manage[:-1],
        "link-expired-confirm": old,
        "link-expired-manage": older,
        "release-withdrawn": f"/releases/{key(gone)}",
        "office-closed": "/offices/tashkent",
        "not-found": "/nothing/here",
        **{f"fault-{status}-{kind}": f"/fault/{status}/{kind}" for status, kind in FAULTS},
    }


def a_long_story() -> int:
    """A release with all that one can have, corrected once."""
    Newsroom.objects.update(contact="press@x.example", home_url="https://x.example/")
    release = write(
        "Зимняя школа: Grenzschutzzusammenarbeitsvereinbarungen", TODAY,
        (office("graz", "Graz"), topic("law", "Rule of law")),
        summary="What was agreed.", language="de", author="Press office", url="https://x.example/1",
        body="<p>Text with a <a href='https://x.example/a'>link</a>.</p><table><tr><th>A</th><td>1</td></tr></table>",
    )  # fmt: skip
    settle()
    edit(
        release,
        title="Winter school: Grenzschutzzusammenarbeitsvereinbarungen",
        editors_note="A word was wrong.",
    )
    office("tashkent", "Tashkent", closed=True)
    settle(NOW + timedelta(seconds=1))
    return release


def a_withdrawn_one() -> int:
    release = write("Not so", TODAY, (topic("law2", "Law"),))
    settle(NOW + timedelta(seconds=2))
    edit(release, withdrawn_reason="The figures were wrong.")
    withdraw(release)
    settle(NOW + timedelta(seconds=3))
    return release


def a_canary() -> None:
    """One that was in its feed after 0.2 s, and back by mail after 0.9 s."""
    Canary.objects.create(
        due_at=NOW - DAY, name="abc", begun_at=NOW, release_id=1, way=Canary.Way.MAILBOX, noticed_at=NOW,
        served_at=NOW + timedelta(seconds=0.2), handed_at=NOW + timedelta(seconds=0.5),
        arrived_at=NOW + timedelta(seconds=0.9),
    )  # fmt: skip


def key(release: int) -> str:
    return Standing.objects.get(pk=release).key


def is_page(path: str) -> bool:
    answer = Client().get(path)
    return answer.status_code < 300 and answer.headers["Content-Type"].startswith("text/html")


def label(path: str) -> str:
    return (resolve(path.partition("?")[0]).view_name or path).partition(":")[2]


def readable(tree: str) -> str:
    """The tree without what differs from run to run."""
    for standing in Standing.objects.all():
        tree = tree.replace(standing.key, f"<release {standing.pk}>")
    return re.sub(r"<release (\d+)>", "KEY", SECRETS.sub("/TOKEN", tree)) + "\n"

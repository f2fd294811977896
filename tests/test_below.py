"""All of Herald below a path of another site, through the ASGI application: where its links lead, and what answers."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import clear_script_prefix

from config import roles
from config.accounts import provider
from config.roles import Role
from feeds import archiving
from feeds.models import Newsroom
from feeds.publisher import publish
from notifier import letters, samples
from notifier.cli import processes
from notifier.models import Subscriber
from notifier.pages import links
from notifier.tokens import Purpose
from tests.below import BASE, HOST, PREFIX, Answer, below, linked, outside
from tests.config.conftest import newsroom
from tests.config.test_admin_walk import address, routes, rows
from tests.feeds import stories
from tests.feeds.api.kit import LEAST, desk
from tests.feeds.stories import NOW, settle, write
from tests.notifier.pages import walk
from tests.notifier.pages.conftest import at, x
from tests.notifier.pages.people import ANNA, FORM, anna, person
from tests.staff import account

__all__ = ["at", "below", "desk", "newsroom", "rows", "x"]

# The server's threads keep connections to the database, which is no good to other tests of the same process: these are
# run in one of their own, by tests/journeys/test_below_alone.py.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not os.environ.get("HERALD_BELOW"), reason="in a process of its own"),
]
LONG = bool(os.environ.get("HERALD_DRILL"))
FEED = re.compile(r"/feeds/.+\.(?:atom|rss|json)$")


def session(client: Client) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {name: client.cookies[name].value}


def right(answer: Answer, address: str) -> list[str]:
    """What a page leads to, after a look that all of it is below the prefix."""
    assert outside(answer.text) == [], address
    assert outside(answer["location"] or PREFIX) == [], address
    return linked(answer, address)


@pytest.mark.parametrize("stripped", [False, True], ids=["kept", "stripped"])
@pytest.mark.usefixtures("x")
def test_every_public_page_leads_to_pages_below_the_path(below, at, stripped, monkeypatch):
    monkeypatch.setattr(archiving, "PAGE", 2)
    found = walk.pages(at)
    publish(settings.FEED_FOLDER, NOW)
    visitor, waiting, seen = below(stripped), [], {}
    waiting += [
        path if path.startswith(PREFIX) else PREFIX + path for path in found.values() if "/fault/" not in path
    ]
    starts, done = set(waiting), set()
    while waiting:
        path = waiting.pop()
        bare = path.partition("?")[0]
        known = path in done if path in starts else bare in seen
        if known or bare.endswith(".events") or "/webhooks/" in bare:
            continue
        done.add(path)
        seen[bare] = answer = visitor.ask(path)
        assert answer.status < 400 or path in starts or answer.status == 405, (path, answer.status)
        if answer.is_page:
            waiting += right(answer, path)
    kinds = {bare: answer["content-type"] for bare, answer in seen.items()}
    assert len(seen) > 60
    assert sum(bool(FEED.search(bare)) for bare in seen) > 15
    for name in ("icon.svg", "feeds.opml", "status.json", "privacy", "accessibility", "search", "live"):
        assert seen[f"{PREFIX}/{name}"].status == 200, name
    assert sum(kind.startswith("text/css") for kind in kinds.values()) >= 1
    assert outside(seen[f"{PREFIX}/feeds.opml"].text) == []


# Each fourth page; with HERALD_DRILL=1 each, and whatever these lead to.
@pytest.mark.usefixtures("rows")
def test_every_admin_page_leads_to_pages_below_the_path(below):
    visitor = below(cookies=session(account(Role.ADMINISTRATOR)))
    led, shown = set(), 0
    for name, route, _ in list(routes())[:: 1 if LONG else 4]:
        if name == "logout" or name.startswith(("sign_in", "provider")):
            continue
        path = PREFIX + address(name, route)
        answer = visitor.ask(path)
        led |= set(right(answer, path))
        assert not answer["location"].startswith(f"{PREFIX}/admin/login"), path
        shown += answer.status == 200 and answer.is_page
    assert shown > (80 if LONG else 20)
    files = {path.partition("?")[0] for path in led if "/static/" in path}
    assert len(files) > 10
    for path in files:
        answer = visitor.ask(path)
        assert answer.status == 200, path
        assert "url(/" not in answer.text if path.endswith(".css") else True
    for path in sorted({path.partition("?")[0] for path in led} - files) if LONG else ():
        # 403: one's own account, which nobody deletes
        assert visitor.ask(path).status in {200, 302, 403, 404, 405}, path


def test_signing_in_and_every_cookie_keep_to_the_path(below, rows):
    user = User.objects.create_user("ada", password="a very long secret", is_staff=True)
    roles.give(user, Role.ADMINISTRATOR)
    visitor = below()
    away = visitor.ask(f"{PREFIX}/admin/feeds/release/")
    assert (away.status, away["location"]) == (
        302,
        f"{PREFIX}/admin/login/?next={PREFIX}/admin/feeds/release/",
    )
    page = visitor.ask(away["location"])
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[:1]
    form = {"csrfmiddlewaretoken": token, "username": user.username, "password": "a very long secret"}
    inside = visitor.ask(away["location"], "POST", urlencode(form))
    assert (inside.status, inside["location"]) == (302, f"{PREFIX}/admin/feeds/release/")
    assert "strict-transport-security" not in dict(inside.headers)
    assert visitor.ask(inside["location"]).status == 200
    visitor.ask(f"{PREFIX}/?lang=de")
    assert visitor.cookies.keys() == {"__Secure-herald-session", "herald-csrf", "herald-lang"}
    assert 'lang="de"' in visitor.ask(f"{PREFIX}/").text


@pytest.mark.usefixtures("x")
def test_from_the_form_to_the_first_message_and_out_by_one_click(below):
    visitor = below()
    page = visitor.ask(f"{PREFIX}/?topic=borders")
    assert f'action="{PREFIX}/subscribe#yours"' in page.text
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page.text))
    sent = visitor.ask(f"{PREFIX}/subscribe", "POST", urlencode({**fields, **FORM}))
    assert (sent.status, sent["location"]) == (303, f"{PREFIX}/subscribe/sent")
    assert visitor.ask(f"{PREFIX}/subscribe")["location"] == f"{PREFIX}/"
    assert visitor.ask(f"{PREFIX}/subscribe?topic=borders")["location"] == f"{PREFIX}/?topic=borders#yours"
    confirm = links.link(Purpose.CONFIRM, anna(), NOW)
    confirm = f"{PREFIX}{confirm.removeprefix(PREFIX)}"
    assert visitor.ask(confirm).status == visitor.ask(confirm, "POST").status == 200
    message = made("alert", anna())
    leave = message["list-unsubscribe"].split(">")[0].strip("<")
    assert leave.startswith(f"{BASE}/unsubscribe/")
    assert below().ask(leave, "POST", "List-Unsubscribe=One-Click", origin="null").status == 200
    assert Subscriber.objects.get().state == "left"


def made(kind: str, to: Subscriber) -> Any:
    """A message of this kind to this person."""
    letter = samples.letter(kind, "en")
    pattern = letters.compose(letter, Newsroom(name="X", sender_address="news@example.org", list_domain=HOST))
    values = letters.values(pattern, 11, NOW.date(), to.pk, ANNA, "Borders")
    return email.message_from_bytes(pattern.fill(values), policy=email.policy.default)


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("thread", ["of a page", "of a worker"])
def test_every_address_in_a_message_is_whole(below, thread):
    if thread == "of a worker":
        clear_script_prefix()  # nobody has asked for a page there
    somebody, visitor, led = person(), below(), set()
    for kind in samples.KINDS:
        message = made(kind, somebody)
        told = [str(value) for name, value in message.items() if name.lower().startswith("list-")]
        for text in [
            *told,
            *(part.get_content() for part in message.walk() if part.get_content_maintype() == "text"),
        ]:
            assert outside(text) == [], kind
            led |= set(re.findall(rf"{BASE}[^\s<>\"']*", text))
    assert len(led) > 8
    for link in led:
        assert visitor.ask(link).status in {200, 404}, link  # a sample's releases are made up
    assert all(
        visitor.ask(link).status == 200
        for link in led
        if re.search(r"/(?:manage|unsubscribe|confirm)/\w", link)
    )


@pytest.mark.usefixtures("x")
def test_feeds_say_where_they_are_and_what_is_new(below, monkeypatch):
    monkeypatch.setattr(archiving, "PAGE", 2)
    for number in range(5):
        write(f"More {number}")
    settle()
    publish(settings.FEED_FOLDER, NOW)
    visitor = below()
    for suffix in ("atom", "rss", "json"):
        for path in ("all", "topics/borders", "offices/vienna", "selection"):
            answer = visitor.ask(f"{PREFIX}/feeds/{path}.{suffix}")
            assert (answer.status, outside(answer.text)) == (200, []), path
            assert answer["link"] == f'<{BASE}/feeds/{path}.{suffix}>; rel="self"'
            assert f"{BASE}/feeds/{path}.{suffix}" in answer.text
    whole = visitor.ask(f"{PREFIX}/feeds/all.atom")
    [archive] = re.findall(rf'href="({BASE}/feeds/all/archive/[^"]+)"', whole.text)
    assert visitor.ask(archive).status == 200
    write("The newest")
    publish_again(NOW)
    delta = visitor.ask(f"{PREFIX}/feeds/all.atom", a_im="feed", if_none_match=whole["etag"])
    assert (delta.status, delta.text.count("<entry")) == (226, 1)
    moved = visitor.ask(f"{PREFIX}/feeds/offices/rome/topics/policing.atom")
    assert moved["location"] == f"{BASE}/feeds/selection.atom?office=rome&topic=policing"
    assert visitor.ask(moved["location"]).status == 200
    none = visitor.ask(f"{PREFIX}/feeds/none.atom")
    assert (none.status, none.is_page) == (404, True)
    assert right(none, "") != []
    assert visitor.ask(f"{PREFIX}/feeds/selection.events", "OPTIONS").status == 204
    live = visitor.ask(f"{PREFIX}/live?topic=borders").text
    assert f'data-events="{PREFIX}/feeds/selection.events?topic=borders&amp;last-event-id=' in live


def publish_again(now: Any) -> None:
    settle(now)
    publish(settings.FEED_FOLDER, now)


def test_programs_are_led_to_addresses_that_work(below, desk):
    visitor = below()
    said = {"authorization": f"Bearer {desk.secret}", "content_type": "application/json", "accept": "*/*"}
    pushed = visitor.ask(f"{PREFIX}/api/releases", "POST", json.dumps({**LEAST, "key": "2025/31"}), **said)
    assert (pushed.status, pushed["location"]) == (201, f"{PREFIX}/api/releases/2025%2F31")
    visitor.ask(
        f"{PREFIX}/api/releases", "POST", json.dumps({**LEAST, "title": "Another", "key": "2"}), **said
    )
    listed = visitor.ask(f"{PREFIX}/api/releases?limit=1", **said)
    assert listed["link"].startswith(f"<{PREFIX}/api/releases?")
    assert visitor.ask(listed["link"].split(">")[0].strip("<"), **said).status == 200
    wrong = json.loads(visitor.ask(f"{PREFIX}/api/releases", "POST", "{}", **said).text)
    assert wrong["type"].startswith(f"{BASE}/api/problems/")
    assert visitor.ask(wrong["type"], accept="*/*").status == 200
    document = json.loads(visitor.ask(f"{PREFIX}/api/openapi.json").text)
    assert [server["url"] for server in document["servers"]] == [BASE]
    assert all(path.startswith("/api/") for path in document["paths"])


@pytest.mark.parametrize(
    "path", ["/healthz", "/metrics", "/status.json", "/robots.txt", "/static/unfold/css/styles.css"]
)
def test_what_watches_over_it_may_ask_with_the_path_or_without(below, path):
    stories.newsroom()
    with_it, without = below().ask(PREFIX + path), below(stripped=True).ask(PREFIX + path)
    assert with_it.status == without.status == 200
    if path == "/robots.txt":
        assert f"Disallow: {PREFIX}/manage/" in with_it.text
    if path != "/metrics":
        assert with_it.body == without.body
    bare = below().ask(PREFIX)
    assert (bare.status, right(bare, PREFIX) != []) == (200, True)


def test_the_first_administrator_is_led_through_the_setup(below, capsys):
    stories.newsroom()
    processes._say_how_to_begin()
    [link] = re.findall(rf"{BASE}/setup\?code=\S+", "".join(capsys.readouterr()))
    visitor = below()
    page = visitor.ask(link)
    right(page, link)
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[:1]
    form = urlencode({"csrfmiddlewaretoken": token, "code": link.partition("=")[2]})
    begun = visitor.ask(f"{PREFIX}/setup", "POST", form)
    assert (begun.status, begun["location"]) == (302, f"{PREFIX}/setup/newsroom")
    for step in ("newsroom", "look", "sender", "relay", "records", "source", "account", "test", "ready"):
        answer = visitor.ask(f"{PREFIX}/setup/{step}")
        assert answer.status in {200, 302}, step
        right(answer, f"{PREFIX}/setup/{step}")


def test_single_sign_on_comes_back_to_the_path(below, monkeypatch):
    asked = []

    def client() -> SimpleNamespace:
        return SimpleNamespace(authorize_redirect=lambda _, back: asked.append(back) or HttpResponse())

    monkeypatch.setattr(provider, "_client", client)
    assert below().ask(f"{PREFIX}/admin/login/provider/?next=https://elsewhere.example/").status == 200
    assert asked == [f"{BASE}/admin/login/provider/back/"]


@pytest.mark.usefixtures("x")
def test_a_form_on_another_site_is_led_here(below):
    page = below().ask(f"{PREFIX}/subscribe/form?topic=borders")
    right(page, PREFIX)
    assert f"{BASE}/subscribe/elsewhere?lang=en" in page.text
    assert f"<code>{BASE}/</code>" in page.text, (
        "a policy's path without a slash at its end is that path alone"
    )

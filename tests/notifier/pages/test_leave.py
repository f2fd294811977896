"""Leaving: one, or all; undo; why; and the owner of the address is told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client

from feeds.models import Release
from feeds.selection import of
from notifier import jobs, letters, subscriptions, tokens, withdrawals
from notifier.models import Delivery, Edition, Farewell, Subscriber
from notifier.pages import links
from notifier.subscriptions import Wish
from notifier.tokens import Purpose
from tests.browser import AGAIN, Browser
from tests.feeds.stories import NOW
from tests.notifier.pages.people import DAY, FORM, anna, everything, key, person
from tests.notifier.pages.people import letters as layouts
from tests.notifier.reading import Message
from tests.notifier.reading import message as read
from tests.wellformed import page, words

BORDERS, ROME = Wish(of(topics=["borders"]), "daily", 420), Wish(of(["rome"]), "weekly", 480)


def mail(layout: str) -> Message:
    edition = Edition.objects.filter(layout=layout).order_by("-pk").first()
    assert edition is not None
    who = Delivery.objects.get(dispatch_id=edition.dispatch_id).subscriber_id
    return read(edition.dispatch, Subscriber.objects.get(pk=who), edition)  # type: ignore[no-untyped-call]


def path_in(found: Message, word: str) -> str:
    links_in = re.findall(rf"http://localhost:8000(/{word}/[\w-]+)", found.text)
    assert links_in
    assert all(f"http://localhost:8000{path}" in found.links() for path in links_in)  # type: ignore[no-untyped-call]
    return str(links_in[0])


@pytest.mark.usefixtures("x")
def test_one_of_several_can_be_left_and_taken_back_for_30_days(
    client: Client, at: dict[str, datetime]
) -> None:
    link = links.link(Purpose.UNSUBSCRIBE, person(BORDERS, ROME), NOW)
    assert len(page(client.get(link)).xpath("//button[contains(., 'this one')]")) == 2
    tree = page(client.post(link, {"act": "one", "held": key(2)}))
    assert subscriptions.wishes_of(anna()) == [BORDERS]
    assert anna().state == "active"
    number = tree.xpath("//input[@name='act'][@value='back']/../input[@name='number']/@value")[0]
    page(client.post(link, {"act": "back", "number": "x"}))
    page(client.post(link, {"act": "back", "number": str(10**25)}))
    at["now"] = NOW + 30 * DAY
    page(client.post(link, {"act": "back", "number": number}))
    assert subscriptions.wishes_of(anna()) == [BORDERS, ROME]
    subscriptions.drop(anna(), ROME, at["now"])
    assert subscriptions.dropped(anna(), at["now"] + 31 * DAY) == []
    page(client.post(link, {"act": "one", "held": key(1)}))
    assert (anna().state, subscriptions.wishes_of(anna())) == ("active", [BORDERS])


@pytest.mark.usefixtures("x")
def test_why_somebody_left_is_kept_once_and_says_nothing_of_whom(client: Client) -> None:
    link = links.link(Purpose.UNSUBSCRIBE, person(), NOW)
    page(client.post(link))
    page(client.post(link, {"act": "why"}))
    page(client.post(link, {"act": "why", "reason": "too_much", "words": "So  many\n" + "x" * 400}))
    page(client.post(link, {"act": "why", "reason": "feed"}))
    said = Farewell.objects.get()
    assert (said.reason, said.words[:9], len(said.words), said.on) == (
        "too_much",
        "So many x",
        300,
        NOW.date(),
    )
    assert {field.name for field in Farewell._meta.get_fields()} == {"id", "reason", "words", "on"}
    assert anna().state == "left"


@pytest.mark.usefixtures("x")
def test_reasons_are_counted_in_the_admin(admin_client: Client) -> None:
    for reason in ("feed", "feed", "other"):
        Farewell.objects.create(reason=reason, words="<b>x</b>", on=NOW.date())
    shown = admin_client.get("/admin/notifier/farewell/").content.decode()
    assert re.search(r"I read it another way</th><td[^>]*>2</td>", shown)
    assert "<b>x</b>" not in shown


@pytest.mark.holds("M6")
@pytest.mark.usefixtures("x")
def test_who_left_is_told_once_a_day_and_nothing_else_leaves(client: Client, at: dict[str, datetime]) -> None:
    found = person(language="de")
    Delivery.objects.create(dispatch_id=10**9, subscriber_id=found.pk, edition_id=1, lane=2)
    link = links.link(Purpose.UNSUBSCRIBE, found, NOW - timedelta(days=730))
    for _ in range(3):
        client.post(link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert layouts() == ["gone"]
    waiting = Delivery.objects.filter(subscriber_id=found.pk, state__in=(0, 2))
    assert [delivery.lane for delivery in waiting] == [0]
    told = mail("gone")
    assert told.subject == "Sie sind abgemeldet"
    assert "List-Unsubscribe" not in told.headers
    at["now"] = NOW + 30 * DAY
    undo = path_in(told, "unsubscribe")
    assert page(client.get(undo)).xpath("//input[@value='undo']")
    page(client.post(undo, {"act": "undo"}))
    assert anna().state == "active"
    client.post(link)
    at["now"] += 31 * DAY
    late = page(client.get(link))
    assert not late.xpath("//input[@value='undo']")
    page(client.post(link, {"act": "undo"}))
    assert anna().state == "left"


@pytest.mark.usefixtures("x")
def test_who_never_confirmed_is_not_told_of_leaving(client: Client) -> None:
    client.post(links.link(Purpose.UNSUBSCRIBE, person(confirmed=False), NOW))
    assert (layouts(), anna().state) == ([], "left")


@pytest.mark.usefixtures("x")
def test_a_change_by_a_link_is_told_to_the_owner(client: Client) -> None:
    link = links.link(Purpose.MANAGE, person(BORDERS, ROME), NOW)
    client.post(link, {"act": "remove", "held": key(2)})
    client.post(
        link, {"act": "save", "held": key(1), "frequency": "weekly", "minute": "480", "topic": "policing"}
    )
    assert layouts() == ["changed"]
    assert "Border management · Every day at 07:00, Vienna time" in mail("changed").text.replace("\n  ", " ")


@pytest.mark.usefixtures("x")
def test_the_welcome_shows_the_choice_its_first_day_and_a_sample(client: Client) -> None:
    found = person(BORDERS, Wish(of(["rome"]), "instant"), confirmed=False, language="en")
    for _ in range(2):
        page(client.post(links.link(Purpose.CONFIRM, found, NOW)))
    assert layouts() == ["welcome"]
    seen = mail("welcome")
    for text in (seen.text, words(seen.page)):
        flat = " ".join(text.split())
        assert "Border management · Every day at 07:00, Vienna time" in flat
        assert re.search(r"The first digest comes on \w+, \d+ \w+ \d+ at 07:00, Vienna time", flat)
        assert "Alerts reach you as soon as" in flat
        assert flat.index("Guards in Vienna") < flat.index("Guards in Rome")
        assert "Police in Vienna" not in flat
    path_in(seen, "unsubscribe")
    page(client.get(path_in(seen, "manage")))


@pytest.mark.usefixtures("x")
def test_a_sample_that_was_withdrawn_since_is_in_no_welcome(client: Client) -> None:
    client.post(links.link(Purpose.CONFIRM, person(confirmed=False), NOW))
    letters.render(Edition.objects.get(layout="welcome"))
    withdrawals.follow(NOW)
    Release.objects.filter(title="Guards in Rome").update(state="withdrawn")
    jobs.look(NOW)
    seen = mail("welcome")
    assert "Guards in Vienna" in seen.text
    assert "Guards in Rome" not in seen.text


@pytest.mark.holds("S1")
@pytest.mark.usefixtures("x")
def test_no_address_in_any_letter_changes_anything_when_it_is_fetched(client: Client) -> None:
    found = person(BORDERS, ROME, confirmed=False)
    client.post(links.link(Purpose.CONFIRM, found, NOW))
    client.post(links.link(Purpose.MANAGE, found, NOW), {"act": "move", "email": "new@example.org"})
    client.post(links.link(Purpose.MANAGE, found, NOW), {"act": "remove", "held": key(2)})
    client.post(links.link(Purpose.UNSUBSCRIBE, found, NOW))
    assert layouts() == ["welcome", "moving", "move", "changed", "gone"]
    seen = [mail(layout) for layout in layouts()]
    paths = {
        url.removeprefix("http://localhost:8000")
        for one in seen
        for url in one.links()  # type: ignore[no-untyped-call]
        if url.startswith("http://localhost:8000/")
    }
    assert len(paths) >= 6
    before = everything()
    for path in paths:
        for method in ("get", "head") * 3:
            assert getattr(client, method)(path).status_code in {200, 302, 404}, path
    assert everything() == before


@pytest.mark.holds("P2")
@pytest.mark.usefixtures("x")
def test_two_pages_and_one_mail_in_and_two_clicks_out(client: Client, browser: Browser) -> None:
    """The forms are pressed as a browser without scripts does it; what each page shows is looked at in a real one."""
    front = page(client.get("/?topic=borders"))
    assert front.xpath("//input[@name='email']")
    page(client.post("/subscribe", FORM, follow=True))
    assert layouts() == ["confirm"]
    link = path_in(mail("confirm"), "confirm")
    assert browser.look_at(client, link, width=320).faults == []
    [button] = page(client.get(link)).xpath("//main//form[@method='post']//button")
    assert button.get("name") is None
    assert "You are subscribed" in words(page(client.post(link)))
    away = path_in(mail("welcome"), "unsubscribe")
    assert browser.look_at(client, away).faults == []
    gone = page(client.post(away, {"act": "leave"}))
    assert "You have unsubscribed" in words(gone)
    assert gone.xpath("//input[@name='act'][@value='undo']")
    page(client.post(away, {"act": "undo"}))
    assert anna().state == "active"


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_are_accessible_and_fit_a_narrow_screen(
    client: Client, browser: Browser, dark: bool
) -> None:
    found = person(BORDERS, ROME, language="ru")
    manage, away = links.link(Purpose.MANAGE, found, NOW), links.link(Purpose.UNSUBSCRIBE, found, NOW)
    client.post(manage, {"act": "feed"})
    client.post(away, {"act": "one", "held": key(2)})
    client.post(manage, {"act": "pause"})
    client.post(manage, {"act": "move", "email": "new@example.org"})
    client.post(manage, {"act": "link"})
    fresh = path_in(mail("manage"), "manage")
    for path in (manage, away, f"{fresh}/erase", path_in(mail("moving"), "move")):
        sight = browser.look_at(client, path, dark=dark, width=320, rules=AGAIN if dark else ())
        assert sight.faults == [], path
        assert not sight.scrolls_sideways, path


@pytest.mark.usefixtures("x")
def test_of_a_single_subscription_nothing_is_left_by_the_button_for_one_of_several(client: Client) -> None:
    link = links.link(Purpose.UNSUBSCRIBE, person(), NOW)
    answer = words(page(client.post(link, {"act": "one", "held": key(1)})))
    assert "Done" not in answer
    assert anna().state == Subscriber.State.ACTIVE


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("words_", ["too\0 much", "\u202etoo much", "\ud800"])
def test_whatever_is_typed_as_a_reason_is_taken(client: Client, words_: str) -> None:
    link = links.link(Purpose.UNSUBSCRIBE, person(), NOW)
    client.post(link, {"act": "leave"})
    body = urlencode({"act": "why", "reason": "other", "words": words_.encode("utf-8", "surrogatepass")})
    answer = client.post(link, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert "\0" not in Farewell.objects.get().words


@pytest.mark.usefixtures("x")
def test_a_watch_of_what_is_no_key_is_none(client: Client) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    assert client.post(link, {"act": "unwatch", "key": "a\0b"}).status_code == 303
    assert client.get("/watch/a%00b").status_code == 404
    token = tokens.make(Purpose.UNWATCH, anna().pk, 0, NOW.date())
    assert client.post(f"/unwatch/a%00b/{token}").status_code == 404


@pytest.mark.holds("M6")
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"List-Unsubscribe=One-Click"),
        ("application/x-www-form-urlencoded; charset=iso-8859-1", b"List-Unsubscribe=One-Click"),
        ("application/x-www-form-urlencoded", b"&a=1" * 2000),
        ("text/plain", b"\xff"),
    ],
)
@pytest.mark.usefixtures("x")
def test_one_click_is_taken_however_its_body_is_written(client: Client, kind: str, body: bytes) -> None:
    link = links.link(Purpose.UNSUBSCRIBE, person(BORDERS), NOW)
    assert [client.generic("POST", link, body, kind).status_code for _ in range(2)] == [200, 200]
    assert anna().state == "left"

"""Editions into messages: what a person reads, and that it is the same whenever it is asked for."""

import re
from datetime import date

import pytest

from notifier import letters, post, tokens
from notifier.letters import Empty
from notifier.models import Chain, Delivery, Dispatch, Edition, Rendering
from tests.notifier.mailing import (
    MORNING,
    a_chain,
    a_dispatch,
    a_newsroom,
    a_release,
    a_subscriber,
    an_office,
    hide,
)
from tests.notifier.reading import CHOICE, message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _newsroom(db):
    a_newsroom()


def a_digest(**kwargs):
    guards = a_release(
        "OSCE organizes training of trainers course for canine border guards in Turkmenistan",
        ["border-management", "countering-terrorism"],
        summary="A training of trainers (ToT) course for canine border guards opened on 17 February 2025.",
        url="https://www.osce.org/guards",
    )
    guards.offices.add(an_office("osce-centre-in-ashgabat", "OSCE Centre in Ashgabat"))
    violence = a_release(
        "Statement on the brutal killing in Kalesija", summary="", published_on=date(2025, 2, 13)
    )
    return a_dispatch([], [guards, violence], **kwargs)


@pytest.mark.holds("M4")
def test_a_digest_says_what_is_in_it_and_why():
    found = message(a_digest())
    assert found.types == ["text/plain", "text/html"]
    assert str(found.headers["subject"]) == "2 new: Border management"
    [heading] = found.page.iter("h1")
    assert heading.text_content() == "2 new releases for you"
    assert [h2.text_content() for h2 in found.page.iter("h2")] == [
        "OSCE organizes training of trainers course for canine border guards in Turkmenistan",
        "Statement on the brutal killing in Kalesija",
    ]
    assert "Monday, 17 February 2025 · your daily digest, 07:00 Vienna time" in found.text
    assert "Yours because of Border management" in found.text
    assert "also in Countering terrorism" in found.page.text_content()
    assert CHOICE in found.page.text_content()
    assert CHOICE in found.text.replace("\n", " ")
    assert "https://www.osce.org/guards" in found.links()


@pytest.mark.holds("M4")
def test_the_html_is_fit_for_everybody():
    found = message(a_digest())
    assert found.page.get("lang") == "en"
    assert found.page.get("dir") == "ltr"
    assert all(table.get("role") == "presentation" for table in found.page.iter("table"))
    assert "prefers-color-scheme: dark" in found.html
    assert not list(found.page.iter("img", "script", "link", "iframe"))
    assert "url(" not in found.html
    assert len(found.html.encode()) < 100_000
    assert all(link.startswith(("http://localhost:8000/", "https://www.osce.org/")) for link in found.links())


@pytest.mark.holds("M4")
def test_the_way_out_is_in_text_and_html_and_works():
    dispatch, ada = a_digest(), a_subscriber()
    found = message(dispatch, ada)
    for kind, purpose in (("unsubscribe", tokens.Purpose.UNSUBSCRIBE), ("manage", tokens.Purpose.MANAGE)):
        [in_html] = {link for link in found.links() if f"/{kind}/" in link}
        assert in_html in found.text
        claim = tokens.read(purpose, in_html.rsplit("/", 1)[1], MORNING.date())
        assert (claim.subscriber, claim.reference) == (ada.pk, dispatch.pk)
    [way_out] = [link for link in found.links() if "/unsubscribe/" in link]
    assert found.headers["list-unsubscribe"] == f"<{way_out}>"


def test_a_single_alert_is_called_by_its_title():
    dispatch = a_dispatch(
        [], [a_release("Spot report — shots near Stanytsia", ["border-management"])], "alert",
        lane=Dispatch.Lane.ALERT, chain=a_chain("instant", "UTC", 0),
    )  # fmt: skip
    found = message(dispatch)
    assert str(found.headers["subject"]) == "Spot report — shots near Stanytsia"
    assert "17 February 2025 · 07:00 Vienna time" in found.text


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("de", "Montag, 17. Februar 2025"),
        ("fr", "lundi 17 février 2025"),
        ("ru", "понедельник, 17 февраля 2025"),
    ],
)
def test_another_language_writes_its_own_dates_and_its_own_frame(language, day):
    found = message(a_digest(language=language))
    assert found.page.get("lang") == language
    assert found.headers["content-language"] == language
    assert day in found.text
    assert "Unsubscribe" not in found.text
    assert "for you" not in found.page.text_content()
    assert {link.get("lang") for h2 in found.page.iter("h2") for link in h2.iter("a")} == {"en"}


@pytest.mark.holds("E7")
@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script> & <b>bold</b>", "{{ 7 * 7 }} {% raw %}", "\ufdd0unsubscribe\ufdd1", "=?utf-8?q?x?=",
        "%(count)s %s", "a\r\nBcc: x@y.z", "</td></table><h1>Ignore previous instructions</h1>", "\x01\x07\u202e", " ",
    ],
)  # fmt: skip
def test_a_title_stays_text(title):
    found = message(a_dispatch([], [a_release(title, ["border-management"], summary=title)]))
    shown = " ".join(re.sub("[\x00-\x1f\ufdd0\ufdd1\u202e]", "" if "\r" not in title else " ", title).split())
    shown = shown or "Untitled"
    [h1] = found.page.iter("h1")
    assert h1.text_content().strip() == shown
    assert str(found.headers["subject"]) == shown
    assert shown in found.text.replace("\n", " ")
    assert not list(found.page.iter("script", "b"))
    assert "bcc" not in found.headers


def test_a_foreign_address_that_is_none_of_the_web_leads_to_our_own_page():
    release = a_release("A", ["border-management"], url="javascript:alert(1)")
    assert (
        f"http://localhost:8000/releases/{release.standing.key}" in message(a_dispatch([], [release])).links()
    )


@pytest.mark.holds("M4")
def test_a_digest_that_would_be_too_large_says_how_many_more_there_are():
    many = [a_release(f"Release {n}", ["border-management"], summary="Слово " * 200) for n in range(110)]
    found = message(a_dispatch([], many))
    assert 60_000 < len(found.html.encode()) < 100_000
    told = len(list(found.page.iter("h2")))
    assert 30 < told < 110
    assert f"and {110 - told} more on the web" in found.page.text_content()
    assert f"and {110 - told} more on the web" in found.text
    assert str(found.headers["subject"]).startswith("110 new: ")


def test_what_is_not_shown_any_more_is_not_in_it():
    kept, gone = a_release("Kept", ["border-management"]), a_release("Gone", ["border-management"])
    dispatch = a_dispatch([], [kept, gone])
    hide(gone)
    found = message(dispatch)
    assert "Kept" in found.text
    assert "Gone" not in found.text
    assert b"Gone" not in found.raw


def test_an_edition_of_which_nothing_is_left_has_no_message():
    gone = a_release("Gone")
    dispatch = a_dispatch([], [gone])
    hide(gone)
    with pytest.raises(Empty):
        letters.render(dispatch.editions.get())
    assert letters.patterns([dispatch.editions.get()]) == {dispatch.editions.get().pk: None}
    assert not Rendering.objects.exists()


def test_a_version_is_rendered_once_and_stays_as_it_is():
    release = a_release("First wording", ["border-management"])
    dispatch = a_dispatch([], [release])
    ada = a_subscriber()
    first = message(dispatch, ada)
    type(release).objects.update(title="Second wording")
    assert message(dispatch, ada).raw == first.raw
    Edition.objects.update(version=2)
    second = message(dispatch, ada)
    assert "Second wording" in second.text
    assert second.headers["message-id"] == first.headers["message-id"]
    assert second.headers["date"] == first.headers["date"]
    assert Rendering.objects.count() == 2


def test_whoever_renders_second_sends_what_the_first_rendered():
    release = a_release("First wording", ["border-management"])
    edition = a_dispatch([], [release]).editions.get()
    first = letters.render(edition)
    late = Rendering(edition=edition, version=1, message=b"\x01 something else")
    Rendering.objects.bulk_create([late], ignore_conflicts=True)
    assert letters.render(edition) == first


def test_two_people_get_messages_that_differ_in_their_own_things_only():
    dispatch = a_digest()
    ada, bob = message(dispatch, a_subscriber()), message(dispatch, a_subscriber("bob@example.org"))
    assert ada.headers["message-id"] != bob.headers["message-id"]
    link = re.compile(r"/(manage|unsubscribe|watch/key[0-9]+)/[\w-]+")
    assert link.sub("", ada.text) == link.sub("", bob.text)
    assert ada.html != bob.html


@pytest.mark.parametrize(
    ("layout", "link", "words"),
    [
        ("confirm", "/confirm/", "Please confirm your subscription"),
        ("manage", "/manage/", "The link to your subscription"),
        ("add", "/add/", "Add this to your subscription?"),
        ("welcome", "/manage/", "You are subscribed"),
    ],
)
def test_letters_to_one_person(layout, link, words):
    ada = a_subscriber()
    dispatch = post.letter(ada, layout, {"choices": ["Border management <b>", "Everything"]}, MORNING)
    found = message(dispatch, ada)
    assert str(found.headers["subject"]) == words
    assert ("list-unsubscribe" in found.headers) == (layout == "welcome")
    [item, _] = found.page.iter("li")
    assert item.text_content() == "Border management <b>"
    assert "- Everything" in found.text
    [address] = [href for href in found.links() if link in href]
    assert address in found.text
    purpose = next(p for p in tokens.Purpose if link == f"/{p.word}/")
    claim = tokens.read(purpose, address.rsplit("/", 1)[1], MORNING.date())
    assert (claim.subscriber, claim.reference, claim.issued_on) == (ada.pk, dispatch.pk, MORNING.date())


def test_a_letter_is_a_dispatch_of_its_own_in_the_first_lane():
    ada = a_subscriber()
    dispatch = post.letter(ada, "manage", {}, MORNING)
    row = Delivery.objects.get()
    assert (dispatch.lane, dispatch.state, dispatch.chain) == (
        Dispatch.Lane.LETTER,
        Dispatch.State.READY,
        None,
    )
    assert (row.dispatch_id, row.subscriber_id, row.lane, row.state) == (dispatch.pk, ada.pk, 0, 0)
    assert "ada" not in str(Edition.objects.values().get())


def test_a_weekly_digest_says_so():
    Chain.objects.all().delete()
    found = message(a_digest(chain=a_chain("weekly", "Asia/Tashkent", 450)))
    assert "your weekly digest, 07:30 Tashkent time" in found.text

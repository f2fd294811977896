"""Texts and previews in the admin site."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from lxml import html

from config import revisions
from config.models import Revision
from feeds.models import Standing
from feeds.selection import Facts
from notifier.models import Text
from tests.config.drafting_kit import Hasty
from tests.config.samples import NOW, shipped
from tests.notifier.mailing import a_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    revisions.apply(shipped(), "start", "start", now=NOW)
    client = Hasty()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def change(key):
    return reverse("admin:notifier_text_change", args=[Text.objects.get(key=key).pk])


def page(response):
    return html.document_fromstring(response.content.decode())


def frames(found):
    return [frame.get("srcdoc") for frame in found.iter("iframe")]


def test_a_text_is_saved_as_a_revision(ada):
    response = ada.post(change("footer"), {"en": "Call us.", "ru": "Звоните."}, follow=True)
    assert response.status_code == 200
    assert Text.objects.get(key="footer").words == {"en": "Call us.", "ru": "Звоните."}
    revision = Revision.objects.order_by("-number").first()
    assert (revision.number, revision.way) == (2, "admin")
    assert "Call us." in ada.get(change("footer")).content.decode()


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [
        ("heading", "{{ titel }}", "en line 1: there is no {{ titel }}; expected text, {{ sentence }}"),
        ("footer", "{% for x in y %}{% endfor %}", "en line 1: a loop is not allowed; expected text"),
    ],
)
def test_a_faulty_text_is_refused_at_its_field(ada, key, words, said):
    response = ada.post(change(key), {"en": words})
    assert response.status_code == 200
    assert said in page(response).text_content()
    assert Text.objects.get(key=key).words == {}
    assert Revision.objects.count() == 1


def test_the_page_shows_heralds_own_words_in_each_language(ada):
    said = page(ada.get(change("welcome-subject"))).text_content()
    assert "Empty: You are subscribed" in said
    assert "Empty: Вы подписаны" in said


def test_a_draft_is_shown_in_every_message_before_it_is_saved(ada):
    address = reverse("admin:notifier_text_preview", args=[Text.objects.get(key="greeting").pk])
    response = ada.post(address, {"en": "Good morning.", "ru": "Доброе утро.", "preview": "ru"})
    found = page(response)
    shown = frames(found)
    assert len(shown) == 4 * 6  # light and dark, wide and narrow, of six kinds of message
    assert all("Доброе утро." in document for document in shown)
    assert [("@media all" in document, "@media not all" in document) for document in shown[:4]] == [
        (False, True), (False, True), (True, False), (True, False),
    ]  # fmt: skip
    assert "Доброе утро." in found.find(".//pre").text
    assert Text.objects.get(key="greeting").words == {}
    assert ada.get(address).status_code == 405


def test_a_faulty_draft_says_why_and_shows_heralds_own(ada):
    address = reverse("admin:notifier_text_preview", args=[Text.objects.get(key="heading").pk])
    found = page(ada.post(address, {"en": "{{ titel }}", "preview": "en"}))
    assert "en line 1: there is no {{ titel }}" in found.text_content()
    assert "12 new releases for you" in frames(found)[4]


def test_a_preview_shows_a_selections_newest_releases(ada):
    dogs = a_release("Dogs at the border", ["border-management"])
    Standing.objects.filter(pk=dogs.pk).update(facts=Facts(topics=frozenset({"border-management"})).to_json())
    a_release("Something else", ["education"])
    address = reverse("admin:notifier_edition_preview")
    found = page(ada.get(address, {"selection": "topic=border-management", "language": "de"}))
    assert [frame.count("Dogs at the border") > 0 for frame in frames(found)] == [True] * 4
    assert "Something else" not in frames(found)[0]
    assert "Abmelden" in frames(found)[0]
    assert (
        "There is no topic nowhere." in page(ada.get(address, {"selection": "topic=nowhere"})).text_content()
    )
    assert "No release matches" in page(ada.get(address, {"selection": "topic=youth"})).text_content()
    assert "Withdrawn:" in frames(page(ada.get(address, {"kind": "withdrawal"})))[0]


def test_frames_can_do_nothing(ada):
    a_release("<script>alert(1)</script>", ["border-management"])
    found = page(ada.get(reverse("admin:notifier_edition_preview")))
    for frame in found.iter("iframe"):
        assert frame.get("sandbox") == ""
        assert "default-src 'none'" in frame.get("srcdoc")
        assert "<script" not in frame.get("srcdoc")


def test_a_stranger_sees_neither(ada):
    User.objects.create_user("charlie", is_staff=True)
    charlie = Client()
    charlie.force_login(User.objects.get(username="charlie"))
    text = reverse("admin:notifier_text_preview", args=[Text.objects.get(key="footer").pk])
    assert charlie.get(reverse("admin:notifier_edition_preview")).status_code == 403
    assert charlie.post(text, {"en": "x"}).status_code == 403

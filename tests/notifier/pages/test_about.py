"""What people agree to, and what the pages about privacy and accessibility say of this installation."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from notifier import dossier, erasures, partitions, tokens
from notifier.models import Consent
from notifier.pages import links
from notifier.tokens import Purpose
from tests.feeds.stories import NOW
from tests.notifier.pages.people import ANNA, anna, everything, person
from tests.wellformed import page, words

pytestmark = pytest.mark.usefixtures("x")


@pytest.mark.holds("S9")
def test_each_consent_keeps_instant_wording_language_and_way(client: Client) -> None:
    link = links.link(Purpose.CONFIRM, person(confirmed=False, language="de"), NOW)
    shown = words(page(client.get(link)))
    assert not Consent.objects.exists()
    client.post(link)
    client.post(link)
    [consent] = Consent.objects.all()
    assert (consent.at, consent.language, consent.way) == (NOW, "de", "page")
    assert consent.wording in shown
    assert consent.what in shown or consent.what == "Border management"
    assert dossier.of(anna(), NOW)["consents"][0]["wording"] == consent.wording
    erasures.erase(anna(), NOW)
    assert not Consent.objects.exists()


@pytest.mark.parametrize("tongue", ["en", "fr", "de", "it", "ru", "es"])
def test_the_privacy_page_tells_the_periods_of_this_installation(
    client: Client, settings: object, tongue: str
) -> None:
    settings.LEDGER_DAYS = 77  # type: ignore[attr-defined]
    tree = page(client.get(f"/privacy?lang={tongue}"))
    rows = [words(row) for row in tree.xpath("//table//tbody/tr")]
    assert len(rows) == 17
    kept = 77 + partitions.leeway().days
    assert any(f"{kept} " in row for row in rows)
    assert tree.xpath("//a[@href='/manage/']")
    assert page(client.get(f"/accessibility?lang={tongue}")).find(".//h1") is not None
    assert tree.xpath("//footer//a[@href='/accessibility']")


@pytest.mark.holds("M6")
def test_the_link_of_who_has_been_erased_still_answers_that_nothing_comes(client: Client) -> None:
    token = tokens.make(Purpose.UNSUBSCRIBE, person().pk, 0, NOW.date())
    erasures.erase(anna(), NOW)
    before = everything()
    answer = client.post(f"/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "Nothing is sent to you" in answer.content.decode()
    assert everything() == before
    page(client.get(f"/manage/{tokens.make(Purpose.MANAGE, 7, 0, NOW.date())}"), status=404)


@pytest.mark.holds("S9")
def test_nothing_of_who_was_erased_is_in_any_file(client: Client, settings: object) -> None:
    person()
    client.post(links.link(Purpose.CONFIRM, anna(), NOW))
    erasures.erase(anna(), NOW)
    home = Path(settings.HERALD_HOME)  # type: ignore[attr-defined]
    found = [path for path in home.rglob("*") if path.is_file() and b"anna@" in path.read_bytes().lower()]
    assert found == []
    assert ANNA.startswith("anna@")

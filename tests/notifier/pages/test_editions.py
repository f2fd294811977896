"""An edition on the web: the same for everybody, for years, and of what was withdrawn only that it was."""

import re
from datetime import timedelta

import pytest
from lxml import html

from config import clock
from feeds.models import Release, Standing
from notifier import letters, tokens
from notifier.models import Correction, Delivery, Dispatch, Edition, EditionRelease
from notifier.tokens import Purpose
from tests.notifier.mailing import MORNING, a_dispatch, a_newsroom, a_release, a_subscriber, hide
from tests.notifier.reading import message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _newsroom(db):
    a_newsroom(edition_most=2)


def path_of(dispatch):
    address = letters.web_address(dispatch.editions.get().pk, dispatch.made_at.date())
    return address.removeprefix("http://localhost:8000")


def page(client, dispatch, query=""):
    response = client.get(path_of(dispatch) + query)
    assert response.status_code == 200
    return response, html.document_fromstring(response.content.decode())


def headings(found):
    return [" ".join(h.text_content().split()) for h in found.find("body//main").iter("h1", "h2", "h3")]


def test_it_says_what_the_message_says_and_leaves_nothing_out(client):
    many = [a_release(f"Release {n}", ["border-management"], summary=f"About {n}.") for n in range(5)]
    dispatch = a_dispatch([], many)
    _, found = page(client, dispatch)
    assert headings(found) == ["5 new releases", *(f"Release {n}" for n in range(5))]
    assert "About 4." in found.text_content()
    assert "Sent because of Border management" in " ".join(found.text_content().split())
    assert "Sent by e-mail: Monday, 17 February 2025" in found.text_content()
    assert path_of(dispatch) in "".join(message(dispatch).links())


def test_it_is_for_everybody_and_knows_nobody(client):
    dispatch = a_dispatch([a_subscriber()], [a_release("A"), a_release("B")])
    response, found = page(client, dispatch)
    body = response.content.decode()
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert found.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert not re.search(r"/(manage|unsubscribe|confirm)/[\w-]{10}", body)
    assert "ada" not in body
    assert "Yours" not in body
    assert 'href="/#yours"' in body
    assert tokens.read(Purpose.EDITION, path_of(dispatch).rpartition("/")[2], MORNING.date()).subscriber == 0


@pytest.mark.holds("S1")
def test_looking_at_it_changes_nothing(client):
    dispatch = a_dispatch([a_subscriber()], [a_release("A"), a_release("B")])
    models = (Edition, Dispatch, Delivery, Release, Standing)
    before = [list(model.objects.values()) for model in models]
    for _ in range(3):
        assert client.get(path_of(dispatch)).status_code == 200
        assert client.head(path_of(dispatch)).status_code == 200
    assert client.post(path_of(dispatch)).status_code == 405
    assert [list(model.objects.values()) for model in models] == before


def test_what_was_withdrawn_is_told_in_its_place_without_its_words(client):
    kept, gone = (
        a_release("Kept"),
        a_release("A libel", summary="More of it.", withdrawn_reason="It was not true."),
    )
    dispatch = a_dispatch([], [gone, kept])
    hide(gone)
    response, found = page(client, dispatch)
    assert headings(found) == [
        "1 new release and 1 withdrawal",
        "Withdrawn on 17 February 2025, 07:00",
        "Kept",
    ]
    assert "It was not true." in found.text_content()
    assert f"/releases/{gone.standing.key}" in response.content.decode()
    assert "libel" not in response.content.decode()
    assert "More of it" not in response.content.decode()


def test_what_was_taken_out_before_the_message_left_is_told_too(client):
    kept, gone = a_release("Kept"), a_release("Gone")
    dispatch = a_dispatch([], [gone, kept])
    hide(gone)
    Edition.objects.update(content=[{"release": kept.pk, "because": []}], version=2)
    assert EditionRelease.objects.count() == 2
    _, found = page(client, dispatch)
    assert headings(found)[1:] == ["Kept", "Withdrawn on 17 February 2025, 07:00"]


def test_what_is_under_embargo_again_is_not_there_at_all(client):
    kept, embargoed = a_release("Kept"), a_release("Embargoed")
    dispatch = a_dispatch([], [embargoed, kept])
    Release.objects.filter(pk=embargoed.pk).update(state=Release.State.SCHEDULED)
    Standing.objects.filter(pk=embargoed.pk).update(shown=False, gone_at=MORNING)
    response, found = page(client, dispatch)
    assert headings(found) == ["1 new release", "Kept"]
    assert embargoed.standing.key not in response.content.decode()
    Release.objects.update(state=Release.State.SCHEDULED)
    Standing.objects.update(shown=False)
    _, found = page(client, dispatch)
    assert headings(found) == ["Nothing to read here any more"]


def test_it_shows_the_releases_as_they_are_now(client):
    release = a_release("First wording", editors_note="A name was wrong.")
    dispatch = a_dispatch([], [release])
    Release.objects.update(title="Second wording")
    Standing.objects.update(announced_at=MORNING, corrected_at=MORNING + timedelta(hours=2))
    _, found = page(client, dispatch)
    assert headings(found)[1] == "Corrected: Second wording"
    assert "Corrected on 17 February 2025, 09:00" in found.text_content()
    assert "A name was wrong." in found.text_content()


def test_it_speaks_the_editions_language_unless_another_is_asked_for(client):
    dispatch = a_dispatch([], [a_release("A"), a_release("B")], language="ru")
    response, found = page(client, dispatch)
    assert (found.get("lang"), response.headers["Content-Language"]) == ("ru", "ru")
    assert headings(found)[0] == "2 новые публикации"
    assert page(client, dispatch, "?lang=de")[1].get("lang") == "de"


def test_it_works_for_years_and_then_says_that_it_has_expired(client, monkeypatch):
    path = path_of(a_dispatch([], [a_release("A")]))
    for years, status in ((9, 200), (11, 410)):
        monkeypatch.setattr(clock, "now", lambda later=MORNING + timedelta(days=365 * years): later)
        assert client.get(path).status_code == status


@pytest.mark.holds("S7")
def test_only_its_own_token_opens_it(client):
    dispatch = a_dispatch([], [a_release("A")])
    number, today = dispatch.editions.get().pk, clock.now().date()
    for purpose in (Purpose.MANAGE, Purpose.UNSUBSCRIBE, Purpose.CONFIRM):
        assert client.get(f"/editions/{tokens.make(purpose, 0, number, today)}").status_code == 404
    for made in (tokens.make(Purpose.EDITION, 0, number + 1, today), "A" * 46, "x"):
        assert client.get(f"/editions/{made}").status_code == 404


def test_a_letter_to_one_person_has_no_page(client):
    dispatch = a_dispatch([], [a_release("A")])
    Edition.objects.update(content={"choices": ["what one person chose"]}, layout="confirm")
    assert client.get(path_of(dispatch)).status_code == 404


def test_a_title_in_it_stays_text(client):
    dispatch = a_dispatch([], [a_release("<script>alert(1)</script> {{ 7*7 }}")])
    _, found = page(client, dispatch)
    assert headings(found)[1] == "<script>alert(1)</script> {{ 7*7 }}"


@pytest.mark.parametrize("kind", [Correction.Kind.CORRECTED, Correction.Kind.WITHDRAWN])
def test_a_release_that_was_corrected_in_it_and_is_withdrawn_now_is_told_once(client, kind):
    gone, kept = a_release("Mistaken"), a_release("Kept")
    dispatch = a_dispatch([], [kept])
    made = Correction.objects.create(
        release_id=gone.pk, kind=kind, number=2, title=gone.title, made_at=MORNING
    )
    edition = dispatch.editions.get()
    edition.content = [*edition.content, {"release": gone.pk, "correction": made.pk}]
    edition.save()
    hide(gone)
    _, found = page(client, dispatch)
    assert headings(found)[0] == "1 new release and 1 withdrawal"
    assert len(headings(found)) == 3

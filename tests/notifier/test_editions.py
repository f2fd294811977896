"""What an edition says, in which order, and how it reads."""

from datetime import UTC, date, datetime, timedelta

import pytest

from feeds.models import Newsroom, Office, Release, ReleaseType, Standing, Topic
from notifier import letters, samples, tokens
from notifier.models import Correction, Edition, Rendering
from tests.notifier.mailing import (
    MORNING,
    a_chain,
    a_dispatch,
    a_newsroom,
    a_release,
    a_subscriber,
    a_topic,
    an_office,
    hide,
)
from tests.notifier.reading import message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _newsroom(db):
    a_newsroom()


def an_edition(*items, language="en", layout="digest"):
    """A dispatch whose edition holds (release, its reasons, what else its item says)."""
    dispatch = a_dispatch([], [], layout, language)
    content = [
        {"release": release.pk, "because": [list(reason) for reason in because], **more}
        for release, because, more in items
    ]
    Edition.objects.filter(dispatch=dispatch).update(content=content)
    return dispatch


def because(*slugs):
    return [("topic", slug) for slug in slugs]


def of_topics(*slugs):
    """One release a slug, called after it and its place."""
    return [(a_release(f"{slug} {n}", [slug]), because(slug), {}) for n, slug in enumerate(slugs)]


def a_correction(release, note="", kind=Correction.Kind.CORRECTED):
    """What an edition's item says of it."""
    made = Correction.objects.create(
        release_id=release.pk, kind=kind, number=2, title=release.title, note=note, made_at=MORNING
    )
    return {"correction": made.pk}


def corrected(release, minutes):
    """As `notice` does when an editor corrects it, so many minutes after it was announced."""
    Standing.objects.filter(pk=release.pk).update(
        announced_at=MORNING, corrected_at=MORNING + timedelta(minutes=minutes)
    )


def test_a_digest_of_many_has_sections_by_topic_and_each_release_once():
    both = a_release("Both", ["elections", "border-management"])
    dispatch = an_edition(
        *of_topics("border-management", "elections", "border-management"),
        (both, because("elections", "border-management"), {}),
    )
    found = message(dispatch)
    assert found.headings("h1") == ["4 new releases for you"]
    assert found.headings("h2") == ["Border management", "Elections"]
    assert found.headings("h3") == ["border-management 0", "border-management 2", "elections 1", "Both"]
    assert "Border management\n-----------------\n\n1. border-management 0" in found.text
    assert "4. Both" in found.text


def test_sections_by_office_take_the_first_of_the_reasons_then_the_releases_own():
    a_newsroom(edition_sections="office")
    skopje, vienna = an_office("skopje", "Skopje"), an_office("vienna", "Vienna")
    first, second, third = (a_release(title, ["elections"]) for title in ("A", "B", "C"))
    first.offices.set([vienna, skopje])
    second.offices.set([vienna])
    found = message(
        an_edition(
            (first, [("office", "skopje")], {}),
            (second, because("elections"), {}),
            (third, because("elections"), {}),
            (a_release("D"), [("untagged", "")], {}),
        )
    )
    assert found.headings("h2", "h3") == ["Skopje", "A", "Vienna", "B", "Other releases", "C", "D"]


@pytest.mark.parametrize("count", [2, 3])
def test_a_few_releases_need_no_sections(count):
    found = message(an_edition(*of_topics(*["elections", "border-management", "education"][:count])))
    assert len(found.headings("h2")) == count
    assert found.headings("h3") == []


def test_a_newsroom_may_do_without_sections():
    a_newsroom(edition_sections="none")
    found = message(an_edition(*of_topics("elections", "border-management", "education", "migration")))
    assert len(found.headings("h2")) == 4


def test_a_correction_is_told_first_and_in_words():
    mistaken = a_release("The minister's name", ["elections"])
    dispatch = an_edition(
        *of_topics("elections", "border-management"),
        (mistaken, because("elections"), a_correction(mistaken, "It is spelled Rossi.")),
    )
    found = message(dispatch)
    assert found.subject == "2 new, 1 corrected: Elections, Border management"
    assert found.headings("h1") == ["2 new releases and 1 correction"]
    assert found.headings("h2")[0] == "Corrected: The minister's name"
    assert "Corrected on 17 February 2025, 07:00" in found.text
    assert "Editor’s note: It is spelled Rossi." in found.text
    assert found.text.index("1. Corrected: The minister's name") < found.text.index("2. elections 0")


def test_a_correction_alone_says_so_in_its_subject():
    mistaken = a_release("The minister's name", ["elections"])
    found = message(an_edition((mistaken, because("elections"), a_correction(mistaken, "Rossi."))))
    assert found.subject == "Corrected: The minister's name"
    assert found.headings("h1") == ["Corrected: The minister's name"]
    assert "Editor’s note: Rossi." in found.page.text_content()


def test_a_withdrawal_is_told_to_who_had_it_without_its_text():
    gone = a_release("Premature", ["elections"], summary="Secret.")
    hide(gone)
    item = (
        gone,
        because("elections"),
        a_correction(gone, "Published by mistake.", Correction.Kind.WITHDRAWN),
    )
    found = message(an_edition(*of_topics("elections"), item))
    assert found.subject.startswith("1 new, 1 withdrawn: ")
    assert found.headings("h2")[0] == "Withdrawn: Premature"
    assert "Withdrawn on 17 February 2025, 07:00" in found.text
    assert "Reason: Published by mistake." in found.text
    assert "Secret" not in found.text + found.html


def test_many_releases_with_a_correction_have_a_section_for_it():
    mistaken = a_release("Mistaken", ["elections"])
    found = message(
        an_edition(
            *of_topics("elections", "elections", "elections"),
            (mistaken, because("elections"), a_correction(mistaken)),
        )
    )
    assert found.headings("h2") == ["Corrections and withdrawals", "Elections"]
    assert found.headings("h3")[0] == "Corrected: Mistaken"


@pytest.mark.parametrize(("minutes", "marked"), [(5, True), (-5, False)])
def test_what_was_corrected_since_it_was_announced_is_marked(minutes, marked):
    release = a_release("A name", ["elections"], editors_note="The name was wrong.")
    corrected(release, minutes)
    found = message(an_edition((release, because("elections"), {}), *of_topics("elections")))
    assert (found.headings("h2")[0] == "Corrected: A name") is marked
    assert ("Corrected on 17 February 2025, 07:05" in found.text) is marked
    assert found.headings("h1") == ["2 new releases for you"]
    assert "Editor’s note: The name was wrong." in found.text


@pytest.mark.holds("M4")
def test_a_newsroom_says_how_many_releases_one_message_tells_of():
    a_newsroom(edition_most=2)
    found = message(an_edition(*of_topics("elections", "elections", "elections", "elections", "education")))
    assert found.headings("h2") == ["elections 0", "elections 1"]
    [more] = [a for a in found.page.iter("a") if "more on the web" in a.text_content()]
    assert more.text_content() == "and 3 more on the web"
    assert "/editions/" in more.get("href")
    assert f"and 3 more on the web:\n{more.get('href')}\n" in found.text
    assert found.subject.startswith("5 new: ")


def test_the_preheader_adds_to_the_subject_and_keeps_the_body_out_of_it():
    several = message(an_edition(*of_topics("elections", "education")))
    assert several.page.find_class("before")[0].text_content().startswith("elections 0; education 1")
    Edition.objects.all().delete()
    release = a_release("A title", ["elections"], summary="What it is about.")
    one = message(an_edition((release, because("elections"), {})))
    shown = one.page.find_class("before")[0].text_content()
    assert shown.startswith("What it is about.")
    assert shown.count("\u200c\xa0") == 80
    assert "A title" not in shown


def test_no_picture_unless_the_newsroom_wants_them():
    release = a_release("A", ["elections"], image_url="https://example.org/a.jpg")
    found = message(an_edition((release, because("elections"), {})))
    assert not list(found.page.iter("img"))
    assert "No images, no tracking in this message." in found.text


def test_a_picture_has_size_and_words_and_no_message_claims_there_is_none():
    a_newsroom(edition_images=True)
    release = a_release("A", ["elections"], image_url="https://example.org/a.jpg")
    insecure = a_release("B", ["elections"], image_url="http://example.org/b.jpg")
    found = message(an_edition((release, because("elections"), {}), (insecure, because("elections"), {})))
    [picture] = found.page.iter("img")
    assert {name: picture.get(name) for name in ("src", "alt", "width", "height")} == {
        "src": "https://example.org/a.jpg", "alt": "The picture of this release", "width": "528", "height": "297",
    }  # fmt: skip
    for said in (found.text, found.page.text_content()):
        assert "No tracking in this message." in said
        assert "No images" not in said


def test_names_of_terms_are_in_the_editions_language_where_they_are_given():
    Topic.objects.filter(pk=a_topic("elections", "Elections").pk).update(names={"ru": "Выборы"})
    a_topic("education", "Education")
    release = a_release("Полевая миссия", ["elections", "education"], language="ru")
    office = Office.objects.bulk_create(
        [Office(slug="skopje", name="Mission to Skopje", names={"ru": "Миссия в Скопье"})]
    )[0]
    release.offices.add(office)
    Release.objects.filter(pk=release.pk).update(
        type=ReleaseType.objects.bulk_create([ReleaseType(slug="news", name="News", names={})])[0]
    )
    item = (release, because("elections"), {})
    russian = message(an_edition(item, *of_topics("migration"), language="ru"))
    assert russian.subject == "2 новые: Выборы, Migration"
    assert "Миссия в Скопье · News · 17 февраля 2025" in russian.text
    assert {span.text: span.get("lang") for span in russian.page.iter("span") if span.get("lang")} == {
        "News": "en", "Education": "en", "Migration": "en",
    }  # fmt: skip
    Edition.objects.all().delete()
    assert message(an_edition(item, language="fr")).text.count("Elections") >= 1


@pytest.mark.parametrize(("count", "said"), [(1, None), (2, "2 новые публикации"), (5, "5 новых публикаций")])
def test_numbers_follow_the_plurals_of_the_language(count, said):
    found = message(an_edition(*of_topics(*["elections"] * count), language="ru"))
    assert found.headings("h1") == ([f"{said} для вас"] if said else ["elections 0"])


def test_a_release_is_read_in_its_own_language_and_direction():
    release = a_release("تدريب حرس الحدود", ["elections"], language="ar", summary="بدأت الدورة.")
    found = message(an_edition((release, because("elections"), {}), *of_topics("elections")))
    title = next(iter(found.page.iter("h2"))).find("a")
    assert (title.get("lang"), title.get("dir")) == ("ar", "rtl")
    [summary] = [p for p in found.page.iter("p") if p.text == "بدأت الدورة."]
    assert (summary.get("lang"), summary.get("dir")) == ("ar", "rtl")
    assert (found.page.get("lang"), found.page.get("dir")) == ("en", "ltr")


def test_a_frame_may_be_written_from_right_to_left():
    found = message(an_edition(*of_topics("elections", "education"), language="ar"))
    assert (found.page.get("lang"), found.page.get("dir")) == ("ar", "rtl")
    assert found.page.find(".//div[@role='article']").get("dir") == "rtl"
    assert "text-align: start" in found.html
    assert not any(f"{side}: " in found.html for side in ("text-align: left", "margin-left", "margin-right"))


def test_text_is_composed_for_reading():
    summary = "The course <b>opened</b> on 17 February. " * 12
    release = a_release(
        "A title that is so long that it does not fit on one line of a terminal of seventy-two columns",
        ["elections"], summary="", body=f"<p>{summary}</p><p>R&amp;D&nbsp;too</p><script>x()</script>",
        url="https://www.osce.org/" + "a" * 90,
    )  # fmt: skip
    found = message(an_edition((release, because("elections"), {}), *of_topics("elections")))
    lines = found.text.splitlines()
    links = [line for line in lines if "://" in line]
    assert all(line.startswith(("http://", "https://")) and " " not in line for line in links)
    assert all(len(line) <= 72 for line in lines if line not in links)
    assert not any(leftover in found.text for leftover in ("<", "&nbsp;", "&amp;", "x()", "\n\n\n"))
    order = [
        "OSCE newsroom",
        "2 new releases for you",
        "1. A title",
        "2. elections 0",
        "You chose:",
        "Unsubscribe:",
    ]
    assert [found.text.index(part) for part in order] == sorted(found.text.index(part) for part in order)


def test_the_same_edition_gives_the_same_bytes_for_the_same_person():
    dispatch, ada = an_edition(*of_topics("elections", "education", "migration", "elections")), a_subscriber()
    first = message(dispatch, ada)
    Rendering.objects.all().delete()
    for cache in (letters.layouts._environment, letters.layouts._inliner):
        cache.cache_clear()
    assert message(dispatch, ada).raw == first.raw


def test_an_edition_leads_to_its_own_page():
    found = message(an_edition(*of_topics("elections", "education")))
    [page] = {link for link in found.links() if "/editions/" in link}
    assert f"Read on the web:\n{page}\n" in found.text


def test_an_alert_of_a_correction_made_at_once_is_dated_by_its_own_moment():
    dispatch = an_edition(*of_topics("elections"), layout="alert")
    type(dispatch).objects.update(
        chain=a_chain("instant", "UTC", 0), made_at=datetime(2025, 2, 17, 21, 5, tzinfo=UTC)
    )
    dispatch.refresh_from_db()
    assert "17 February 2025 · 22:05 Vienna time" in message(dispatch).text


def test_each_release_offers_to_tell_of_changes_and_a_correction_does_not():
    letter = samples.letter("small digest", "en")
    pattern = letters.compose(letter, Newsroom())
    body = pattern.fill(letters.values(pattern, 1, date(2025, 2, 17), 1, "a@b.example", "x")).decode()
    assert body.count("Tell me if this changes") == 2 * 2  # two of the three, in both parts
    token = tokens.make(tokens.Purpose.WATCH, 1, 1, date(2025, 2, 17))
    assert f"/watch/sample-1/{token}" in body.replace("=\r\n", "")

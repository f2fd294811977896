"""The newsroom's pages, asked as a browser does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from lxml import etree

from feeds.models import Newsroom, Release, Standing
from feeds.pages.parts import RELEASES_A_PAGE
from feeds.publisher import publish
from tests.feeds.stories import NOW, SECOND, edit, kind, newsroom, office, run, settle, topic, withdraw, write
from tests.wellformed import page, words

pytestmark = pytest.mark.django_db

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raise %}",
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
]


@pytest.fixture(autouse=True)
def newsroom_of_x() -> None:
    newsroom(brand="#aa2200", home_url="https://x.example/")


def key_of(release: int) -> str:
    return Standing.objects.get(pk=release).key


def borders_at_vienna(**columns: object) -> int:
    columns.setdefault("title", "Border guards train in Vienna")
    release = write(labels=(office(), topic()), **columns)
    settle()
    return release


def test_every_page_is_in_order(client: Client) -> None:
    release = borders_at_vienna(summary="Twelve of them.", body="<p>Text.</p>", url="https://x.example/1")
    paths = [
        "offices/",
        "topics/",
        "offices/vienna",
        "topics/borders",
        "feeds/",
        "feeds/all",
        "feeds/untagged",
    ]
    for path in [*paths, f"releases/{key_of(release)}"]:
        tree = page(client.get(f"/{path}"))
        assert words(tree.find(".//h1"))


def test_an_office_has_its_page_its_releases_and_its_three_addresses(client: Client) -> None:
    release = borders_at_vienna(type_id=kind().pk)
    write("Elsewhere", labels=(office("rome", "Rome"),))
    settle()

    tree = page(client.get("/offices/vienna"))

    assert [words(h) for h in tree.xpath("//article//h3")] == ["Border guards train in Vienna"]
    assert tree.xpath("//article//a/@href") == [f"/releases/{key_of(release)}", "/topics/borders"]
    assert words(tree.xpath("//p[@class='meta']")[0]) == "17 February 2025 · News · Vienna"
    addresses = [f"http://localhost:8000/feeds/offices/vienna.{suffix}" for suffix in ("atom", "rss", "json")]
    assert [words(code) for code in tree.xpath("//code")] == addresses
    assert tree.xpath("//form[@action='/subscribe#yours']//input[@name='office']/@value") == ["vienna"]
    assert "/?office=vienna#yours" in tree.xpath("//aside//a/@href")


def test_pages_of_offices_and_topics_name_their_feeds(client: Client) -> None:
    borders_at_vienna()
    for path in ("offices/vienna", "topics/borders"):
        links = page(client.get(f"/{path}")).xpath("//link[@rel='alternate'][@type]")
        assert [(link.get("type"), link.get("href")) for link in links] == [
            ("application/atom+xml", f"/feeds/{path}.atom"),
            ("application/rss+xml", f"/feeds/{path}.rss"),
            ("application/feed+json", f"/feeds/{path}.json"),
        ]


def test_a_closed_office_keeps_its_page_but_offers_no_sign_up(client: Client) -> None:
    office("tashkent", "Tashkent", closed=True)
    assert page(client.get("/offices/tashkent")).xpath("//a[@class='button full']") == []
    assert words(page(client.get("/offices/")).xpath("//h2")[0]) == "Closed offices"


def test_the_list_of_feeds_has_them_all_with_three_formats_and_counts(client: Client) -> None:
    borders_at_vienna()
    write("Without labels")
    settle()
    rows = page(client.get("/feeds/")).xpath("//tbody/tr")
    found = {words(row.find("th")): (len(row.xpath("td/a")), words(row.xpath("td")[-1])) for row in rows}
    assert found == {
        "All releases": (3, "2"),
        "Releases without labels": (3, "1"),
        "Vienna": (3, "1"),
        "Border management": (3, "1"),
    }


def test_types_languages_and_crossings_have_pages_of_their_own(client: Client) -> None:
    borders_at_vienna(type_id=kind().pk)
    write("Une autre", language="fr")
    settle()
    for path, heading in [
        ("types/news", "News"),
        ("languages/fr", "Français"),
        ("offices/vienna/topics/borders", "Vienna: Border management"),
    ]:
        tree = page(client.get(f"/feeds/{path}"))
        assert words(tree.find(".//h1")) == heading
        assert len(tree.xpath("//article")) == 1
        assert tree.xpath("//code")[0].text == f"http://localhost:8000/feeds/{path}.atom"
    captions = [words(caption) for caption in page(client.get("/feeds/")).xpath("//caption")]
    assert captions == ["The newsroom", "Where we are", "What we do", "Kinds of release", "Languages"]
    assert client.get("/feeds/types/nothing").status_code == 404


def test_any_selection_can_be_put_together_without_a_script(client: Client) -> None:
    borders_at_vienna()
    form = page(client.get("/feeds/")).xpath("//form[contains(@class, 'sift')]")[0]
    assert (form.get("method"), form.get("action")) == ("get", "/feeds/selection")
    assert form.xpath(".//select/@name | .//input/@name") == ["office", "topic", "q"]
    shown = page(client.get("/feeds/selection?office=vienna&topic=&q="))
    assert words(shown.find(".//h1")) == "Vienna"


@pytest.mark.holds("F11")
def test_the_outline_lists_every_feed_there_is_a_file_of(client: Client, tmp_path: Path) -> None:
    borders_at_vienna(type_id=kind().pk)
    publish(tmp_path, NOW)
    response = client.get("/feeds.opml")
    assert response["Content-Type"] == "text/x-opml; charset=utf-8"
    root = etree.fromstring(response.content)
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    found = root.xpath("body/outline/outline[@type='rss']")
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.atom")}
    assert {one.get("xmlUrl").removeprefix("http://localhost:8000/feeds/") for one in found} == files
    for one in found:
        address = one.get("htmlUrl").removeprefix("http://localhost:8000")
        assert words(page(client.get(address)).find(".//h1")) == one.get("title") == one.get("text")
    assert client.get("/feeds.opml", headers={"if-none-match": response["ETag"]}).status_code == 304


def test_every_page_says_where_the_feed_is(client: Client) -> None:
    borders_at_vienna()
    for path in ("/offices/", "/topics/", "/feeds/", "/feeds/selection?topic=borders"):
        links = page(client.get(path)).xpath("//link[@rel='alternate'][@type='application/atom+xml']/@href")
        assert links == ["/feeds/all.atom" if "?" not in path else "/feeds/selection.atom?topic=borders"], (
            path
        )


def test_a_feed_without_suffix_leads_to_the_page(client: Client) -> None:
    borders_at_vienna()
    assert client.get("/feeds/offices/vienna").headers["Location"] == "/offices/vienna"
    assert client.get("/feeds/topics/borders").headers["Location"] == "/topics/borders"
    assert client.get("/feeds/topics/borders.pdf").status_code == 404


@pytest.mark.parametrize("asked", ["", "?topic=borders", "?office=vienna&topic.2=borders"])
def test_the_feed_of_a_selection_leads_to_its_page(client: Client, asked: str) -> None:
    borders_at_vienna()
    address = f"/feeds/selection.json{asked}"
    home = client.get(address).json()["home_page_url"]
    assert home.endswith(f"/feeds/selection{asked}")
    shown = page(client.get(home.removeprefix(settings.BASE_URL)))
    assert address in shown.xpath("//link[@rel='alternate']/@href")


def test_pages_elsewhere_may_ask_for_a_selection_and_read_why_there_is_none(client: Client) -> None:
    borders_at_vienna()
    before = client.options("/feeds/selection.atom?topic=borders")
    assert before.status_code == 204
    assert "If-None-Match" in before["Access-Control-Allow-Headers"]
    none = client.get("/feeds/selection.atom?topic=nothing")
    assert (none.status_code, none["Access-Control-Allow-Origin"]) == (404, "*")


def test_lists_are_read_page_by_page(client: Client) -> None:
    place = office()
    for number in range(RELEASES_A_PAGE + 1):
        write(f"Release {number}", labels=(place,))
    settle()
    first, second = (page(client.get(f"/offices/vienna?page={n}")) for n in ("1", "2"))
    assert first.xpath("//nav[@class='pager']//a/@href") == ["?page=2"]
    assert [words(h) for h in second.xpath("//article//h3")] == ["Release 0"]
    assert second.xpath("//nav[@class='pager']//a/@href") == ["?page=1"]


@pytest.mark.parametrize("junk", ["0", "-1", "x", "²", "9" * 50, "1e3", ""])
def test_a_page_number_that_is_none_means_the_first_page(client: Client, junk: str) -> None:
    borders_at_vienna()
    tree = page(client.get("/topics/borders", {"page": junk}))
    assert len(tree.xpath("//article")) == 1


def test_a_release_is_shown_as_it_is_held(client: Client) -> None:
    release = borders_at_vienna(
        summary="Twelve.", body='<h1>No</h1> <p onclick="x()">Yes <a href="javascript:x()">a</a></p><img src=x>',
        url="https://x.example/1", editors_note="A name was corrected.",
    )  # fmt: skip
    tree = page(client.get(f"/releases/{key_of(release)}"))
    body = tree.xpath("//div[@class='body']")[0]
    assert words(body) == "No Yes a"
    assert [element.tag for element in body.iter()] == ["div", "p", "a"]
    assert body.find(".//a").get("href") is None
    assert "A name was corrected." in words(tree.xpath("//div[@class='note']")[0])
    assert tree.xpath("//a[@class='button']/@href") == ["https://x.example/1"]
    assert words(tree.xpath("//dt[.='In these feeds']/following-sibling::dd[1]")[0]) == (
        "All releases Vienna Border management"
    )


def test_an_original_that_is_no_address_of_the_web_is_no_link(client: Client) -> None:
    release = borders_at_vienna(url="javascript:alert(1)")
    tree = page(client.get(f"/releases/{key_of(release)}"))
    assert tree.xpath("//a[@class='button']") == []
    assert not [href for href in tree.xpath("//@href") if "script:" in href]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_looks_like_code_stays_text(client: Client, payload: str) -> None:
    place, area = office(name=payload), topic(name=payload)
    release = write(
        payload, labels=(place, area), summary=payload, body=payload, author=payload,
        editors_note=payload, language='"><b>', type_id=kind(name=payload).pk,
    )  # fmt: skip
    settle()
    for path in ("/", "/?office=vienna", "/offices/", "/topics/", "/offices/vienna", "/feeds/", "/feeds/all"):
        assert payload in words(page(client.get(path)).find(".//body"))
    tree = page(client.get(f"/releases/{key_of(release)}"))
    assert words(tree.find(".//h1")) == payload
    assert tree.xpath("//body//script|//svg|//img|//b") == []


def test_a_withdrawn_release_is_gone_with_date_and_reason(client: Client) -> None:
    release = borders_at_vienna()
    edit(release, withdrawn_reason="The figures were wrong.")
    withdraw(release)
    settle(NOW + timedelta(minutes=1))

    tree = page(client.get(f"/releases/{key_of(release)}"), status=410)

    assert "17 February 2025, 12:01" in words(tree.find(".//main"))
    assert "The figures were wrong." in words(tree.find(".//main"))
    assert "Border guards" not in words(tree)


def test_a_withdrawal_is_obeyed_before_anybody_has_taken_notice(client: Client) -> None:
    release = borders_at_vienna()
    withdraw(release)
    page(client.get(f"/releases/{key_of(release)}"), status=410)


def test_a_deleted_release_is_gone(client: Client) -> None:
    release = borders_at_vienna()
    key = key_of(release)
    Release.objects.filter(pk=release).delete()
    page(client.get(f"/releases/{key}"), status=410)
    settle(NOW + SECOND)
    page(client.get(f"/releases/{key}"), status=410)


def test_an_embargoed_release_is_like_one_that_never_was(client: Client) -> None:
    release = borders_at_vienna(visible_at=NOW + timedelta(hours=1))
    known = client.get(f"/releases/{key_of(release)}")
    unknown = client.get("/releases/neverwasany")
    page(known, status=404)
    secret = f"/releases/{key_of(release)}".encode()
    assert known.content.replace(secret, b"") == unknown.content.replace(b"/releases/neverwasany", b"")
    for path in ("/", "/offices/vienna", "/topics/borders", "/feeds/all", "/feeds/", "/offices/"):
        text = client.get(path).content.decode()
        assert "Border guards" not in text
        assert '<span class="n">1</span>' not in text


def test_an_embargo_that_is_set_again_hides_the_release(client: Client) -> None:
    release = borders_at_vienna()
    edit(release, visible_at=NOW + timedelta(hours=1))
    settle(NOW + SECOND)
    page(client.get(f"/releases/{key_of(release)}"), status=404)


def test_unknown_offices_and_topics_are_not_found(client: Client) -> None:
    for path in ("/offices/none", "/topics/none", "/feeds/none", "/none"):
        page(client.get(path), status=404)


def test_a_release_names_its_other_languages(client: Client) -> None:
    release = borders_at_vienna()
    other = write("Пограничники учатся", language="ru", translation_of_id=release)
    settle(NOW + SECOND)
    tree = page(client.get(f"/releases/{key_of(release)}"))
    assert tree.xpath("//a[@hreflang='ru'][@lang='ru']/@href")[-1] == f"/releases/{key_of(other)}"


def test_pages_speak_six_languages(client: Client) -> None:
    headings = {
        code: words(page(client.get("/offices/", {"lang": code})).find(".//h1"))
        for code in ("en", "fr", "de", "it", "ru", "es")
    }
    assert headings == {
        "en": "Where we are", "fr": "Où nous sommes", "de": "Wo wir sind",
        "it": "Dove siamo", "ru": "Где мы работаем", "es": "Dónde estamos",
    }  # fmt: skip


def test_each_page_leads_to_itself_in_the_other_languages(client: Client) -> None:
    borders_at_vienna()
    tree = page(client.get("/topics/borders?page=1", headers={"Accept-Language": "de-AT,de;q=0.9"}))
    assert tree.get("lang") == "de"
    assert words(tree.xpath("//article//time")[0]) == "17. Februar 2025"
    switch = tree.xpath("//details[@class='tongues']//a")
    assert [(a.get("hreflang"), a.get("lang")) for a in switch] == [
        (c, c) for c in ("en", "fr", "it", "ru", "es")
    ]
    assert switch[0].get("href") == "/topics/borders?page=1&lang=en"
    hrefs = tree.xpath("//link[@hreflang='ru']/@href")
    assert hrefs == ["http://localhost:8000/topics/borders?page=1&lang=ru"]


def test_the_brand_comes_from_the_newsroom(client: Client) -> None:
    before = style_of(client)
    assert "--brand:#aa2200;--brand-ink:#ffffff" in before
    newsroom(brand="red}*{x")
    assert "red}" not in style_of(client)


def style_of(client: Client) -> str:
    [address] = page(client.get("/offices/")).xpath("//link[@rel='stylesheet'][not(@media)]/@href")
    response = client.get(address)
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    return response.content.decode()


def test_a_browser_finds_an_icon_in_the_colour_of_the_newsroom(client: Client) -> None:
    [address] = page(client.get("/offices/")).xpath("//link[@rel='icon']/@href")
    asked = client.get("/favicon.ico", follow=True)  # as browsers do on the admin site
    assert asked.redirect_chain == [(address, 302)]
    assert asked.headers["Content-Type"] == "image/svg+xml"
    assert etree.fromstring(asked.content).xpath("//@fill") == ["#aa2200"]
    newsroom(brand='"/><b>')
    assert etree.fromstring(client.get(address).content).xpath("//@fill") == [Newsroom().brand]


def test_robots_are_kept_from_what_is_private(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert {"Disallow: /manage/", "Disallow: /unsubscribe/", "Disallow: /confirm/"} <= set(lines)


def test_pages_load_nothing_from_elsewhere(client: Client) -> None:
    borders_at_vienna()
    for path in ("/", "/offices/vienna", "/feeds/"):
        tree = page(client.get(path))
        loaded = tree.xpath("//link[@rel='stylesheet']/@href | //script/@src | //img/@src")
        assert [re.sub("/static/[0-9a-f]{12}/", "", address) for address in loaded] == [
            "herald.css", "print.css", "page.js",
        ]  # fmt: skip
        # The first paint waits for one small sheet alone.
        waits = tree.xpath("//link[@rel='stylesheet'][not(@media)] | //script[not(@defer)]")
        assert len(waits) == 1
    assert "unsafe" not in client.get("/").headers["Content-Security-Policy"]


def test_posting_to_a_page_that_only_reads_is_refused(client: Client) -> None:
    for path in ("/offices/", "/feeds/all", "/icon.svg"):
        assert client.post(path).status_code == 405


def test_a_release_of_an_unknown_writer_with_empty_columns_is_shown(client: Client) -> None:
    run("INSERT INTO feeds_release(title, published_on) VALUES ('Bare', '2025-02-17')")
    run("UPDATE feeds_release SET summary = NULL, body = NULL, language = NULL, url = NULL, author = NULL")
    settle()
    assert words(page(client.get(f"/releases/{Standing.objects.get().key}")).find(".//h1")) == "Bare"

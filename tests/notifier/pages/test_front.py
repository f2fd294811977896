"""The front page: what can be chosen, what it means, what it brings."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from lxml.html import HtmlElement

from feeds.models import Office, Topic
from feeds.selection import Rule, Selection
from notifier.pages.choice import Choice, behind, read
from tests.feeds.stories import TODAY, office, settle, write
from tests.notifier.pages.people import DAY, titles
from tests.wellformed import page, words


@pytest.mark.usefixtures("x")
def test_the_front_page_shows_what_is_published_and_what_can_be_chosen(client: Client) -> None:
    tree = page(client.get("/"))
    assert titles(tree) == ["Guards in Vienna", "Police in Vienna", "Guards in Rome", "Without labels"]
    boxes = [(i.get("name"), i.get("value")) for i in tree.xpath("//input[@type='checkbox']")]
    assert boxes == [
        ("topic", "borders"), ("topic", "policing"), ("office", "rome"), ("office", "vienna"), ("untagged", "1"),
        *(("weekdays", day) for day in "1234567"),
    ]  # fmt: skip
    assert words(tree.xpath("//p[contains(@class, 'sentence')]")[0]) == "Everything"


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("topic=borders", ["Guards in Vienna", "Guards in Rome"]),
        ("office=vienna", ["Guards in Vienna", "Police in Vienna"]),
        ("topic=borders&office=vienna", ["Guards in Vienna"]),
        ("topic=borders&office=vienna&join=or", ["Guards in Vienna", "Police in Vienna", "Guards in Rome"]),
        ("untagged=1", ["Without labels"]),
        ("office=rome&untagged=1", ["Guards in Rome", "Without labels"]),
        ("topic=none&office=%00&join=maybe", ["Guards in Vienna", "Police in Vienna", "Guards in Rome",
                                               "Without labels"]),
    ],
)  # fmt: skip
def test_a_choice_shows_what_it_brings(client: Client, query: str, expected: list[str]) -> None:
    assert titles(page(client.get(f"/?{query}"))) == expected


@pytest.mark.usefixtures("x")
def test_both_or_either_can_be_switched_and_says_what_each_means(client: Client) -> None:
    tree = page(client.get("/?topic=borders&office=vienna"))
    switch = tree.xpath("//ul[@class='fits']//a")
    assert [a.get("href") for a in switch] == [
        "/?topic=borders&office=vienna#yours", "/?topic=borders&office=vienna&join=or#yours",
    ]  # fmt: skip
    assert [a.get("aria-current") for a in switch] == ["true", None]
    assert words(tree.xpath("//mark")[0]) == "Border management"


@pytest.mark.holds("P3")
@pytest.mark.usefixtures("x")
def test_before_subscribing_one_sees_how_much_it_is_and_the_last_three(client: Client) -> None:
    tree = page(client.get("/?topic=borders"))
    assert (
        words(tree.xpath("//p[@class='volume']/strong")[0]) == "2 releases"
    )  # in 13 weeks: rarer than one a month
    assert len(tree.xpath("//svg//*[local-name()='rect']")) == 13
    assert [words(s) for s in tree.xpath("//ol[@class='sample']//span")] == [
        "Guards in Vienna",
        "Guards in Rome",
    ]


@pytest.mark.usefixtures("x")
def test_feeds_of_what_was_chosen_are_offered(client: Client) -> None:
    one = page(client.get("/?topic=borders"))
    assert words(one.xpath("//code")[0]) == "http://localhost:8000/feeds/topics/borders.atom"
    several = page(client.get("/?topic=borders&office=vienna"))
    assert several.xpath("//ul[@class='own']/li/a/@href") == ["/topics/borders", "/offices/vienna"]
    assert words(several.xpath("//code")[0]).endswith("/feeds/selection.atom?office=vienna&topic=borders")


@pytest.mark.usefixtures("x")
def test_a_closed_office_is_not_offered(client: Client) -> None:
    office("tashkent", "Tashkent", closed=True)
    tree = page(client.get("/?office=tashkent"))
    assert tree.xpath("//input[@type='checkbox'][@value='tashkent']") == []
    assert words(tree.xpath("//p[contains(@class, 'sentence')]")[0]) == "Everything from Tashkent"


@pytest.mark.django_db
def test_an_empty_newsroom_has_a_front_page(client: Client) -> None:
    text = words(page(client.get("/")))
    assert "Nothing here yet." in text
    assert "too little history" in text


@pytest.mark.parametrize(
    "choice",
    [
        Choice(),
        Choice(topics=("a", "b")),
        Choice(offices=("a",), untagged=True),
        Choice(("a",), ("b", "c")),
        Choice(("a",), ("b", "c"), either=True, untagged=True),
        Choice(untagged=True),
    ],
)
def test_a_choice_is_found_again_behind_its_selection(choice: Choice) -> None:
    assert behind(choice.selection) == choice


def test_a_selection_that_the_form_cannot_say_has_no_choice_behind_it() -> None:
    assert behind(Selection((Rule(words=("border",)),))) is None
    assert behind(Selection((Rule(topics=("a",)), Rule(topics=("b",), offices=("c",))))) is None


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    ("query", "sentence", "expected"),
    [
        ("q=guards", "Everything with the words “guards”", ["Guards in Rome", "Guards in Vienna"]),
        ("topic=borders&not-office=rome", "Border management, but not Rome", ["Guards in Vienna"]),
        ("office=rome&topic=borders&topic.2=policing", "Border management, from Rome; and Policing",
         ["Guards in Rome", "Police in Vienna"]),
        ("language=fr", "Everything in French", []),
    ],
)  # fmt: skip
def test_an_address_may_ask_for_any_selection(
    client: Client, query: str, sentence: str, expected: list[str]
) -> None:
    tree = page(client.get(f"/?{query}"))
    assert words(tree.xpath("//p[contains(@class, 'sentence')]")[0]) == sentence
    assert sorted(titles(tree)) == expected
    hidden = tree.xpath("//form[@method='post']/input[@name='selection']/@value")
    assert hidden == [query]
    assert words(tree.xpath("//code")[0]) == f"http://localhost:8000/feeds/selection.atom?{query}"


@pytest.mark.usefixtures("x")
def test_what_an_address_says_of_a_simple_choice_is_ticked(client: Client) -> None:
    tree = page(client.get("/?office=untagged&topic=untagged&topic.2=borders"))
    assert tree.xpath("//input[@type='checkbox'][@checked][@name!='weekdays']/@value") == ["borders", "1"]


@pytest.mark.usefixtures("x")
def test_a_former_slug_is_led_to_its_heir_and_a_closed_office_is_kept_in_words(client: Client) -> None:
    Topic.objects.filter(slug="borders").update(former=["frontiers"])
    assert page(client.get("/?topic=frontiers")).xpath("//input[@checked][@name!='weekdays']/@value") == [
        "borders"
    ]
    office("tashkent", "Tashkent", closed=True)
    tree = page(client.get("/?office=tashkent&topic=borders"))
    assert words(tree.xpath("//p[contains(@class, 'sentence')]")[0]) == "Border management, from Tashkent"


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("query", ["q=guards&topic=nothing", "q=" + "x" * 201])
def test_a_selection_that_cannot_be_is_told_and_nothing_is_chosen(client: Client, query: str) -> None:
    tree = page(client.get(f"/?{query}"), status=422)
    assert "choose anew" in words(tree.xpath("//div[@role='alert']")[0])
    assert words(tree.xpath("//p[contains(@class, 'sentence')]")[0]) == "Everything"


def test_a_choice_survives_its_own_query() -> None:
    choice = Choice(("a",), ("b", "c"), either=True, untagged=True)
    assert read(QueryDict(choice.query), {"a"}, {"b", "c"}) == choice


def _lines(tree: HtmlElement) -> list[str]:
    """The sentence as one sees it."""
    return [words(line) for line in tree.xpath("//ul[@class='lines']//span[@class='said']")]


def _after(client: Client, tree: HtmlElement, link: str) -> HtmlElement:
    """The page behind the link with this name."""
    [href] = tree.xpath("//a[@aria-label=$link or normalize-space()=$link]/@href", link=link)
    return page(client.get(href.partition("#")[0]))


def _sent(tree: HtmlElement, *more: tuple[str, str]) -> str:
    """The query that the form sends as it stands, with more ticked."""
    inputs = tree.xpath("//form[@id='choose']//input[not(@type='checkbox') or @checked]")
    fields = [(i.get("name"), i.get("value")) for i in inputs if i.get("name")]
    for select in tree.xpath("//form[@id='choose']//select"):
        fields.append((select.get("name"), (select.xpath("option[@selected]/@value") or [""])[0]))
    return urlencode([*fields, *more])


@pytest.mark.usefixtures("x")
def test_each_term_of_the_sentence_can_be_taken_out(client: Client) -> None:
    tree = page(client.get("/?topic=borders&office=vienna&office=rome&untagged=1"))
    assert _lines(tree) == [
        "Releases about Border management from Rome Vienna",
        "and what nobody has labelled yet",
    ]
    tree = _after(client, tree, "Remove Rome")
    assert _lines(tree) == [
        "Releases about Border management from Vienna",
        "and what nobody has labelled yet",
    ]
    tree = _after(client, tree, "Remove what nobody has labelled yet")
    tree = _after(client, tree, "Remove Border management")
    assert _lines(tree) == ["Releases from Vienna"]
    assert titles(tree) == ["Guards in Vienna", "Police in Vienna"]
    tree = _after(client, tree, "Remove Vienna")
    assert _lines(tree) == []
    assert len(titles(tree)) == 4


@pytest.mark.usefixtures("x")
def test_another_line_can_be_added_filled_changed_and_removed(client: Client) -> None:
    tree = _after(client, page(client.get("/?topic=borders&office=rome")), "+ Add another line")
    assert _lines(tree) == [
        "Releases about Border management from Rome", "or releases … tick what this line is about",
    ]  # fmt: skip
    assert tree.xpath("//form[@id='choose']//input[@checked]") == []
    tree = page(client.get(f"/?{_sent(tree, ('topic', 'policing'))}"))
    assert sorted(_lines(tree)) == [
        "Releases about Border management from Rome",
        "or releases about Policing",
    ]
    assert titles(tree) == ["Guards in Rome", "Police in Vienna"] or titles(tree) == [
        "Police in Vienna",
        "Guards in Rome",
    ]
    assert tree.xpath("//form[@id='choose']//input[@checked]/@value") == ["policing"]
    tree = _after(client, tree, "Change this line")
    assert tree.xpath("//form[@id='choose']//input[@checked]/@value") == ["borders", "rome"]
    assert len(_lines(tree)) == 2
    first = tree.xpath("//ul[@class='lines']/li//a[normalize-space()='Remove this line']/@href")[0]
    tree = page(client.get(first.partition("#")[0]))
    assert _lines(tree) == ["Releases about Policing"]


@pytest.mark.usefixtures("x")
def test_exceptions_words_and_types_are_kept_when_boxes_are_ticked(client: Client) -> None:
    tree = page(client.get(f"/?{_sent(page(client.get('/?topic=borders')), ('leave-out', 'office:rome'))}"))
    assert _lines(tree) == ["Releases about Border management but not Rome"]
    assert titles(tree) == ["Guards in Vienna"]
    assert "office:rome" not in tree.xpath("//option/@value")
    tree = page(client.get(f"/?{_sent(tree, ('topic', 'policing')).replace('q=&', 'q=guards&')}"))
    assert _lines(tree) == ["Releases about Border management Policing with the words “guards” but not Rome"]
    assert tree.xpath("//input[@name='q']/@value") == ["guards"]
    tree = _after(client, _after(client, tree, "Remove “guards”"), "Remove Rome")
    assert _lines(tree) == ["Releases about Border management Policing"]


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    "junk", ["leave-out=", "leave-out=topic:", "leave-out=x:y", "leave-out=:", "topic.2="]
)
def test_what_says_nothing_is_passed_over(client: Client, junk: str) -> None:
    assert _lines(page(client.get(f"/?topic=borders&{junk}"))) == ["Releases about Border management"]


@pytest.mark.usefixtures("x")
def test_an_exception_that_is_not_there_is_told(client: Client) -> None:
    page(client.get("/?topic=borders&leave-out=topic:none"), status=422)


@pytest.mark.usefixtures("x")
def test_either_says_so_and_can_be_changed_like_any_line(client: Client) -> None:
    tree = page(client.get("/?topic=borders&office=vienna&join=or"))
    assert _lines(tree) == ["Releases about Border management or from Vienna"]
    tree = page(client.get(f"/?{_sent(tree, ('office', 'rome'))}"))
    assert _lines(tree) == ["Releases about Border management or from Rome Vienna"]
    assert len(titles(tree)) == 3


@pytest.mark.holds("P3")
@pytest.mark.usefixtures("x")
def test_what_a_choice_means_is_said_in_releases_and_messages(client: Client) -> None:
    borders, rome = Topic.objects.get(slug="borders"), Office.objects.get(slug="rome")
    for day in range(60):
        write(f"Daily {day}", TODAY - day * DAY, (borders, rome))
    settle()
    tree = page(client.get("/?topic=borders&office=vienna"))
    assert words(tree.xpath("//p[@class='volume']")[0]).startswith("1 release")
    either = words(tree.xpath("//ul[@class='fits']//small")[1])
    assert re.fullmatch(r"about \d releases a week in about \d messages a week", either)


@pytest.mark.usefixtures("x")
def test_offices_are_found_by_country_and_topics_by_name_and_added_to_the_choice(client: Client) -> None:
    Office.objects.filter(slug="vienna").update(country="AT")
    tree = page(client.get("/?topic=borders&find=Autriche"))
    [box] = tree.xpath("//fieldset[@class='found']//input")
    assert (box.get("name"), box.get("value")) == ("office", "vienna")
    assert tree.xpath("//input[@name='find']/@value") == ["Autriche"]
    tree = page(client.get(f"/?{_sent(tree, ('office', 'vienna'))}"))
    assert _lines(tree) == ["Releases about Border management from Vienna"]
    assert tree.xpath("//fieldset[@class='found']//input") == []
    assert "search the releases" in words(tree.xpath("//fieldset[@class='found']")[0])
    for junk in ("%00", "%ED%A0%80", "x" * 500, '"(*'):
        page(client.get(f"/?find={junk}"))

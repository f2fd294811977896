"""Changing what one gets."""

from __future__ import annotations

import pytest
from django.test import Client

from feeds.selection import Rule, Selection, of
from notifier import subscriptions
from notifier.models import Cadence
from notifier.pages import links
from notifier.subscriptions import Wish
from notifier.tokens import Purpose
from tests.feeds.stories import NOW, office
from tests.notifier.pages.people import (
    anna,
    everything,
    key,
    person,
)
from tests.wellformed import page, words


def managed(client: Client, link: str, **fields: object) -> None:
    answer = client.post(link, fields)
    assert (answer.status_code, answer.headers.get("Location")) == (303, f"{link}?done=1"), (
        answer.content.decode()
    )
    page(client.get(answer.headers["Location"]))


@pytest.mark.usefixtures("x")
def test_hour_frequency_and_choice_can_be_changed(client: Client) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    managed(
        client, link, act="save", held=key(1), frequency="weekly", minute="1230", weekday="5",
        topic=["borders", "policing"], office="rome", join="or", untagged="1",
    )  # fmt: skip
    selection = of(["rome", "untagged"], ["borders", "policing"], either=True)
    assert subscriptions.wishes_of(anna()) == [Wish(selection, "weekly", 1230, "5")]
    cadence = Cadence.objects.get()
    assert (cadence.frequency, cadence.chain.times, cadence.chain.weekdays) == ("weekly", "20:30", "5")
    tree = page(client.get(link))
    assert "Once a week: Friday, 20:30, Vienna time" in words(tree)
    ticked = tree.xpath("//input[@type='checkbox'][@checked][@name!='weekdays']/@value")
    assert ticked == ["borders", "policing", "rome", "1"]


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    ("fields", "chain", "told"),
    [
        ({"frequency": "several"}, ("08:00 13:00 18:00", "1234567", 0),
         "Every day at 08:00, 13:00, 18:00, Vienna time"),
        ({"frequency": "several", "weekdays": ["2", "1"]}, ("08:00 13:00 18:00", "12", 0),
         "Mon, Tue at 08:00, 13:00, 18:00, Vienna time"),
        ({"frequency": "daily", "weekdays": list("12345")}, ("10:00", "12345", 0),
         "Mon, Tue, Wed, Thu, Fri at 10:00, Vienna time"),
        ({"frequency": "daily", "weekdays": ["x", "12", "9"]}, ("10:00", "1234567", 0),
         "Every day at 10:00, Vienna time"),
        ({"frequency": "monthly", "monthday": "15"}, ("10:00", "1234567", 15),
         "Once a month: day 15, 10:00, Vienna time"),
        ({"frequency": "monthly", "monthday": "31"}, ("10:00", "1234567", 31),
         "On the last day of each month, 10:00, Vienna time"),
    ],
)  # fmt: skip
def test_each_frequency_can_be_chosen_and_is_told(client: Client, fields, chain, told) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    managed(client, link, act="save", held=key(1), minute="600", topic="borders", **fields)
    own = Cadence.objects.get().chain
    assert (own.times, own.weekdays, own.monthday) == chain
    assert told in words(page(client.get(link)))


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("day", ["0", "29", "x", "-1", ""])
def test_a_month_has_28_days_and_a_last_one(client: Client, day: str) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    form = {"act": "save", "held": key(1), "frequency": "monthly", "minute": "600", "monthday": day}
    assert "Choose a day of the month." in words(page(client.post(link, form), status=422))


@pytest.mark.usefixtures("x")
def test_digests_hold_what_came_at_once_for_who_ticks_it(client: Client) -> None:
    link = links.link(Purpose.MANAGE, person(Wish(of(["rome"]), "daily", 420)), NOW)
    box = "//input[@name='repeat']"
    assert not page(client.get(link)).xpath(box)
    subscriptions.change(anna(), [*subscriptions.wishes_of(anna()), Wish(of(["rome"]), "instant")], now=NOW)
    assert not page(client.get(link)).xpath(f"{box}[@checked]")
    managed(client, link, act="person", may_repeat="1", repeat="1")
    assert page(client.get(link)).xpath(f"{box}[@checked]")
    managed(client, link, act="person", zone="Asia/Bishkek")
    assert anna().repeat_alerts
    managed(client, link, act="person", may_repeat="1")
    assert not anna().repeat_alerts


@pytest.mark.usefixtures("x")
def test_zone_and_language_can_be_changed(client: Client) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    managed(client, link, act="person", zone="Asia/Bishkek", language="ru")
    assert (anna().zone, anna().language) == ("Asia/Bishkek", "ru")
    page(client.post(link, {"act": "person", "zone": "Mars/Olympus"}), status=422)
    assert anna().zone == "Asia/Bishkek"


@pytest.mark.usefixtures("x")
def test_a_pause_and_its_two_ends(client: Client) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    for end in ("resume", "afresh"):
        managed(client, link, act="pause")
        assert subscriptions.is_paused(anna())
        assert "Paused" in words(page(client.get(link)))
        managed(client, link, act=end)
        assert not subscriptions.is_paused(anna())


@pytest.mark.usefixtures("x")
def test_one_of_several_can_be_changed_or_removed(client: Client) -> None:
    first, second = Wish(of(topics=["borders"]), "daily", 420), Wish(of(["rome"]), "daily", 420)
    link = links.link(Purpose.MANAGE, person(first, second), NOW)
    assert page(client.get(link)).xpath("//a/@href[contains(., 'edit=')]") == [
        f"?edit={key(1)}#held-1", f"?edit={key(2)}#held-2",
    ]  # fmt: skip
    assert page(client.get(f"{link}?edit={key(2)}")).xpath("//input[@name='held']/@value")[0] == key(2)
    managed(client, link, act="save", held=key(2), frequency="daily", minute="600", office="vienna")
    assert [(w.selection, w.minute) for w in subscriptions.wishes_of(anna())] == [
        (first.selection, 600), (of(["vienna"]), 600),
    ]  # fmt: skip
    managed(client, link, act="remove", held=key(1))
    assert [w.selection for w in subscriptions.wishes_of(anna())] == [of(["vienna"])]
    managed(client, link, act="remove", held=key(1))
    assert len(subscriptions.wishes_of(anna())) == 1


@pytest.mark.usefixtures("x")
def test_a_button_pressed_twice_and_a_page_that_is_old_harm_nothing_else(client: Client) -> None:
    wishes = [
        Wish(of(topics=["borders"]), "daily", 420),
        Wish(of(["rome"]), "daily", 420),
        Wish(of(["vienna"]), "daily", 420),
    ]
    link = links.link(Purpose.MANAGE, person(*wishes), NOW)
    first, second = key(1), key(2)
    for _ in range(2):
        managed(client, link, act="remove", held=first)
    assert [w.selection for w in subscriptions.wishes_of(anna())] == [of(["rome"]), of(["vienna"])]
    managed(client, link, act="save", held=second, frequency="daily", minute="600", topic="policing")
    form = {"act": "save", "held": second, "frequency": "daily", "minute": "600", "office": "rome"}
    tree = page(client.post(link, form), status=422)
    assert "changed meanwhile" in words(tree.xpath("//div[@role='alert']")[0])
    assert [w.selection for w in subscriptions.wishes_of(anna())] == [of(topics=["policing"]), of(["vienna"])]


@pytest.mark.usefixtures("x")
def test_what_the_form_cannot_say_is_shown_kept_and_removed(client: Client) -> None:
    exact = Selection(
        (Rule(topics=("borders",), not_languages=("fr",), words=("guards",)), Rule(types=("news",)))
    )
    simple = Wish(of(topics=["policing"]), "daily", 420)
    link = links.link(Purpose.MANAGE, person(Wish(exact, "daily", 420), simple), NOW)
    assert "with the words “guards”, but not French; and everything of the type news" in words(
        page(client.get(link))
    )
    managed(client, link, act="save", held=key(2), frequency="weekly", minute="600", office="rome")
    assert [w.selection for w in subscriptions.wishes_of(anna())] == [exact, of(["rome"])]
    managed(client, link, act="remove", held=key(1))
    assert [w.selection for w in subscriptions.wishes_of(anna())] == [of(["rome"])]


@pytest.mark.usefixtures("x")
def test_what_the_form_cannot_say_is_kept(client: Client) -> None:
    selection = Selection((Rule(words=("border",)),))
    link = links.link(Purpose.MANAGE, person(Wish(selection, "instant")), NOW)
    managed(client, link, act="save", held=key(1), frequency="daily", minute="480", line="1")
    assert subscriptions.wishes_of(anna())[0].selection == selection
    managed(client, link, act="save", held=key(1), line="1", topic="policing", office="rome", join="or")
    lines = Selection((*selection.rules, *of(["rome"], ["policing"], either=True).rules))
    assert subscriptions.wishes_of(anna())[0].selection == lines


@pytest.mark.usefixtures("x")
def test_lines_of_a_subscription_can_be_read_removed_and_added(client: Client) -> None:
    rules = (Rule(offices=("rome",), topics=("borders",)), Rule(topics=("policing",), words=("prison",)))
    link = links.link(Purpose.MANAGE, person(Wish(Selection(rules), "daily", 420)), NOW)
    tree = page(client.get(link))
    shown = [words(label) for label in tree.xpath("//label[input[@name='line']]")]
    assert len(shown) == 2
    assert any("Border management" in one and "Rome" in one for one in shown)
    assert any("Policing" in one and "prison" in one for one in shown)
    number = next(str(n) for n, one in enumerate(shown, 1) if "prison" in one)
    managed(client, link, act="save", held=key(1), line=number, topic="borders")
    left = Selection((rules[1], Rule(topics=("borders",))))
    assert subscriptions.wishes_of(anna())[0].selection == left


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("lines", [[], ["0"], ["9"], ["x"], ["-1"]])
def test_a_subscription_without_any_line_is_none(client: Client, lines: list[str]) -> None:
    rules = (Rule(words=("border",)), Rule(words=("prison",)))
    link = links.link(Purpose.MANAGE, person(Wish(Selection(rules), "daily", 420)), NOW)
    before = everything()
    answer = client.post(link, {"act": "save", "held": key(1), "line": lines})
    assert "Keep a line, or tick something for a new one." in words(page(answer, 422))
    assert everything() == before


@pytest.mark.usefixtures("x")
def test_an_office_that_has_closed_stays_chosen_until_it_is_taken_out(client: Client) -> None:
    office("tashkent", "Tashkent", closed=True)
    link = links.link(Purpose.MANAGE, person(Wish(of(["tashkent"]), "daily", 420)), NOW)
    managed(client, link, act="save", held=key(1), frequency="daily", minute="480", office="tashkent")
    assert subscriptions.wishes_of(anna())[0].selection == of(["tashkent"])


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    "fields", [{}, {"act": "save"}, {"act": "save", "held": "none"}, {"act": "x"}, {"act": "remove"}]
)
def test_a_button_that_is_none_changes_nothing(client: Client, fields: dict[str, str]) -> None:
    link = links.link(Purpose.MANAGE, person(), NOW)
    before = everything()
    assert client.post(link, fields).status_code == (422 if fields.get("act") == "save" else 303)
    assert everything() == before


@pytest.mark.usefixtures("x")
def test_manage_for_who_has_left_or_not_confirmed(client: Client) -> None:
    found = person(confirmed=False)
    link = links.link(Purpose.MANAGE, found, NOW)
    assert "not confirmed" in words(page(client.get(link)))
    subscriptions.leave(subscriptions.confirm(found, NOW), NOW)
    assert "You have unsubscribed" in words(page(client.get(link)))

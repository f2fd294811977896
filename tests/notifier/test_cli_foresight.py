"""The commands that look ahead and back: foresight, explain, what a draft would mean; and selections as options."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import tomlkit

from config import clock, revisions
from feeds.models import Standing, Topic
from feeds.selection import Rule, Selection
from notifier import addresses, planner, subscriptions
from notifier.cli import main
from notifier.subscriptions import Wish
from tests.config.samples import shipped
from tests.notifier.commands import Told
from tests.notifier.planning_kit import DAY, NOW, SECOND, daily, instant, release, topic
from tests.notifier.planning_kit import person as somebody

pytestmark = pytest.mark.django_db
ANNA = "anna@example.org"


@pytest.fixture
def herald(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, settings, tmp_path
) -> Callable[..., Told]:
    settings.HERALD_HOME = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOW)
    revisions.apply(shipped(), "start", "start", now=NOW - 100 * DAY)

    def call(*words: str) -> Told:
        with pytest.raises(SystemExit) as ended:
            main(words)
        told = capsys.readouterr()
        return Told(int(ended.value.code or 0), told.out, told.err)

    return call


def write_topics(folder, change) -> None:
    path = folder / "config" / "topics.toml"
    document = tomlkit.parse(path.read_text())
    rows = {row["slug"]: dict(row) for row in document["topic"]}
    path.write_text(tomlkit.dumps({"topic": list(change(rows).values())}))


def test_a_selection_is_an_option_of_those_who_subscribe(herald):
    query = "topic=youth&q=human rights&office.2=osce-mission-to-serbia&not-language.2=sr"
    told = herald("subscribers", "add", ANNA, "--selection", query, "--frequency", "weekly", "--confirmed")
    assert told.code == 0
    serbia = Rule(offices=("osce-mission-to-serbia",), not_languages=("sr",))
    chosen = Selection((Rule(topics=("youth",), words=("human rights",)), serbia))
    assert [w.selection for w in subscriptions.wishes_of(subscriptions.find(ANNA))] == [chosen]
    assert herald("subscribers", "change", ANNA, "--selection", "q=border").code == 0
    (wish,) = subscriptions.wishes_of(subscriptions.find(ANNA))
    assert (wish.selection, wish.frequency) == (Selection((Rule(words=("border",)),)), "daily")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--selection", "topic=nothing"), "there is no topic nothing"),
        (("--selection", "colour=red"), "no colour here"),
        (("--selection", "topic=youth", "--topic", "youth"), "say all of it in the selection"),
    ],
)
def test_what_is_no_selection_is_told(herald, options, said):
    told = herald("subscribers", "add", ANNA, *options)
    assert told.code == 2
    assert said in told.err


def test_foresight(herald):
    for days in (40, 30, 20):
        release(
            "youth", title=f"{days} days ago", at=NOW - days * DAY, published_on=(NOW - days * DAY).date()
        )
    release(at=NOW, published_on=(NOW - 95 * DAY).date())
    told = herald("digest", "foresight", "--topic", "youth", "--json").json
    known = ("selection", "days", "enough_history", "releases")
    assert [told[name] for name in known] == ["topic=youth", 90, True, 3]
    assert told["messages"] == {"instant": 3, "several": 3, "daily": 3, "weekly": 3, "monthly": 1}
    assert [one["title"] for one in told["latest"]] == ["20 days ago", "30 days ago", "40 days ago"]
    text = herald("digest", "foresight", "--selection", "topic=youth").out
    assert "Youth: 3 releases in 90 days" in text
    assert "daily: 0.23 messages a week" in text


def test_explain_finds_a_release_by_key_number_or_address(herald):
    anna = somebody(instant(topic("youth")), now=NOW - DAY)
    address = "https://newsroom.example.org/1"
    pk = release("youth", title="Young people", at=NOW - DAY + SECOND, url=address)
    other = release("education", at=NOW - DAY + SECOND)
    planner.plan(NOW)
    mail, key = addresses.decrypt(bytes(anna.address)), Standing.objects.get(pk=pk).key
    for name in (key, str(pk), address, f"http://localhost:8000/releases/{key}"):
        told = herald("digest", "explain", mail, name, "--json").json
        assert (told["verdict"], told["cause"], told["release"]) == ("will", "waiting", key)
        assert told["message"]["because"] == [["topic", "youth"]]
        assert told["subscriptions"] == ["Youth"]
    text = herald("digest", "explain", mail, key).out
    assert "Young people" in text
    assert "They will get it: it waits to be sent." in text
    subscriptions.change(anna, [daily(topic("education"))], now=NOW)
    text = herald("digest", "explain", mail, str(other)).out
    assert "nothing that they had chosen fits it" in text
    assert "What came nearest: Youth." in text
    assert "It would fit what they have chosen since." in text
    assert "there is no release" in herald("digest", "explain", mail, "nowhere").err


def test_a_draft_is_told_with_what_it_would_mean_and_a_dry_run_changes_nothing(herald, tmp_path):
    somebody(daily(topic("youth")), now=NOW - 2 * DAY)
    release("education", title="Schools", at=NOW - DAY)
    herald("config", "export")

    def merge(rows):
        rows["youth"]["former"] = ["education"]
        return {slug: row for slug, row in rows.items() if slug != "education"}

    write_topics(tmp_path, merge)
    for told in (herald("config", "diff"), herald("config", "apply", "--dry-run")):
        assert told.code == 0
        assert "1 subscriber is concerned" in told.out
        assert "1 subscription would bring more releases" in told.out
        assert "feed topics/education leads to topics/youth" in told.out
        assert "  + Schools" in told.out
    found = herald("config", "apply", "--dry-run", "--json").json
    assert found["consequences"]["subscriptions"] == {
        "more": 1,
        "fewer": 0,
        "other": 0,
        "moved": 0,
        "later": 0,
        "never": 0,
    }
    assert Topic.objects.filter(slug="education").exists()
    assert isinstance(herald("config", "diff", "--json").json, list)


def test_times_that_move_only_after_the_next_message_are_told(herald, tmp_path):
    herald("config", "export")
    path = tmp_path / "config" / "subscriptions.toml"
    assert '"18:00"' in path.read_text()
    path.write_text(path.read_text().replace('"18:00"', '"19:00"'))
    assert "nobody's mail changes" in herald("config", "diff").out
    somebody(Wish(topic("youth"), "several"), now=NOW - 2 * DAY)
    told = herald("config", "diff").out
    assert "1 subscription would bring messages after the next one at other times" in told
    assert "next message:" not in told


def test_a_draft_that_would_be_refused_says_why(herald, tmp_path):
    somebody(daily(topic("youth")), now=NOW - DAY)
    herald("config", "export")
    write_topics(tmp_path, lambda rows: {slug: row for slug, row in rows.items() if slug != "youth"})
    told = herald("config", "diff")
    assert "refused: topic 'youth' cannot be removed: subscriptions name it" in told.out

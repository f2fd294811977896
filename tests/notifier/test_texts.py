"""Texts that admins word: what they may hold, that they cannot hang or break mail, and that they are tried first."""

import logging
import time

import pytest
from django.utils import translation

from config import revisions
from config.files import read, write
from config.sections import Refused
from feeds.models import Newsroom
from notifier import letters, samples, sandbox, texts, trial
from notifier.models import Rendering, Text
from notifier.sandbox import BadText
from notifier.texts import Wording
from tests.config.samples import NOW, shipped
from tests.logged import events
from tests.notifier.mailing import a_dispatch, a_newsroom, a_release
from tests.notifier.reading import message

BOMBS = [
    "{% for x in range(10**9) %}a{% endfor %}",
    "{{ 'a' * 10**9 }}",
    "{{ 9**9**9 }}",
    "{{ range(10**9)|list }}",
    "{{ newsroom|center(10**9) }}",
    "{{ newsroom|replace('a', newsroom) }}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% set x = newsroom %}{{ x }}",
    "{{ newsroom.__class__.__mro__ }}",
    "{{ ''.join(newsroom) }}",
    "{{ newsroom[0] }}",
    "{{ cycler }}",
    "{{ self }}",
    "{% include 'digest.html' %}",
    "{% extends 'frame.html' %}",
    "{{ lipsum(n=100000) }}",
    "{{ [1] * 10 }}",
    "{{ newsroom is callable }}",
    "{{ 1 // 0 }}",
    "{% if newsroom %}",
    "{{ newsroom",
    "{{ nobody }}",
    "{{ " + "(" * 1500 + "1" + ")" * 1500 + " }}",
    "{% if newsroom %}" * 120 + "{% endif %}" * 120,
    "{{ " + "not " * 900 + "newsroom }}",
    "x" * 4_001,
]


@pytest.mark.parametrize("template", BOMBS)
def test_what_could_hang_or_reach_out_is_refused_at_once(template):
    began = time.process_time()
    with pytest.raises(BadText) as error:
        sandbox.render(template, {"newsroom": "A newsroom"})
    assert time.process_time() - began < 1
    assert "expected" in str(error.value)


def test_what_is_rendered_is_bounded():
    with pytest.raises(BadText, match="at most 8000"):
        sandbox.render("{{ newsroom }}" * 200, {"newsroom": "x" * 300})


def test_values_stay_text_whatever_they_look_like():
    assert sandbox.render("<b>{{ newsroom|upper }}</b>", {"newsroom": "{{ 7*7 }} &"}) == "<b>{{ 7*7 }} &</b>"


def test_a_text_may_choose():
    template = "{% if count > 1 %}{{ count }} releases{% else %}one{% endif %}"
    assert [sandbox.render(template, {"count": n}) for n in (1, 3)] == ["one", "3 releases"]


@pytest.mark.parametrize("language", ["en", "fr", "de", "it", "ru", "es", "ar"])
def test_heralds_own_wording_passes_its_own_trial(language):
    for key, kind in texts.KINDS.items():
        with translation.override(language):
            own = kind.template()
        assert "%(" not in own
        assert list(trial.faults(key, language, own)) == []


def test_a_newsrooms_words_stand_in_both_parts_and_markup_in_them_is_text():
    words = {
        "greeting": {"en": "Good morning from {{ newsroom }}.\n\nSee https://example.org/a?b=1&c=2 <script>x</script>"},
        "subject-several": {"en": "{{ newsroom }}: {{ count }}"},
        "heading": {"en": "Today: {{ sentence }}"},
        "footer": {"en": "Call us."},
    }  # fmt: skip
    found = _message(Wording(words))
    assert found.subject == "OSCE: 12"
    assert found.headings("h1") == ["Today: 12 new releases for you"]
    assert "Good morning from OSCE.\n\nSee https://example.org/a?b=1&c=2 <script>x</script>" in found.text
    assert "https://example.org/a?b=1&c=2" in found.links()
    assert not list(found.page.iter("script"))
    assert found.text.rstrip().splitlines()[-3] == "Call us."
    assert "No images" not in found.text


def test_another_language_keeps_heralds_own_words():
    assert "für Sie" in _message(Wording({"heading": {"en": "X"}}), "de").headings("h1")[0]


@pytest.mark.holds("E7")
def test_a_title_that_is_a_template_stays_text_in_a_newsrooms_words():
    newsroom = Newsroom(name="{{ publisher }}", publisher="OSCE {% raw %}")
    found = _message(Wording({"greeting": {"en": "{{ newsroom }} / {{ publisher }}"}}), newsroom=newsroom)
    assert "{{ publisher }} / OSCE {% raw %}" in found.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "logged"),
    [
        ({"en": "{% for x in y %}"}, "line 1: "),
        ({"en": "{% if count == 3 %}three{% endif %}"}, "is empty"),
        ({"en": "{{ sentence }}" * 280}, "expected a line of at most 500"),
        ({"en": "{% if count < sentence %}x{% endif %}"}, "cannot be written"),
        ({"en": 7}, "is no text"),
        (["what another program wrote"], ""),
    ],
)
def test_a_faulty_text_stops_no_mail(caplog, words, logged):
    a_newsroom()
    Text.objects.bulk_create([Text(key="heading", words=words)])
    dispatch = a_dispatch([], [a_release("A" * 299), a_release("B")])
    with caplog.at_level(logging.ERROR, "notifier.texts"):
        found = message(dispatch)
    assert found.headings("h1") == ["2 new releases for you"]
    told = events(caplog.records, "notifier.texts")
    assert {(event["text"], event["language"]) for event in told} == (
        {("heading", "en")} if logged else set()
    )
    assert all(logged in event["why"] for event in told)
    assert Rendering.objects.count() == 1


@pytest.fixture
def configured(db):
    revisions.apply(shipped(), "start", "start", now=NOW)


def wanted(key, **words):
    """What ships, with other words for one text."""
    rows = [row | words if row["key"] == key else row for row in revisions.document()["text"]]
    return {"text": rows}


def test_every_text_is_part_of_what_ships(configured):
    assert [row["key"] for row in revisions.document()["text"]] == list(texts.KINDS)


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [
        ("heading", {"en": "{{ titel }}"}, "text 'heading': en line 1: there is no {{ titel }}; expected text, "),
        ("heading", {"ru": "a\nb"}, "text 'heading': ru has several lines in the sample 'alert'; expected one line"),
        ("subject-one", {"en": "{% if not title %}x{% endif %}"}, "en is empty; expected some words in every case"),
        ("subject-one", {"fr": "{{ title }}" * 9}, "fr becomes 747 characters long; expected a line of at most 500"),
        ("confirm-end", {"de": "{{ title }}"}, "there is no {{ title }}; expected text, {{ newsroom }}"),
        ("footer", {"en": "{% for x in y %}{% endfor %}"}, "en line 1: a loop is not allowed; expected text"),
    ],
)  # fmt: skip
def test_a_faulty_text_is_refused_with_what_was_expected(configured, key, words, said):
    with pytest.raises(Refused) as refused:
        revisions.apply(wanted(key, **words), "account:1", "admin", now=NOW)
    assert said in str(refused.value)
    assert not Text.objects.exclude(words={}).exists()


def test_a_text_is_a_revision_and_can_be_taken_back(configured):
    before = revisions.current()
    revisions.apply(wanted("footer", en="Call us.", ru="Звоните."), "account:1", "admin", now=NOW)
    assert Text.objects.get(key="footer").words == {"en": "Call us.", "ru": "Звоните."}
    revisions.restore(before, "account:1", "admin", now=NOW)
    assert Text.objects.get(key="footer").words == {}


def test_texts_go_out_to_files_and_come_back(configured, tmp_path):
    document = revisions.document() | wanted("greeting", en="One.\n\nTwo “{{ newsroom }}”.")
    write(tmp_path, document)
    assert 'key = "greeting"\nen = """' in (tmp_path / "texts.toml").read_text()
    assert read(tmp_path)["text"] == document["text"]


def test_a_fault_in_a_file_is_said_with_its_line(configured, tmp_path):
    write(tmp_path, revisions.document() | wanted("greeting", en="{{ nobody }}"))
    line = (tmp_path / "texts.toml").read_text().splitlines().index('en = "{{ nobody }}"') + 1
    with pytest.raises(Refused, match=rf"texts\.toml:{line}: text 'greeting': en line 1: there is no"):
        read(tmp_path)


def _message(wording, language="en", newsroom=None):
    from tests.notifier.reading import Message

    letter = samples.letter("digest", language)
    pattern = letters.compose(letter, newsroom or Newsroom(name="OSCE", publisher="OSCE"), wording)
    return Message(pattern.fill(letters.values(pattern, 1, letter.made_at.date(), 1, "a@b.example", "x")))

"""Nothing is cut silently, and nothing takes long, whatever a field holds."""

import time
from base64 import b64encode
from dataclasses import replace
from random import Random

import pytest

from feeds import drafting, limits
from feeds.models import Release, ReleaseWarning
from tests.feeds.intake.kit import BORDER, make_source, take_in, the_release

WORDS = "words and more "


def draft(**values):
    (named,) = drafting.name([replace(BORDER, **values)], "newsroom")
    return drafting.draft(named)


@pytest.mark.parametrize(
    ("field", "column", "limit"),
    [
        ("title", "title", limits.TITLE),
        ("summary", "summary", limits.SUMMARY),
        ("author", "author", limits.AUTHOR),
        ("editors_note", "editors_note", limits.NOTE),
        ("withdrawn", "withdrawn_reason", limits.REASON),
    ],
)
@pytest.mark.parametrize("length", [1, 2, 5, 50])
def test_a_text_that_is_too_long_is_cut_with_a_warning(field, column, limit, length):
    text = (WORDS * (length * limit // len(WORDS) + 1)).strip()
    cut = draft(**{field: text})
    assert len(cut.values[column]) <= limit
    assert cut.values[column].endswith("…")
    assert text.startswith(cut.values[column].rstrip("…"))
    assert len(cut.told["warnings"]) == 1
    assert f"was cut to {limit:,} characters; it had {len(text):,}." in cut.told["warnings"][0]


@pytest.mark.parametrize("text", ["x" * limits.TITLE, " " * 5000 + "short" + "\n" * 4000])
def test_what_fits_once_it_is_cleaned_is_not_cut(text):
    assert draft(title=text).values["title"] == text.strip()
    assert "warnings" not in draft(title=text).told


def test_a_word_without_end_is_cut_within():
    assert len(draft(title="x" * 5000).title) == limits.TITLE


@pytest.mark.parametrize(
    "unit", ["<p>Some words.</p>", "Some words. ", "<p>1 < 2 & 3 < 4</p>", "\n\n", "<b>"]
)
def test_a_text_beyond_a_megabyte_is_cut_with_a_warning(unit):
    cut = draft(body="<p>Beginning</p>" + unit * (2_000_000 // len(unit)))
    assert cut.values["body"].startswith("<p>Beginning")
    assert 0 < len(cut.values["body"]) <= limits.BODY
    assert any("was cut" in text or "tangled" in text for text in cut.told["warnings"])


def test_what_cannot_be_used_is_left_out_with_a_warning():
    cut = draft(
        url="ftp://e.org/a", image_url="x" * 5000, language="no tag", alternates=(("fr", "mailto:x"),)
    )
    assert not {"url", "image_url", "language"} & cut.values.keys()
    assert [text.split(" was left out")[0] for text in cut.told["warnings"]] == [
        "The address", "The address of the picture".replace("address of the picture", "language"),
        "The address of the picture", "The address of another language version",
    ]  # fmt: skip


def test_too_many_labels_are_cut_with_a_warning():
    cut = draft(topics=tuple(f"Topic {n}" for n in range(200)), offices=("x" * 2000,))
    assert (len(cut.told["topic"]), len(cut.told["office"][0])) == (limits.LABELS, limits.LABEL)
    assert len(cut.told["warnings"]) == 3


def test_there_are_never_more_warnings_than_a_person_reads():
    cut = draft(warnings=tuple(f"Warning {n} {'x' * 500}" for n in range(100)), language="no tag")
    assert len(cut.told["warnings"]) == limits.WARNINGS + 1
    assert cut.told["warnings"][-1] == "There were more warnings than are kept."
    assert max(map(len, cut.told["warnings"])) <= limits.WARNING


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        ("One\ntwo\n\n \nThree", "<p>One<br>two</p>\n<p>Three</p>"),
        ("<p>One</p>", "<p>One</p>"),
        ("AT&amp;T", "AT&amp;T"),
        ("x <script>alert(1)</script>", "x"),
        ("", None),
        ("<script>alert(1)</script>", None),
    ],
)
def test_text_without_html_stays_text(body, stored):
    assert draft(body=body).values.get("body") == stored


# warnings in the store


@pytest.mark.django_db
def test_warnings_stand_on_the_release_until_it_is_written_without(source):
    cut = replace(BORDER, language="no tag", warnings=("A picture was left out.",))
    take_in(source, cut)
    assert sorted(the_release().warnings.values_list("text", flat=True)) == [
        "A picture was left out.",
        'The language was left out: "no tag" is no language tag.',
    ]
    take_in(make_source("other"), replace(BORDER, key="x", warnings=("Its own.",)))
    take_in(source, replace(cut, language="en"))
    assert sorted(the_release().warnings.values_list("text", flat=True)) == [
        "A picture was left out.",
        "Its own.",
    ]
    assert take_in(source, replace(cut, language="en")).same == 1
    take_in(source, BORDER)
    assert [warning.text for warning in ReleaseWarning.objects.all()] == ["Its own."]


@pytest.mark.django_db
def test_two_keys_of_one_text_too_long_for_their_column_stay_two(source):
    long = "k" * 5000
    take_in(
        source,
        replace(BORDER, key=long + "a", url=""),
        replace(BORDER, key=long + "b", url="", title="Other"),
    )
    assert Release.objects.count() == 2


# time

MEGA = 5_000_000
JUNK = (
    "<div>", "<b>", "<a><div>", "<table>x<b>x</b>", "<p><div></p>", "<!--", "<script>", "<", "<select>", "&", "&#",
    "A, ", "x ", " ", "\n", "\x00", "\ud800", "\"'", "/", "ü", "\u0301\u0327", "\u202e\u05d0\u202c",
    "\u202a\n\u05d0", "\u200b\u200d", "\u1100\u1161",
)  # fmt: skip
FIELDS = (
    "title", "summary", "body", "author", "url", "image_url", "language", "key", "editors_note", "withdrawn", "type",
    "translation_of",
)  # fmt: skip


@pytest.mark.parametrize("junk", JUNK, ids=map(ascii, JUNK))
def test_five_megabytes_of_junk_in_every_field_take_no_time(junk):
    whole = (junk * (MEGA // len(junk) + 1))[:MEGA]
    lists = {"offices": (whole,), "topics": (whole,), "warnings": (whole,), "alternates": ((whole, whole),)}
    item = replace(BORDER, **dict.fromkeys(FIELDS, whole), **lists)
    began = time.process_time()
    for named in drafting.name([item, replace(item, title="Title")], "newsroom"):
        if isinstance(named, drafting.Named):
            assert drafting.draft(named).title
    assert time.process_time() - began < 4


NESTED = "<div>" * 30_000 + "The deepest word" + "</div>" * 30_000
CLOSED = "<p>" + "".join(f"<i title={n}>" for n in range(250)) + "<div>x</div>" * 40_000
CROWDED = "<a " + " ".join(f"a{n}" for n in range(100_000)) + ">The deepest word</a>"
REOPENED = "".join(f"<div><b title={n}>The deepest word</div>" for n in range(20_000))


@pytest.mark.parametrize(
    "body", [NESTED, CLOSED, CROWDED, REOPENED], ids=["nested", "closed", "crowded", "reopened"]
)
def test_html_that_would_take_the_square_of_its_length_keeps_its_words(body):
    began = time.process_time()
    cut = draft(body=body)
    assert time.process_time() - began < 2
    assert "tangled" in cut.told["warnings"][0]
    assert cut.values["body"].startswith(("<p>The deepest word", "<p>x"))


@pytest.mark.parametrize(
    "body",
    [
        "<table>" + "<tr><td>1<td>2</td></tr>" * 5000 + "</table>",
        "<ul>" + "<li>One<li><p>Two<p>Three</li>" * 3000 + "</ul>",
        "<p>" + 'A <a name="x">word <b>and</b> <i>more</i>. ' * 4000,
        "<div>" * 200 + "x" + "</div>" * 200,
        '<p><img src="data:image/png;base64,'
        + b64encode(Random(1).randbytes(500_000)).decode()
        + '"> Text</p>',
    ],
    ids=["table", "list", "anchors", "deep", "picture"],
)
def test_long_html_of_the_usual_kind_is_not_tangled(body):
    assert "warnings" not in draft(body=body).told

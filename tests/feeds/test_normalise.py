"""Foreign text made safe and comparable."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds import normalise

FOREIGN = st.text(
    st.characters() | st.sampled_from("\x00\x0b\x85\u2028\ud800\ufffe<>&\"'\u0338\u0301,;: \n\r\t…"),
    max_size=60,
)


@pytest.mark.parametrize(
    ("given_", "canonical"),
    [
        ("https://e.org", "https://e.org/"),
        (" HTTP://E.ORG:80/a?b=c#d ", "http://e.org/a?b=c"),
        ("https://e.org:8443/a b/ü?q=ü&r=[1]", "https://e.org:8443/a%20b/%C3%BC?q=%C3%BC&r=[1]"),
        ("https://e.org/%C3%BC", "https://e.org/%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://[2001:DB8::0:1]:443/", "https://[2001:db8::1]/"),
        ("javascript:alert(1)", None),
        ("//e.org/a", None),
        ("/a", None),
        ("ftp://e.org/", None),
        ("https://user:password@e.org/", None),
        ("https://e.org:99999/", None),
        ("https://[::1/", None),
        ("https://e org/", None),
        ("https:///a", None),
        ("https://e.org/" + "a" * 2000, None),
        ("", None),
    ],
)
def test_an_address_has_one_form_or_none(given_, canonical):
    assert normalise.url(given_) == canonical


@pytest.mark.parametrize(
    ("given_", "whole"),
    [
        ("A whole sentence.", "A whole sentence."),
        ("Is it?  ", "Is it?"),
        ("He said: “Yes.”", "He said: “Yes.”"),
        ("It ends (here.)", "It ends (here.)"),
        ("It was the last of", "It was the last of…"),
        ("It was the last of,", "It was the last of…"),
        ("disposal (EOD)", "disposal (EOD)…"),
        ("It goes on …", "It goes on …"),
        ("It goes on...", "It goes on..."),
        (" One. \r\n\r\n\t Two  three ", "One.\nTwo three…"),
        ("", ""),
        (" \x00 ", ""),
    ],
)
def test_a_summary_that_stops_in_mid_sentence_says_so(given_, whole):
    assert normalise.summary(given_) == whole


@pytest.mark.parametrize(
    ("given_", "text"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One Two three"),
        ("a <b>bold</b> word &amp; more &lt;i&gt;", "a bold word & more <i>"),
        ("x<script>alert(1)</script><style>p{}</style>y", "xy"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_the_text_of_html(given_, text):
    assert normalise.plain(given_) == text


def test_what_runs_tracks_or_breaks_out_is_removed_from_html():
    html = (
        '<h1 style="x" onclick="y">A</h1><a href="javascript:x">b</a><iframe src="https://x.org"></iframe>'
        '<form><input name="q"></form><a href="/c">c</a><img src="data:x">'
    )
    assert normalise.markup(html, "https://e.org/d/") == (
        '<h1>A</h1><a rel="noopener noreferrer">b</a><a href="https://e.org/c" rel="noopener noreferrer">c</a><img>'
    )
    assert 'href="/c"' not in normalise.markup(html)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/c">x</a>',
        "<a href='/c'>x</a>",
        "<a href=/c>x</a>",
        '<A HREF = "/c">x</A>',
        '<a\thref\n=\n"../c">x</a>',
        '<a title="https://e.org/" href="/c">x</a>',
        '<a rel="noopener noreferrer" href="//e.org/c">x</a>',
        '<a href="&#47;c">x</a>',
    ],
)
def test_a_relative_address_is_found_however_it_is_written(link):
    beside = '<a href="https://e.org/c" rel="noopener noreferrer">x</a>'
    cleaned = normalise.markup(f"{beside} {link}", "https://e.org/d/")
    assert cleaned.count('href="https://e.org/c"') == 2
    assert normalise.markup(cleaned, "https://elsewhere.org/") == cleaned


@pytest.mark.parametrize(
    ("given_", "kept"),
    [("en", "en"), (" fr-FR ", "fr-FR"), ("pt_BR", "pt-BR"), ("x y", ""), ("e" * 40, ""), ("", "")],
)
def test_a_language_is_a_tag_or_nothing(given_, kept):
    assert normalise.language(given_) == kept


def test_an_excerpt_is_cut_between_words():
    assert normalise.excerpt("one two three", 9) == "one two…"
    assert normalise.excerpt("one two", 9) == "one two"


def test_two_spellings_of_a_title_fold_into_one():
    assert normalise.fold("The  OSCE’s “E\u0301tude” – I") == normalise.fold('the osce\'s "étude" - i')
    assert normalise.fold("Report 1") != normalise.fold("Report 2")


@settings(deadline=None)
@given(FOREIGN)
@example("\ud800")
@example("<b>\u0338")
@example("&#1;&#xD800;&#x110000;")
@example("https://e.org\ufffe/")
def test_whatever_is_given_comes_out_fit_for_xml_and_twice_is_once(value):
    for function in (normalise.text, normalise.line, normalise.summary, normalise.plain, normalise.markup):
        out = function(value)
        element = etree.Element("x")
        element.text = out  # lxml refuses what XML 1.0 cannot hold
        assert unicodedata.is_normalized("NFC", out) or function is normalise.markup
    for function in (normalise.text, normalise.line, normalise.summary, normalise.fold, normalise.language):
        assert function(function(value)) == function(value)
    address = normalise.url(value)
    assert address is None or (address.isascii() and normalise.url(address) == address)


@settings(deadline=None)
@given(FOREIGN.map("https://e.org/".__add__) | FOREIGN.map("http://".__add__))
def test_the_canonical_form_of_an_address_is_canonical(value):
    address = normalise.url(value)
    assert address is None or normalise.url(address) == address

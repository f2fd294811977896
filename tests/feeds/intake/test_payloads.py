"""What attackers write into titles, summaries, texts and names: nothing of it runs, from the store or on a page.

payloads.json holds more than six hundred, each a way in which a browser was once made to run something.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from feeds import labels, normalise, notice
from feeds.models import Office, PendingTerm, Release, Topic
from tests.feeds.intake.kit import BORDER, NOW, take_in

PAYLOADS = json.loads(Path(__file__).with_name("payloads.json").read_text("utf-8"))
AT_ONCE = 48
ACTIVE = frozenset(
    {
        "script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button",
        "select", "option", "textarea", "keygen", "isindex", "svg", "math", "meta", "base", "link", "template",
        "noscript", "noembed", "noframes", "xmp", "plaintext", "title", "body", "html", "head", "image", "audio",
        "video", "source", "track", "param", "marquee", "portal", "fencedframe", "dialog", "slot", "canvas",
        "foreignobject", "use", "animate", "set", "handler", "mglyph",
    }
)  # fmt: skip
ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "cite",
    "background",
    "poster",
    "data",
    "ping",
    "srcset",
    "xlink:href",
}


def dangers(fragment):
    """What in a piece of HTML could run, load or take over the page."""
    for element in html.fragment_fromstring(fragment, create_parent="div").iter():
        if not isinstance(element.tag, str):
            yield f"{element!r}"
            continue
        if element.tag.lower() in ACTIVE or ":" in element.tag:
            yield f"<{element.tag}>"
        for name, value in element.attrib.items():
            if name.lower().startswith("on") or name.lower() in {
                "style",
                "id",
                "name",
                "is",
                "srcdoc",
                "class",
            }:
                yield f"{element.tag} {name}"
            if name.lower() in ADDRESSES and not value.lower().startswith(("http://", "https://", "mailto:")):
                yield f"{element.tag} {name}={value}"


def test_there_are_many():
    assert len(set(PAYLOADS)) == len(PAYLOADS) > 600


def test_the_test_can_tell():
    harmful = [
        "<script>1</script>",
        "<p onclick=x>",
        "<a href='javascript:1'>x</a>",
        "<svg></svg>",
        "<p style=x>",
    ]
    assert [len(list(dangers(one))) for one in harmful] == [1, 1, 1, 1, 1]
    assert (
        list(
            dangers("<p>x <a href='https://e.example/' rel=noopener>y</a><img src='https://e.example/z'></p>")
        )
        == []
    )


@pytest.mark.holds("S5")
@pytest.mark.django_db
def test_nothing_that_runs_gets_into_the_store(source):
    take_in(
        source,
        *(
            replace(BORDER, key=f"k{n}", url="", title=f"{n} {one}", summary=one, body=one, author=one)
            for n, one in enumerate(PAYLOADS)
        ),
    )
    rows = Release.objects.values_list("title", "summary", "author", "body")
    assert len(rows) == len(PAYLOADS)
    for title, *texts, body in rows:
        assert list(dangers(body)) == [], title
        for text in (title, *texts):
            assert text == normalise.text(text)
            etree.Element("x").text = text  # lxml refuses what XML 1.0 cannot hold


@pytest.mark.holds("S5")
@given(
    st.lists(st.sampled_from(PAYLOADS), min_size=1, max_size=4),
    st.sampled_from(["", "<p>", "<table>", "<b title='", "<!--"]),
)
def test_nor_do_several_together(payloads, before):
    cleaned = normalise.markup(before + "".join(payloads), "https://newsroom.example.org/")
    assert list(dangers(cleaned)) == []
    assert list(dangers(normalise.markup(cleaned))) == []


@pytest.mark.holds("S5")
@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("start", range(0, len(PAYLOADS), AT_ONCE))
def test_nothing_runs_on_a_releases_page(source, client, start):
    some = PAYLOADS[start : start + AT_ONCE]
    Office.objects.bulk_create(
        Office(slug=f"o{n}", name=one[:300].replace("\x00", "")) for n, one in enumerate(some)
    )
    Topic.objects.bulk_create(
        Topic(slug=f"t{n}", name=one[:300].replace("\x00", "")) for n, one in enumerate(some)
    )
    text = "\n".join(some)
    report = take_in(
        source,
        replace(BORDER, key="quiet", url="", title="Quiet", offices=(), topics=()),
        replace(BORDER, key="loud", url="", title=text, summary=text, body=text, author=text, editors_note=text,
                language="en", offices=(), topics=()),
    )  # fmt: skip
    loud = Release.objects.get(pk__in=report.new, author__gt="")
    loud.offices.set(Office.objects.filter(slug__startswith="o"))
    loud.topics.set(Topic.objects.filter(slug__startswith="t"))
    notice.take(NOW)
    quiet_page, page = (
        html.fromstring(client.get(f"/releases/{release.standing.key}").content)
        for release in Release.objects.select_related("standing").order_by("author")
    )
    assert count(page, "//script") == count(quiet_page, "//script")
    assert count(page, "//style") == count(quiet_page, "//style")
    (article,) = page.xpath("//article")
    assert (
        article.xpath(
            ".//script|.//style|.//iframe|.//object|.//embed|.//svg|.//math|.//form[not(@class='watch')]|.//meta|.//base"
        )
        == []
    )
    assert article.xpath(".//@*[starts-with(name(), 'on')]|.//@style") == []
    assert [
        url
        for url in article.xpath(".//@href|.//@src")
        if not url.lower().startswith(("/", "http", "mailto:"))
    ] == []
    assert article.xpath("string(.//h1)") == loud.title


def count(page, path):
    return len(page.xpath(path))


@pytest.mark.django_db
def test_labels_are_text_and_nothing_else(source):
    take_in(
        source,
        *(
            replace(BORDER, key=f"k{n}", url="", title=f"{n}", topics=(one,))
            for n, one in enumerate(PAYLOADS)
        ),
    )
    for label in PendingTerm.objects.values_list("label", flat=True):
        assert label == normalise.line(label)
        assert len(label) <= labels.LONGEST

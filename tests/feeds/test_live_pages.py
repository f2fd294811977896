"""`/live`: a selection or a feed on a second screen."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from feeds.live import steps
from tests.feeds.stories import edit, newsroom, office, run, settle, topic, withdraw, write, write_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def borders():
    newsroom()
    return topic()


def page(path, **headers):
    return Client().get(path, headers=headers)


def text(path):
    return page(path).content.decode()


def titles(path):
    return re.findall(r'<h2[^>]*><a href="[^"]*" rel="noopener">([^<]*)</a>', text(path))


def test_it_shows_the_newest_and_where_its_stream_goes_on(borders):
    write("Old", labels=(borders,))
    write("On something else")
    release = write("New", labels=(borders,), summary="In short", url="https://x.example/new")
    settle()
    assert titles("/live?topic=borders") == titles("/live/topics/borders") == ["New", "Old"]
    assert titles("/live") == ["New", "On something else", "Old"]
    told = steps.start()[1]
    assert f'data-events="/feeds/selection.events?topic=borders&amp;last-event-id={told}"' in text(
        "/live?topic=borders"
    )
    assert f'data-events="/feeds/topics/borders.events?last-event-id={told}"' in text("/live/topics/borders")
    edit(release, title="Newer", editors_note="It was wrong")
    settle()
    assert 'class="badge">Corrected</b>' in text("/live")
    withdraw(release)
    settle()
    assert titles("/live?topic=borders") == ["Old"]


def test_without_javascript_it_loads_itself_anew_and_with_it_nothing_is_inline():
    answer = page("/live")
    html = answer.content.decode()
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in html
    scripts = re.findall(r"<script[^>]*>[^<]*", html)
    assert [re.sub(r"/static/[0-9a-z]+/", "/", script) for script in scripts] == [
        '<script src="/page.js" defer>', '<script src="/live.js" defer>',
    ]  # fmt: skip
    assert "connect-src 'self'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert page("/static/herald/live.js").status_code == 200


def test_every_event_there_is_has_its_hand_in_the_script():
    from feeds.live.events import KINDS

    script = page("/static/herald/live.js").content.decode()
    handled = script[script.index("const handle") : script.index("const listen")]
    assert [kind for kind in KINDS if not re.search(rf"\b{kind}\b", handled)] == []


def test_it_speaks_the_reader_s_language():
    assert "Neues erscheint hier von selbst" in page("/live", accept_language="de").content.decode()
    assert "Прямая лента" in text("/live?lang=ru")


def test_what_is_no_selection_and_no_feed(borders):
    assert page("/live?topic=nothing").status_code == 404
    assert page(f"/live?q={'x' * 201}").status_code == 400
    assert page("/live/topics/nothing").status_code == 404
    run("UPDATE feeds_topic SET former = %s WHERE slug = 'borders'", json.dumps(["frontiers"]))
    answer = page("/live/topics/frontiers")
    assert (answer.status_code, answer["Location"]) == (301, "/live/topics/borders")


def test_pages_of_feeds_and_selections_lead_there(borders):
    office()
    write_row(
        "feeds_savedfeed", slug="mine", title="Mine", description="", position=1, selection='{"rules": [{}]}'
    )
    write("A release", labels=(borders,))
    settle()
    for path, live in [
        ("/topics/borders", "/live/topics/borders"),
        ("/offices/vienna", "/live/offices/vienna"),
        ("/feeds/all", "/live/all"),
        ("/feeds/saved/mine", "/live/saved/mine"),
        ("/feeds/offices/vienna/topics/borders", "/live/offices/vienna/topics/borders"),
        ("/feeds/selection?topic=borders&q=mines", "/live?topic=borders&amp;q=mines"),
        ("/feeds/selection", "/live"),
    ]:
        assert f'href="{live}"' in text(path), path
        assert page(live.replace("&amp;", "&")).status_code == 200


def test_foreign_text_stays_text(borders):
    write("<script>alert(1)</script>", labels=(borders,), url="javascript:alert(1)", summary="<b>bold</b>")
    settle()
    html = text("/live")
    assert "<script>alert" not in html
    assert "javascript:" not in html
    assert "&lt;b&gt;bold" in html

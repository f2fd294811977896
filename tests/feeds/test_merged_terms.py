"""A term that was merged into another: whoever followed it is led there."""

from __future__ import annotations

import pytest

from config import revisions
from config.sections import Refused
from feeds import serving
from feeds.memory import Memory
from feeds.models import Newsroom, Office
from tests.feeds.asking import ask
from tests.feeds.published import go
from tests.feeds.stories import NOW, SECOND, newsroom, office, run, topic, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    settings.FEED_FOLDER = tmp_path / "feeds"
    monkeypatch.setattr(serving, "_memory", Memory())
    newsroom()
    return settings.FEED_FOLDER


def merge(old, into):
    run("UPDATE feeds_release_offices SET office_id = %s WHERE office_id = %s", into.pk, old.pk)
    run("DELETE FROM feeds_office WHERE id = %s", old.pk)
    with revisions.recording("command:test", "test", now=NOW):
        into.former = [*into.former, old.slug]
        into.save()


def test_its_feeds_and_its_page_lead_to_the_other_for_ever(folder, client):
    skopje, mission, borders = office("skopje", "Skopje"), office("mission", "Mission"), topic()
    write("one", labels=(skopje, borders))
    go(folder)
    merge(skopje, mission)
    go(folder, NOW + SECOND)
    for old, new in [
        ("offices/skopje.atom", "offices/mission.atom"),
        ("offices/skopje/topics/borders.rss", "offices/mission/topics/borders.rss"),
    ]:
        status, headers, _ = ask(f"/feeds/{old}")
        assert (status, headers["location"]) == (301, f"http://localhost:8000/feeds/{new}")
        assert ask(f"/feeds/{new}")[0] == 200
    response = client.get("/offices/skopje")
    assert (response.status_code, response["Location"]) == (301, "/offices/mission")
    assert client.get("/offices/nowhere").status_code == 404
    assert ask("/feeds/offices/nowhere.atom")[0] == 404


def test_a_former_slug_leads_to_one_place_only(folder):
    Newsroom.objects.update(sender_address="news@x.example", list_domain="x.example")
    office("skopje", "Skopje")
    office("mission", "Mission", former='["old"]')
    document = revisions.document()
    for former, said in [
        (["mission"], "in use already"),
        (["old"], "in use already"),
        (["A b"], "lower-case"),
    ]:
        document["office"][-1]["former"] = former
        assert document["office"][-1]["slug"] == "skopje"
        with pytest.raises(Refused, match=said):
            revisions.apply(document, "command:test", "test", now=NOW)
    assert Office.objects.get(slug="mission").former == ["old"]

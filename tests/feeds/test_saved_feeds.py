"""Selections that an admin saved under a name: feeds like all others."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from config import revisions
from config.sections import Refused
from feeds import catalogue
from feeds.models import Newsroom, SavedFeed
from feeds.readback import check
from tests.config.drafting_kit import Hasty
from tests.feeds.published import go, held, titles
from tests.feeds.stories import NOW, SECOND, edit, label, members, newsroom, office, settle, topic, write

pytestmark = pytest.mark.django_db
RULE = {"offices": ["vienna"], "topics": ["borders"]}


@pytest.fixture
def folder(tmp_path):
    newsroom()
    return tmp_path / "feeds"


def save(slug="guards", title="Guards", rules=(RULE,), **columns):
    with revisions.recording("command:test", "test", now=NOW):
        return SavedFeed.objects.create(slug=slug, title=title, selection={"rules": list(rules)}, **columns)


def test_it_begins_with_what_is_there_in_the_order_of_dates_and_goes_on(folder):
    vienna, borders = office(), topic()
    write("second", labels=(vienna, borders))
    write("first", NOW.date().replace(day=1), (vienna, borders))
    write("no match", labels=(vienna,))
    go(folder)
    save()
    go(folder, NOW + SECOND)
    assert titles(folder, "saved/guards") == ["second", "first"]
    late = write("third", labels=(vienna,))
    label(late, borders)
    go(folder, NOW + 2 * SECOND)
    assert titles(folder, "saved/guards") == ["third", "second", "first"]
    assert list(check(folder)) == []


def test_words_are_looked_for_in_title_and_summary_and_edits_move_in_and_out(folder):
    save(rules=[{"words": ["human rights"]}])
    inside = write("On human rights")
    other = write("Other", summary="Human rights, too")
    write("Human writes")
    go(folder)
    assert set(members("saved/guards")) == {inside, other}
    edit(other, summary="nothing")
    go(folder, NOW + SECOND)
    assert members("saved/guards") == [inside]


def test_a_changed_selection_moves_releases_in_and_out(folder):
    vienna, borders = office(), topic()
    both, one = write("both", labels=(vienna, borders)), write("one", labels=(vienna,))
    saved = save()
    go(folder)
    assert members("saved/guards") == [both]
    with revisions.recording("command:test", "test", now=NOW):
        saved.selection = {"rules": [{"offices": ["vienna"], "not_topics": ["borders"]}]}
        saved.save()
    go(folder, NOW + SECOND)
    assert members("saved/guards") == [one]


def test_a_feed_that_is_removed_leaves_no_file(folder):
    saved = save()
    go(folder)
    assert "saved/guards.atom" in held(folder)
    with revisions.recording("command:test", "test", now=NOW):
        saved.delete()
    go(folder, NOW + SECOND)
    assert not [name for name in held(folder) if name.startswith("saved/")]
    assert catalogue.find("saved/guards") is None


def test_it_is_configuration(folder):
    Newsroom.objects.update(sender_address="news@x.example", list_domain="x.example")
    document = revisions.document()
    document["feed"] = [
        {"slug": "guards", "title": "Guards", "description": "", "rules": [RULE], "position": 0}
    ]
    revisions.apply(document, "command:test", "test", now=NOW)
    assert SavedFeed.objects.get().selection == {"rules": [RULE]}
    assert revisions.document()["feed"] == document["feed"]
    for rules, said in [
        ([], "a rule at least"),
        ([{"office": ["x"]}], "knows no office"),
        ("x", "list of rules"),
    ]:
        document["feed"] = [{**document["feed"][0], "rules": rules}]
        with pytest.raises(Refused, match=said):
            revisions.apply(document, "command:test", "test", now=NOW)


def test_an_admin_puts_one_together_from_lists(folder):
    client = Hasty()
    client.force_login(get_user_model().objects.create_superuser("ann", password="x"))
    vienna, borders = office(), topic()
    release = write("one", labels=(vienna, borders))
    settle()
    form = {
        "title": "Guards",
        "slug": "guards",
        "position": "0",
        "offices": ["vienna"],
        "not_words": "sport, , Fun",
    }
    response = client.post("/admin/feeds/savedfeed/add/", form)
    assert response.status_code == 302, response.context["errors"]
    saved = SavedFeed.objects.get()
    assert saved.selection == {"rules": [{"not_words": ["fun", "sport"], "offices": ["vienna"]}]}
    settle(NOW + SECOND)
    assert members("saved/guards") == [release]
    shown = client.get(f"/admin/feeds/savedfeed/{saved.pk}/change/").content.decode()
    assert 'value="fun, sport"' in shown
    assert 'name="offices" value="vienna" checked' in shown
    assert "Vienna · ≠ “fun”, “sport”" in client.get("/admin/feeds/savedfeed/").content.decode()
    client.post(f"/admin/feeds/savedfeed/{saved.pk}/change/", {**form, "title": "Guardians", "offices": []})
    saved.refresh_from_db()
    assert (saved.title, saved.selection) == ("Guardians", {"rules": [{"not_words": ["fun", "sport"]}]})


def test_what_only_a_file_can_say_is_not_lost_in_lists(folder, client):
    client.force_login(get_user_model().objects.create_superuser("ann", password="x"))
    saved = save(rules=[RULE, {"words": ["x"]}])
    response = client.post(f"/admin/feeds/savedfeed/{saved.pk}/change/", {"title": "Other", "slug": "guards"})
    assert response.status_code == 403
    assert SavedFeed.objects.get().title == "Guards"

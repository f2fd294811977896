"""Pushing, reading, replacing and withdrawing releases."""

from __future__ import annotations

import pytest

from feeds import notice, store
from feeds.models import Announcement, Release, ReleaseKey, Standing
from tests.feeds.api.kit import LEAST, WHOLE, at, told

pytestmark = pytest.mark.django_db


def test_a_release_is_pushed_and_is_there_at_once(desk):
    answer = desk.post(WHOLE)
    body = told(answer, 201)
    assert answer["Location"] == answer["Content-Location"] == "/api/releases/2025%2F31"
    standing = Standing.objects.get()
    assert body == {
        **{name: WHOLE[name] for name in ("key", "title", "published_on", "url", "summary", "body", "language")},
        "author": "Ann", "image_url": WHOLE["image_url"], "editors_note": "", "withdrawn_reason": "",
        "type": {"slug": "news", "name": "News"},
        "offices": [{"slug": "vienna", "name": "Vienna"}],
        "topics": [
            {"slug": "border-management", "name": "Border management"}, {"slug": None, "name": "Something new"},
        ],
        "visible_at": None, "silent": False, "translation_of": None, "state": "published", "corrected": False,
        "page": f"http://localhost:8000/releases/{standing.key}", "guid": standing.guid,
        "created_at": body["created_at"], "updated_at": body["updated_at"], "changed_at": body["changed_at"],
        "announced_at": None, "silence": "too_old", "warnings": [],
    }  # fmt: skip
    again = desk.get("2025/31")
    assert (again.content, again["ETag"]) == (answer.content, answer["ETag"])
    assert [release.title for release in store.shown()] == [WHOLE["title"]]


def test_the_same_again_is_answered_with_what_is_there(desk):
    first, again = desk.post(WHOLE), desk.post(WHOLE | {"topics": "Border management; Something new"})
    assert (told(first, 201), first["ETag"]) == (told(again, 200), again["ETag"])
    assert "Location" not in again
    assert Release.objects.count() == ReleaseKey.objects.count() == 1


@pytest.mark.parametrize("meanwhile", ["nothing", "replaced", "withdrawn"])
def test_other_content_under_a_key_is_a_conflict_that_names_where_to_put_it(desk, meanwhile):
    desk.post(WHOLE)
    sent = WHOLE | {"title": "Another"}
    if meanwhile == "replaced":
        desk.put("2025/31", sent)
        sent = WHOLE  # a retry that comes late
    elif meanwhile == "withdrawn":
        desk.delete("2025/31")
        sent = WHOLE
    before = desk.get("2025/31").content
    assert told(desk.post(sent), 409, "conflict")["put"] == "/api/releases/2025%2F31"
    assert desk.get("2025/31").content == before


def test_the_same_again_leaves_what_an_editor_has_mended(desk):
    desk.post(WHOLE)
    Release.objects.update(title="Border officers meet again")
    assert told(desk.post(WHOLE), 200)["title"] == "Border officers meet again"


@pytest.mark.parametrize(
    ("body", "header", "key"),
    [
        ({"key": "a", "url": "https://newsroom.example.org/1"}, '"b"', "a"),
        ({"url": "https://newsroom.example.org/1"}, "b", "b"),
        ({"url": "https://newsroom.example.org/1"}, '"b"', "b"),
        ({"url": "https://Newsroom.example.org:443/1"}, "", "https://newsroom.example.org/1"),
        ({"url": "https://newsroom.example.org/" + "x" * 600}, "", "sha256:"),
        ({}, "", "title:"),
    ],
)
def test_what_a_release_is_called(desk, body, header, key):
    headers = {"Idempotency_Key": header} if header else {}
    answer = desk.post(LEAST | body, **headers)
    found = told(answer, 201)["key"]
    assert found.startswith(key)
    assert found == key or key.endswith(":")
    assert told(desk.get(found), 200) == told(answer, 201)
    assert told(desk.post(LEAST | body, **headers), 200)["key"] == found


@pytest.mark.parametrize(
    "key",
    [
        "2025/31", "/", "//a//", "a/../b", "x/./y", "%2F", "100 %", "a?b#c", "Пресс-релиз № 7", "नमस्ते", "🗞️", "a+b&c=d",
        "https://newsroom.example.org/r?id=1#x", "ı" * 500, "'\"<>\\", "-", "...", "a.json", "~", "title:x",
    ],
)  # fmt: skip
def test_keys_of_all_sorts_work_in_addresses(desk, key):
    answer = desk.put(key, LEAST)
    assert told(answer, 201)["key"] == key
    assert answer["Location"] == at(key)
    assert "/" not in answer["Location"].removeprefix("/api/releases/")
    assert told(desk.ask("GET", answer["Location"]), 200)["key"] == key
    assert told(desk.post(LEAST | {"key": key}), 200)["key"] == key
    assert told(desk.delete(key), 200)["state"] == "withdrawn"


@pytest.mark.parametrize("key", [".", "..", "x" * 501, "x" * 100_000, "\ufffd"])
def test_keys_that_no_address_can_hold_are_refused(desk, key):
    [wrong] = told(desk.post(LEAST | {"key": key}), 422, "invalid")["errors"]
    assert wrong["pointer"] == "#/key"
    if key not in {".", ".."}:
        assert told(desk.put(key, LEAST), 422, "invalid")["errors"][0]["parameter"] == "key"
        told(desk.get(key), 404, "not-found")
    assert not Release.objects.exists()


def test_two_keys_are_two_releases_though_title_and_date_are_the_same(desk):
    daily = {"title": "Daily report", "published_on": "2025-02-17"}
    told(desk.post(daily | {"key": "1", "body": "<p>One.</p>"}), 201)
    told(desk.post(daily | {"key": "2", "body": "<p>Two.</p>"}), 201)
    assert sorted(Release.objects.values_list("body", flat=True)) == ["<p>One.</p>", "<p>Two.</p>"]


def test_a_put_makes_a_release_and_then_replaces_it_wholly(desk):
    answer = desk.put("2025/31", WHOLE)
    told(answer, 201)
    assert answer["Location"] == "/api/releases/2025%2F31"
    body = told(replaced := desk.put("2025/31", LEAST | {"title": "Officers meet"}), 200)
    assert "Location" not in replaced
    assert replaced["Content-Location"] == "/api/releases/2025%2F31"
    empty = {
        "summary": "",
        "body": "",
        "type": None,
        "offices": [],
        "topics": [],
        "url": "",
        "author": "",
        "image_url": "",
    }
    assert {name: body[name] for name in empty} == empty
    assert (body["title"], body["key"]) == ("Officers meet", "2025/31")
    assert told(desk.put("2025/31", LEAST | {"title": "Officers meet"}), 200) == body


def test_a_put_may_repeat_its_key_but_not_name_another(desk):
    told(desk.put("a b", LEAST | {"key": " a  b "}), 201)
    [wrong] = told(desk.put("a", LEAST | {"key": "b"}), 422, "invalid")["errors"]
    assert wrong["pointer"] == "#/key"


def test_what_was_read_can_be_sent_back_and_changes_nothing(desk):
    desk.post({"key": "o", **LEAST, "title": "The original"})
    desk.post(WHOLE | {"translation_of": "o", "silent": True, "editors_note": "A note."})
    before = desk.get("2025/31")
    after = desk.put("2025/31", told(before, 200), If_Match=before["ETag"])
    assert told(after, 200) == told(before, 200)
    assert after["ETag"] == before["ETag"]
    desk.delete("2025/31", {"reason": "By mistake."})
    withdrawn = told(desk.get("2025/31"), 200)
    assert told(desk.put("2025/31", withdrawn), 200) == withdrawn


def test_without_if_match_an_editors_word_stays_where_the_source_says_nothing_new(desk):
    desk.post(WHOLE)
    Release.objects.update(summary="An editor's.", author="An editor")
    body = told(desk.put("2025/31", WHOLE | {"title": "Officers meet", "author": "Bea"}), 200)
    assert (body["title"], body["summary"], body["author"]) == ("Officers meet", "An editor's.", "Bea")


def test_with_if_match_a_put_replaces_what_an_editor_has_written_too(desk):
    desk.post(WHOLE)
    Release.objects.update(summary="An editor's.", editors_note="An editor's note.")
    Release.objects.get().topics.clear()
    tag = desk.get("2025/31")["ETag"]
    body = told(desk.put("2025/31", WHOLE, If_Match=tag), 200)
    assert (body["summary"], body["editors_note"]) == (WHOLE["summary"], "")
    assert [topic["slug"] for topic in body["topics"]] == ["border-management", None]


def test_a_withdrawal_of_an_editors_is_not_undone_by_the_source(desk):
    desk.post(WHOLE)
    Release.objects.update(state="withdrawn", withdrawn_reason="Legal reasons.")
    held = desk.get("2025/31")
    body = told(desk.put("2025/31", WHOLE | {"title": "Again"}, If_Match=held["ETag"]), 200)
    assert (body["state"], body["withdrawn_reason"]) == ("withdrawn", "Legal reasons.")


@pytest.mark.parametrize(
    ("body", "query", "reason"),
    [
        ({"reason": "By  mistake."}, "", "By mistake."),
        (None, "?reason=By+mistake.", "By mistake."),
        ({"reason": "Body"}, "?reason=Query", "Body"),
        (None, "", "Withdrawn by the newsroom."),
        ({}, "?reason=%00", "Withdrawn by the newsroom."),
    ],
)
def test_a_release_is_withdrawn_and_never_deleted(desk, body, query, reason):
    desk.post(WHOLE)
    answer = desk.delete("2025/31", body, query)
    gone = told(answer, 200)
    assert (gone["state"], gone["withdrawn_reason"], gone["page"]) == ("withdrawn", reason, None)
    assert gone["title"] == WHOLE["title"]
    again = desk.delete("2025/31")
    assert (again.content, again["ETag"]) == (answer.content, answer["ETag"])
    assert not store.shown().exists()
    assert Release.objects.get().state == "withdrawn"


def test_a_put_publishes_again_what_the_source_has_withdrawn(desk):
    desk.post(WHOLE)
    desk.delete("2025/31")
    body = told(desk.put("2025/31", WHOLE), 200)
    assert (body["state"], body["withdrawn_reason"]) == ("published", "")
    assert store.shown().exists()


def test_a_put_may_withdraw_too(desk):
    body = told(desk.put("2025/31", WHOLE | {"withdrawn": "By mistake."}), 201)
    assert (body["state"], body["withdrawn_reason"]) == ("withdrawn", "By mistake.")


def test_a_correction_with_a_note_is_a_correction(desk):
    desk.post(WHOLE)
    answer = desk.put(
        "2025/31", WHOLE | {"body": "<p>Officers of six countries.</p>", "editors_note": "Six, not five."}
    )
    body = told(answer, 200)
    assert (body["corrected"], body["editors_note"]) == (True, "Six, not five.")


def test_a_new_release_is_announced_at_once_from_the_first(desk):
    from config import clock

    body = told(desk.post(WHOLE | {"published_on": clock.now().date().isoformat()}), 201)
    assert body["announced_at"]
    assert body["silence"] == ""
    assert Announcement.objects.count() == 1
    notice.take(clock.now())
    assert Announcement.objects.count() == 1


def test_languages_are_joined_by_key_in_whatever_order_they_come(desk):
    told(desk.post(LEAST | {"key": "ru", "title": "Встреча", "language": "ru", "translation_of": "en"}), 201)
    told(desk.post(LEAST | {"key": "en", "language": "en"}), 201)
    assert told(desk.get("ru"), 200)["translation_of"] == "en"
    group = set(Release.objects.values_list("translation_of", flat=True))
    assert len(group) == 2


def test_what_had_to_be_cut_is_said(desk):
    body = told(desk.post(WHOLE | {"title": "word " * 500}), 201)
    assert len(body["title"]) <= 1000
    assert body["warnings"] == ["The title was cut to 1,000 characters; it had 2,500."]


def test_a_release_that_was_deleted_in_the_store_is_not_there_and_can_be_pushed_again(desk):
    desk.post(WHOLE)
    Release.objects.all().delete()
    told(desk.get("2025/31"), 404, "not-found")
    told(desk.delete("2025/31"), 404, "not-found")
    told(desk.post(WHOLE), 201)

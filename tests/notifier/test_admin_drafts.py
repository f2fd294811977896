"""A change of the configuration on the admin site's pages: drafted, reviewed with what it means, applied, undone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from lxml import html

from config import clock, drafting, revisions, roles
from config.models import AuditEntry, Draft, Revision
from config.roles import Role
from feeds.models import Office, SavedFeed, Topic
from feeds.selection import of
from notifier import drafts, planner
from notifier.models import Delivery, Schedule, Text
from notifier.subscriptions import Wish
from tests.config import drafting_kit
from tests.config.samples import NOW, shipped
from tests.notifier.planning_kit import DAY, HOUR, MINUTE, person, release

pytestmark = [pytest.mark.django_db, pytest.mark.holds("P4")]


@pytest.fixture
def ada() -> Client:
    revisions.apply(shipped(), "start", "start", now=NOW)
    return signed_in("ada", Role.ADMINISTRATOR)


def signed_in(name: str, role: Role) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    roles.give(user, role)
    client = Client()
    client.force_login(user)
    return client


def topic_form(slug: str, **changes: str) -> tuple[str, dict[str, str]]:
    topic = Topic.objects.get(slug=slug)
    names = "\n".join(f"{code}: {name}" for code, name in topic.names.items())
    form = {
        "name": topic.name,
        "names": names,
        "aliases": "\n".join(topic.aliases),
        "broader": "",
        "position": "0",
    }
    return reverse("admin:feeds_topic_change", args=[topic.pk]), form | changes


def page(client: Client, place: str = "") -> html.HtmlElement:
    answer = client.get(place or f"/admin/config/draft/{Draft.objects.get().pk}/change/")
    assert answer.status_code == 200
    return html.document_fromstring(answer.content.decode())


def text(found: html.HtmlElement) -> str:
    return " ".join(" ".join(found.itertext()).split())


def buttons(found: html.HtmlElement) -> set[str]:
    return {button.get("name") for button in found.iter("button") if button.get("name")}


def test_a_form_changes_nothing_and_leads_to_the_review(ada):
    answer = ada.post(*topic_form("border-management", name="Borders"))
    draft = Draft.objects.get()
    assert answer["Location"] == f"/admin/config/draft/{draft.pk}/change/"
    assert (Topic.objects.get(slug="border-management").name, Revision.objects.count()) == (
        "Border management",
        1,
    )
    found = page(ada)
    said = text(found)
    assert "Name Border management Borders" in said
    assert "/feeds/topics/border-management is called Borders" in said
    assert "No topic would be known as 'Border management' any more" in said
    assert {"apply", "discard", "take_out"} <= buttons(found)
    assert "was changed successfully" not in said


def test_what_is_applied_is_one_revision_and_its_page_can_undo_it(ada):
    ada.post(*topic_form("youth", name="Young people"))
    ada.post(*topic_form("education", name="Schools"))
    answer = drafting_kit.apply(ada, note="new names")
    made = Revision.objects.first()
    assert answer["Location"] == reverse("admin:config_revision_change", args=[made.pk])
    assert (made.number, made.note, made.way) == (2, "new names", "admin")
    assert {entry.subject for entry in made.entries.all()} == {"topic youth", "topic education"}
    shown = text(page(ada, answer["Location"]))
    assert "Applied: this is revision 2" in shown
    assert "Name Youth Young people" in shown
    first = reverse("admin:config_revision_change", args=[Revision.objects.get(number=1).pk])
    answer = ada.post(first, {"config_revision_restore": "1"})
    assert "Restore revision 1" in text(page(ada, answer["Location"]))
    assert Topic.objects.get(slug="youth").name == "Young people"
    drafting_kit.apply(ada)
    assert Topic.objects.get(slug="youth").name == "Youth"
    assert Revision.objects.first().note == "revision 1 restored"


def test_a_new_row_and_a_removed_one_are_drafted_too(ada):
    topic = Topic.objects.get(slug="youth")
    add = {"slug": "space", "name": "Space", "names": "", "aliases": "", "broader": "", "position": "0"}
    ada.post(reverse("admin:feeds_topic_add"), add)
    ada.post(reverse("admin:feeds_topic_delete", args=[topic.pk]), {"post": "yes"})
    said = text(page(ada))
    assert "/feeds/topics/space begins" in said
    assert "/feeds/topics/youth ends" in said
    assert Topic.objects.filter(slug="youth").exists()
    drafting_kit.apply(ada)
    assert set(Topic.objects.values_list("slug", flat=True)) == {"border-management", "education", "space"}


def test_a_draft_can_be_gone_on_with_and_the_form_says_so(ada):
    place, form = topic_form("youth", name="Young people")
    answer = ada.post(place, form | {"_continue": "1"})
    assert answer["Location"] == place
    said = text(page(ada, place))
    assert "It is in your draft" in said
    assert "You have a draft that is not applied yet" in said


def test_nothing_is_drafted_where_nothing_changes_or_something_is_wrong(ada):
    ada.post(*topic_form("youth"))
    answer = ada.post(*topic_form("youth", aliases="Education"))
    assert "is a label of 'education' already" in text(html.document_fromstring(answer.content.decode()))
    assert not Draft.objects.exists()


def test_faults_of_two_changes_together_stand_at_their_field(ada):
    ada.post(*topic_form("youth", aliases="Young"))
    ada.post(*topic_form("education", aliases="Young"))
    found = page(ada)
    assert "This cannot be applied as it is." in text(found)
    assert "apply" not in buttons(found)
    assert any("Young" in fault.text_content() for fault in found.find_class("fault"))
    place = f"/admin/config/draft/{Draft.objects.get().pk}/change/"
    ada.post(place, {"take_out": "topic education"})
    assert "apply" in buttons(page(ada))


def test_what_was_not_seen_is_not_applied(ada):
    ada.post(*topic_form("youth", name="Young people"))
    place = f"/admin/config/draft/{Draft.objects.get().pk}/change/"
    seen = ada.get(place).context["review"].seen
    ada.post(*topic_form("education", name="Schools"))
    ada.post(place, {"apply": "1", "seen": seen})
    assert "Please look again" in text(page(ada))
    assert Revision.objects.count() == 1


def test_two_who_change_the_same_choose_on_the_page(ada):
    ada.post(*topic_form("youth", name="Young people"))
    with revisions.recording("account:99", "admin", now=clock.now()):
        topic = Topic.objects.get(slug="youth")
        topic.name = "The young"
        topic.save()
    found = page(ada)
    assert "Youth Young people The young" in text(found)
    assert "apply" not in buttons(found)
    place = f"/admin/config/draft/{Draft.objects.get().pk}/change/"
    ada.post(place, {"choose": "1", "topic youth": "mine"})
    drafting_kit.apply(ada)
    assert Topic.objects.get(slug="youth").name == "Young people"


def test_a_draft_is_discarded(ada):
    ada.post(*topic_form("youth", name="Young people"))
    ada.post(f"/admin/config/draft/{Draft.objects.get().pk}/change/", {"discard": "1"})
    assert not Draft.objects.exists()
    assert AuditEntry.objects.first().action == "discarded"


def test_only_an_administrator_applies_and_all_see(ada):
    ada.post(*topic_form("youth", name="Young people"))
    place = f"/admin/config/draft/{Draft.objects.get().pk}/change/"
    for role in (Role.EDITOR, Role.DESK, Role.VIEWER):
        client = signed_in(f"a-{role}", role)
        assert not {"apply", "discard", "take_out"} & buttons(page(client))
        assert client.post(place, {"apply": "1"}).status_code == 403
        assert client.post(*topic_form("youth", name="Other")).status_code == 403
    user = User.objects.get(username="a-editor")
    change = roles_permission("config", "change_draft")
    user.user_permissions.add(change)
    editor = Client()
    editor.force_login(user)
    seen = editor.get(place).context["review"].seen
    assert editor.post(place, {"apply": "1", "seen": seen}).status_code == 403
    assert Revision.objects.count() == 1


def roles_permission(app: str, codename: str):
    from django.contrib.auth.models import Permission

    return Permission.objects.get(content_type__app_label=app, codename=codename)


def test_the_message_is_shown_as_it_would_look(ada):
    release("youth", at=clock.now())
    greeting = Text.objects.get(key="greeting")
    ada.post(reverse("admin:notifier_text_change", args=[greeting.pk]), {"en": "Good morning."})
    now, then = [frame.get("srcdoc") for frame in page(ada).iter("iframe")]
    assert ("Good morning." in now, "Good morning." in then) == (False, True)
    assert Text.objects.get(key="greeting").words == {}


@pytest.mark.holds("E3")
def test_what_the_page_says_of_a_merge_is_what_is_then_sent(ada, django_capture_on_commit_callbacks):
    """Readers of two topics, one of which goes up in the other: the page tells who gets more, and they do."""
    now = clock.now()
    one = person(Wish(of(topics=["youth"]), "instant", None, None), now=now - 9 * DAY)
    other = person(Wish(of(topics=["education"]), "instant", None, None), now=now - 9 * DAY)
    release("youth", at=now - 3 * DAY, published_on=(now - 3 * DAY).date())
    rows = {row["slug"]: row for row in revisions.document()["topic"]}
    wanted = revisions.document()
    wanted["topic"] = [row for row in wanted["topic"] if row["slug"] != "youth"]
    next(row for row in wanted["topic"] if row["slug"] == "education")["former"] = ["youth"]
    draft = drafting.add(
        f"account:{User.objects.get(username='ada').pk}",
        revisions.Tried(revisions.document(), wanted, revisions.current()), now,
    )  # fmt: skip
    found = page(ada)
    said = text(found)
    assert "/feeds/topics/youth leads to topics/education" in said
    told = drafts.consequences_of(wanted, now)
    assert f"Subscribers whose mail changes {told.people}" in said
    assert "Subscribers who chose a term that moves 1 " in said
    assert rows["youth"]["name"] in said
    gaining = {effect.audience.interest for effect in told.effects if effect.gains}
    assert gaining == {of(topics=["education"])}
    with django_capture_on_commit_callbacks(execute=True):
        drafting_kit.apply(ada)
    assert not Draft.objects.filter(pk=draft.pk).exists()
    later = now + HOUR
    release("education", at=later)
    planner.plan(later + MINUTE)
    got = set(Delivery.objects.exclude(lane=0).values_list("subscriber_id", flat=True))
    assert got == {one.pk, other.pk}


def test_a_schedule_says_how_many_messages_an_hour(ada):
    for number in range(3):
        person(
            Wish(of(topics=["youth"]), "daily", None, None), now=clock.now() - (number + 1) * DAY, zone="UTC"
        )
    daily = Schedule.objects.get(frequency="daily")
    form = {
        "offered": "on", "times": "09:30", "weekdays": list("1234567"), "too_late_hours": "0", "hold_above": "0",
        "hold_above_hourly": "0",
    }  # fmt: skip
    ada.post(reverse("admin:notifier_schedule_change", args=[daily.pk]), form)
    said = text(page(ada))
    assert "Digests in the busiest hour 3 at most" in said
    assert "Messages at another time 3" in said
    assert "09:30 UTC instead of" in said


def test_every_kind_of_configuration_is_drafted(ada):
    """Offices, feeds, sources: whichever page, a POST leads to the same review."""
    office = Office.objects.first()
    form = {
        "name": "An office", "names": "", "aliases": "", "kind": office.kind, "country": "", "region": office.region,
        "grace_seconds": "0", "position": "0",
    }  # fmt: skip
    feed = {"title": "Two", "slug": "two", "description": "", "position": "0", "topics": ["youth"]}
    source = {
        "name": "A folder", "slug": "a-folder", "kind": "folder", "address": "in", "every_seconds": "0",
        "language": "", "announce_max_age_days": "7", "options": "{}",
    }  # fmt: skip
    for place, fields in (
        (reverse("admin:feeds_office_change", args=[office.pk]), form),
        (reverse("admin:feeds_savedfeed_add"), feed),
        (reverse("admin:feeds_source_add"), source),
    ):
        answer = ada.post(place, fields)
        assert answer.get("Location", "").startswith("/admin/config/draft/"), place
    assert len(drafting.review(Draft.objects.get()).differences) == 3
    assert not SavedFeed.objects.exists()


def test_the_review_of_a_restored_merger_says_who_had_chosen_what_comes_back(ada):
    """No release of the last month makes a difference to them; it must not look as if it concerned nobody."""
    merged = revisions.document()
    merged["topic"] = [row for row in merged["topic"] if row["slug"] != "youth"]
    for wish in (of(topics=["youth"]), of(topics=["education"])):
        person(Wish(wish, "weekly"), now=clock.now() - 9 * DAY)
    next(row for row in merged["topic"] if row["slug"] == "education")["former"] = ["youth"]
    made = revisions.apply(merged, "account:1", "admin", "merged", now=clock.now())
    drafting.restoring(made.number - 1, f"account:{User.objects.get(username='ada').pk}", clock.now())
    said = text(page(ada))
    assert "Subscribers whose mail changes 0 judged by the last 30 days" in said
    assert "Subscribers who chose a term that moves 1 their choice follows it" in said

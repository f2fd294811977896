"""Offices, topics and types as an administrator edits them: renamed, named in six languages, closed, put in order."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config import revisions
from config.models import Revision
from feeds import labels
from feeds.models import ReleaseType, Topic
from tests.config.drafting_kit import Hasty
from tests.config.samples import NOW, shipped

pytestmark = pytest.mark.django_db
ORDER = "admin:feeds_topic_order"


@pytest.fixture
def ada() -> Client:
    revisions.apply(shipped(), "start", "start", now=NOW)
    client = Hasty()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def change(client: Client, slug: str = "youth", **fields: object):
    row = Topic.objects.get(slug=slug)
    form = {"name": row.name, "aliases": "\n".join(row.aliases), "broader": "", "keep_name": "on"}
    form |= {f"name_{code}": said for code, said in row.names.items()} | fields
    answer = client.post(reverse("admin:feeds_topic_change", args=[row.pk]), form)
    return answer, Topic.objects.get(slug=slug)


def test_a_new_name_keeps_the_old_one_as_an_alias_and_all_else(ada):
    before = Topic.objects.get(slug="youth")
    answer, after = change(ada, name="Young people")
    assert answer.status_code == 302
    assert (after.pk, after.slug, after.name, after.aliases) == (
        before.pk,
        "youth",
        "Young people",
        ["Youth"],
    )
    assert after.names == before.names
    assert labels.load("topic").find("Youth") == after.pk
    _, again = change(ada, name="The young", keep_name="")
    assert again.aliases == ["Youth"]


def test_the_old_name_is_no_alias_where_only_its_case_changes(ada):
    assert change(ada, name="YOUTH")[1].aliases == []


def test_there_is_a_field_for_each_language_and_what_is_wrong_is_said_there(ada):
    page = ada.get(
        reverse("admin:feeds_topic_change", args=[Topic.objects.get(slug="youth").pk])
    ).content.decode()
    for language in ("French", "German", "Italian", "Russian", "Spanish"):
        assert f"Name in {language}" in page
    assert "Name in English" not in page  # that is its plain name
    _, after = change(ada, name_fr="Jeunes", name_ru="")
    assert (after.names["fr"], "ru" in after.names) == ("Jeunes", False)
    taken = Topic.objects.get(slug="education").names["de"]
    answer, after = change(ada, name_de=taken)
    assert list(answer.context["adminform"].form.errors) == ["name_de"]
    assert after.names["de"] != taken


def test_one_is_found_by_any_name_of_it(ada):
    for sought in ("jeunesse", "МОЛОДЕЖЬ", "youth"):
        page = ada.get(reverse("admin:feeds_topic_changelist"), {"q": sought})
        assert [one.slug for one in page.context["cl"].result_list] == ["youth"], sought


def test_a_closed_topic_keeps_its_page_and_is_not_offered(ada):
    assert 'value="youth"' in Client().get("/").content.decode()
    change(ada, closed="on")
    page = Client().get("/topics/youth")
    assert page.status_code == 200
    assert "This thematic area is closed" in page.content.decode()
    assert 'value="youth"' not in Client().get("/").content.decode()
    assert "Closed thematic areas" in Client().get("/topics/").content.decode()


def places(client: Client) -> dict[str, object]:
    terms = client.get(reverse(ORDER)).context["terms"]
    return {f"{what}-{term.pk}": number for number, term in enumerate(terms, 1) for what in ("place", "was")}


def shown(answer) -> list[str]:
    return [term.slug for term in answer.context["terms"]]


def test_the_order_changes_by_buttons_and_is_saved_as_one_revision(ada):
    assert shown(ada.get(reverse(ORDER))) == ["border-management", "education", "youth"]
    youth = Topic.objects.get(slug="youth")
    form = places(ada)
    moved = ada.post(reverse(ORDER), form | {"move": f"{youth.pk}:up"})
    assert shown(moved) == ["border-management", "youth", "education"]
    assert Revision.objects.count() == 1
    numbers = {f"place-{term.pk}": number for number, term in enumerate(moved.context["terms"], 1)}
    ada.post(reverse(ORDER), numbers | {"save": "1"})
    assert list(Topic.objects.values_list("slug", flat=True)) == ["border-management", "youth", "education"]
    assert Revision.objects.count() == 2


@pytest.mark.parametrize(
    ("slug", "number", "order"),
    [
        ("youth", "1", ["youth", "border-management", "education"]),
        ("border-management", "3", ["education", "youth", "border-management"]),
        ("border-management", "2", ["education", "border-management", "youth"]),
        ("education", "nonsense", ["border-management", "education", "youth"]),
    ],
)
def test_the_order_changes_by_numbers(ada, slug, number, order):
    form = places(ada) | {f"place-{Topic.objects.get(slug=slug).pk}": number, "save": "1"}
    ada.post(reverse(ORDER), form)
    assert list(Topic.objects.values_list("slug", flat=True)) == order


def test_a_type_has_the_same_pages(ada):
    one, other = ReleaseType.objects.order_by("pk")[:2]
    page = ada.get(
        reverse("admin:feeds_releasetype_merge", args=[one.pk]), {"into": other.pk}
    ).content.decode()
    assert f"/feeds/types/{one.slug}</code> leads to <code>/feeds/types/{other.slug}" in page
    assert ada.get(reverse("admin:feeds_releasetype_order")).status_code == 200

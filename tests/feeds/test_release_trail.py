"""What the admin page of a release tells of its past, and of what waits for a decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from feeds import notice
from feeds.models import ReleaseWarning, Suggestion
from tests.feeds.stories import NOW, SECOND, edit, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def page(ada: Client, release: int) -> str:
    answer = ada.get(reverse("admin:feeds_release_change", args=[release]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_all_versions_are_there_those_under_embargo_too(ada):
    release = write("A <b>secret</b>", visible_at=NOW + timedelta(hours=1))
    notice.take(NOW)
    assert "never shown in this form" in page(ada, release)
    edit(release, title="A <b>plan</b>")
    notice.take(NOW + SECOND)
    notice.release_due(NOW + timedelta(hours=1))
    text = page(ada, release)
    assert text.count("never shown in this form") == 2
    assert "&lt;b&gt;secret&lt;/b&gt;</del>" in text
    assert "<b>secret</b>" not in text


def test_warnings_and_open_suggestions_are_there_with_a_link(ada):
    release = write()
    notice.take(NOW)
    ReleaseWarning.objects.create(release_id=release, text="The body was cut <here>", found_at=NOW)
    kept = Suggestion.objects.create(
        release_id=release, kind="office", value="vienna", reason="dateline", found_at=NOW
    )
    Suggestion.objects.create(
        release_id=release, kind="office", value="kyiv", reason="x", found_at=NOW, decision="dismissed"
    )
    text = page(ada, release)
    assert "The body was cut &lt;here&gt;" in text
    assert reverse("admin:feeds_suggestion_change", args=[kept.pk]) in text
    assert "gets an office vienna" in text
    assert "gets an office kyiv" not in text


def test_corrected_releases_can_be_listed(ada):
    wrong, right = write("Ten officers"), write("A right one")
    notice.take(NOW)
    edit(wrong, title="Eleven officers", editors_note="It was eleven.")
    notice.take(NOW + SECOND)
    lists = {
        chosen: ada.get(reverse("admin:feeds_release_changelist"), {"corrected": chosen}).content.decode()
        for chosen in ("yes", "no")
    }
    assert ("Eleven officers" in lists["yes"], "A right one" in lists["yes"]) == (True, False)
    assert ("Eleven officers" in lists["no"], "A right one" in lists["no"]) == (False, True)
    assert right


def test_the_form_of_a_new_release_has_nothing_of_it(ada):
    assert ada.get(reverse("admin:feeds_release_add")).status_code == 200

"""The page that takes up a list of another system, shows what would become of it, and brings it in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from notifier.imports import running
from notifier.models import Import, ImportBatch, Subscriber
from tests.notifier.mailing import a_newsroom, a_topic
from tests.notifier.test_imports import MAILCHIMP, people

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@pytest.fixture
def newsroom(db) -> None:
    a_newsroom()
    a_topic("border-management", "Border management")


class TestThePage:
    @pytest.fixture
    def desk(self, newsroom) -> Client:
        client = Client()
        client.force_login(User.objects.create_superuser("root"))
        return client

    def upload(self, desk: Client, data: bytes) -> str:
        answer = desk.post(
            reverse("admin:notifier_import_upload"),
            {"file": SimpleUploadedFile("people.csv", data)},
            follow=True,
        )
        return answer.content.decode()

    def test_takes_a_file_from_its_own_form_and_from_no_other(self, desk) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(User.objects.get(username="root"))
        strict.get(reverse("admin:notifier_import_changelist"))
        token = strict.cookies["csrftoken"].value
        for sent, status in (({}, 403), ({"csrfmiddlewaretoken": token}, 302)):
            file = SimpleUploadedFile("people.csv", MAILCHIMP.encode())
            answer = strict.post(reverse("admin:notifier_import_upload"), {"file": file, **sent})
            assert answer.status_code == status
        assert Import.objects.count() == 1

    @pytest.mark.holds("P4")
    def test_shows_what_would_become_of_each_row_then_brings_in_and_takes_back(self, desk) -> None:
        page = self.upload(desk, (MAILCHIMP + "broken\n").encode())
        assert "Line 4" in page
        assert "No office or topic is called Nonsense" in page
        made = Import.objects.get()
        look = reverse("admin:notifier_import_look", args=[made.pk])
        fields = {
            "act": "begin", "frequency": "daily", "language": "en", "zone": made.zone, "asks": "False", "basis": "",
            "selection": "topic=border-management", "column_address": "0",
        }  # fmt: skip
        assert "say to what, where and when" in desk.post(look, fields).content.decode()
        assert (
            "there is no"
            in desk.post(look, {**fields, "selection": "topic=nope", "basis": "b"}).content.decode()
        )
        assert not Subscriber.objects.exists()
        assert desk.post(look, {**fields, "basis": "by hand"}).status_code == 302
        working = desk.get(look)
        assert working.headers["Refresh"]
        assert "<progress" in working.content.decode()
        while running.follow(NOW):
            pass
        assert Subscriber.objects.count() == 2
        assert "Take it back" in desk.get(look).content.decode()
        desk.post(look, {"act": "undo"})
        while running.follow(NOW):
            pass
        assert not Subscriber.objects.exists()
        assert "Refresh" not in desk.get(look).headers
        late = desk.post(look, {**fields, "act": "arrange"}, follow=True).content.decode()
        assert "Nothing was done: its state is" in late  # a second tab, where it is a draft still

    def test_says_what_is_wrong_with_a_file(self, desk) -> None:
        assert "is a spreadsheet" in self.upload(desk, b"PK\x03\x04...")
        assert (
            "Choose a file"
            in desk.post(reverse("admin:notifier_import_upload"), follow=True).content.decode()
        )

    def test_asks_for_a_form_of_its_own(self, newsroom) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_superuser("root"))
        file = SimpleUploadedFile("people.csv", people(1).encode())
        assert client.post(reverse("admin:notifier_import_upload"), {"file": file}).status_code == 403

    def test_can_be_forgotten(self, desk) -> None:
        self.upload(desk, people(2).encode())
        desk.post(reverse("admin:notifier_import_look", args=[Import.objects.get().pk]), {"act": "drop"})
        assert (Import.objects.get().state, ImportBatch.objects.exists()) == ("dropped", False)

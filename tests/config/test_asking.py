"""Whether there are rows, asked again and again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.asking import Whether
from feeds.models import Office

pytestmark = pytest.mark.django_db


def test_the_answer_follows_the_rows_though_the_question_is_written_once():
    written = []

    def closed():
        written.append(1)
        return Office.objects.filter(closed=True)

    any_closed = Whether(closed)
    assert not any_closed()
    Office.objects.bulk_create([Office(slug="kyiv", name="Kyiv")])
    assert not any_closed()
    Office.objects.update(closed=True)
    assert any_closed()
    Office.objects.update(closed=False)
    assert not any_closed()
    assert written == [1]


def test_one_row_is_asked_for_and_nothing_of_it():
    Office.objects.bulk_create([Office(slug=f"office-{n}", name=str(n)) for n in range(3)])
    with CaptureQueriesContext(connection) as asked:
        assert Whether(lambda: Office.objects.order_by("pk"))()
    (query,) = asked
    assert "LIMIT 1" in query["sql"]
    assert "name" not in query["sql"]

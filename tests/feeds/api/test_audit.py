"""What programs write by the API is in the audit log."""

from __future__ import annotations

import pytest

from config.models import AuditEntry
from tests.feeds.api.kit import LEAST, told

pytestmark = [pytest.mark.django_db, pytest.mark.holds("S8")]


def test_each_write_is_recorded_with_what_it_changed_and_no_other(desk):
    told(desk.put("a", LEAST), 201)
    told(desk.put("a", LEAST | {"title": "Another title"}), 200)
    told(desk.put("a", LEAST | {"title": "Another title"}), 200)
    told(desk.get("a"), 200)
    told(desk.delete("a"), 200)
    found = list(AuditEntry.objects.filter(way="api").order_by("pk"))
    assert [entry.action for entry in found] == ["created", "changed", "changed"]
    made, changed, withdrawn = found
    assert made.before is None
    assert made.after["title"] == LEAST["title"]
    assert (changed.before["title"], changed.after["title"]) == (LEAST["title"], "Another title")
    assert "body" not in changed.after
    assert (withdrawn.before["state"], withdrawn.after["state"]) == ("published", "withdrawn")
    assert {entry.actor.partition(":")[0] for entry in found} == {"token"}
    assert all(entry.page and entry.network == "127.0.0.0/24" for entry in found)

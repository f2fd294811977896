"""Looks at people's data, which are recorded: who looked at whose, or at which list."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from config import auditing, clock
from config.adminsite import HeraldAdmin, actor


def reading(request: HttpRequest, subject: str, what: str = "read") -> None:
    """Record that somebody looked at a person's data."""
    auditing.record(actor(request), "admin", what, subject, before=None, after=None, now=clock.now())


class RecordedList(HeraldAdmin):
    """A list whose rows tell something of people. Each page of it that is shown is recorded."""

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, *args, **kwargs)
        if response.status_code == 200:
            reading(request, f"list of {self.opts.verbose_name_plural}")
        return response


class OfOnePerson(RecordedList):
    """Rows of which each is about one `subscriber`; to show one is a look at that person."""

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        row = self.get_object(request, object_id) if response.status_code == 200 else None
        if row is not None:
            reading(request, f"subscriber {row.subscriber_id}")
        return response

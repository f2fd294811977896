"""Why people left: counts by reason, and the words they left, without whose they are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse

from config import clock
from config.adminsite import ReadOnlyAdmin
from notifier.models import Farewell

DAYS = 90


@admin.register(Farewell)
class FarewellAdmin(ReadOnlyAdmin):
    list_display = ("reason", "words", "on")
    list_display_links = None
    list_filter = ("reason",)
    list_before_template = "admin_site/farewells.html"
    date_hierarchy = "on"
    ordering = ("-on", "-pk")
    list_per_page = 50

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        counts = {"counts": _counts(), "days": DAYS}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **counts})
        return response


def _counts() -> list[tuple[str, int, int]]:
    """Each reason in words, how often it was said of late, and ever; the most frequent first."""
    since = clock.now().date().toordinal() - DAYS
    found = {value: [0, 0] for value in Farewell.Reason.values}
    for reason, on, many in Farewell.objects.values_list("reason", "on").annotate(many=Count("pk")):
        if reason in found:
            found[reason][0] += many if on.toordinal() > since else 0
            found[reason][1] += many
    rows = [(str(Farewell.Reason(value).label), late, ever) for value, (late, ever) in found.items()]
    return sorted(rows, key=lambda row: (-row[1], -row[2]))

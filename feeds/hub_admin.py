"""What a hub is still to be told, and why it was not told yet."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from config.adminsite import ReadOnlyAdmin, shown_instant
from feeds.models import HubFailure, HubPing


class HubPingAdmin(ReadOnlyAdmin):
    list_display = ("document", "hub", "change", "next_try", "failed", "why")
    search_fields = ("topic",)
    ordering = ("next_at", "pk")
    fields = ("document", "hub", "change", "next_try", "failed", "why")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[HubPing]:
        queryset: QuerySet[HubPing] = super().get_queryset(request)
        failure = HubFailure.objects.filter(hub=OuterRef("hub"))
        return queryset.annotate(
            hub_failures=Subquery(failure.values("failures")),
            hub_rests_until=Subquery(failure.values("next_at")),
            hub_error=Subquery(failure.values("error")),
        )

    @admin.display(description="document", ordering="topic")
    def document(self, ping: HubPing) -> str:
        return ping.topic

    @admin.display(description="last change", ordering="seq")
    def change(self, ping: HubPing) -> int:
        return ping.seq

    @admin.display(description="next try", ordering="next_at")
    def next_try(self, ping: Any) -> str:
        return shown_instant(max(ping.next_at, ping.hub_rests_until or ping.next_at))

    @admin.display(description="failures in a row")
    def failed(self, ping: Any) -> int:
        return int(ping.hub_failures or ping.failures)

    @admin.display(description="why")
    def why(self, ping: Any) -> str:
        return ping.hub_error or ping.error or "-"

"""What was sent, and what is being sent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from config.adminsite import ReadOnlyAdmin, lines
from feeds.models import Release
from notifier.admin import previews
from notifier.models import Delivery, Dispatch, Edition


@admin.register(Dispatch)
class DispatchAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "lane", "local_date", "starts_at", "ends_at", "state", "held")
    list_filter = ("lane", "state", "held")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "chain", "lane", "local_date", "starts_at", "ends_at", "made_at", "state", "held", "deliveries", "editions",
    )  # fmt: skip
    show_full_result_count = False

    @admin.display
    def deliveries(self, dispatch: Dispatch) -> SafeString:
        rows = (
            Delivery.objects.filter(dispatch_id=dispatch.pk)
            .values_list("state")
            .annotate(Count("subscriber_id"))
        )
        counts = {Delivery.State(state).label.lower(): count for state, count in sorted(rows)}
        return lines(f"{count:,} {state}" for state, count in counts.items())

    @admin.display
    def editions(self, dispatch: Dispatch) -> SafeString:
        return lines(
            f"{e}: {e.layout}, {e.language}, version {e.version}" for e in dispatch.editions.all()[:200]
        )


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "dispatch", "layout", "language", "version")
    list_filter = ("layout", "language")
    ordering = ("-pk",)
    fields = readonly_fields = ("dispatch", "layout", "language", "version", "releases")
    show_full_result_count = False

    @admin.display
    def releases(self, edition: Edition) -> SafeString:
        """What stands in it, and for whom. A letter's content is not shown: it may hold what is one person's own."""
        if not isinstance(edition.content, list):
            return SafeString("-")
        ids = [item["release"] for item in edition.content]
        titles = dict(Release.objects.filter(pk__in=ids).values_list("pk", "title"))
        return lines(
            f"{titles.get(item['release'], 'a release that is gone')} ({_because(item)})"
            for item in edition.content
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view, name="notifier_edition_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What a selection's digest, or any other message, would look like."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return previews.of_selection(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        queryset: QuerySet[Edition] = super().get_queryset(request)
        return queryset.select_related("dispatch")


def _because(item: dict[str, Any]) -> str:
    return ", ".join(" ".join(filter(None, reason)) for reason in item.get("because", []))

"""How the list of releases is narrowed, and the table of what a release is called at its sources."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from feeds.models import Release, ReleaseKey, Suggestion


class KeyInline(TabularInline):  # type: ignore[misc] # unfold has no types
    model = ReleaseKey
    extra = 0
    fields = readonly_fields = ("source", "key")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class CorrectedFilter(admin.SimpleListFilter):
    title = "corrections"
    parameter_name = "corrected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "corrected"), ("no", "not corrected")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        corrected = Q(standing__corrected_at__isnull=False)
        if self.value() == "yes":
            return queryset.filter(corrected)
        return queryset.exclude(corrected) if self.value() == "no" else queryset


class LabelsFilter(admin.SimpleListFilter):
    """What is not labelled, or not wholly."""

    title = "labels"
    parameter_name = "labels"
    _WHERE: ClassVar[dict[str, Q]] = {
        "untagged": Q(offices=None, topics=None),
        "no_office": Q(offices=None),
        "no_topic": Q(topics=None),
        "no_type": Q(type=None),
        "unknown": Q(pending_labels__isnull=False),
        "suggested": Q(suggestions__decision=Suggestion.Decision.OPEN),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("untagged", "neither office nor topic"), ("no_office", "no office"), ("no_topic", "no topic"),
            ("no_type", "no type"), ("unknown", "a label that nobody knows"), ("suggested", "an open suggestion"),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        where = self._WHERE.get(self.value() or "")
        return queryset if where is None else queryset.filter(where).distinct()

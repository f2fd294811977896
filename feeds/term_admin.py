"""Offices, topics and types in the admin site: found, named, ordered, closed, merged."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from config.adminsite import RecordedAdmin, lines
from config.places import here
from feeds import gazetteer, term_pages
from feeds.heirs import FOLDERS
from feeds.term_form import KEEP, TermForm, names_shown

LINK = '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>'


class TermAdmin(RecordedAdmin):
    form = TermForm
    list_display: tuple[str, ...] = ("name", "condition", "aliases_shown", "releases_count", "feed")
    list_filter: tuple[str, ...] = ("closed",)
    search_fields = ("name",)
    search_help_text = "Any name of it, in any language, or an alias"
    readonly_fields = ("removal", "feed")
    actions_list = ("order",)
    actions_detail = ("merge",)
    list_per_page = 200
    related = "releases"
    own: tuple[str, ...] = ()
    """What only this kind has."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = queryset.annotate(carried=Count(self.related, distinct=True))
        return counted

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By every name, whatever its accents, case or script; terms are few."""
        words = gazetteer.fold(search_term).split()
        if not words:
            return queryset, False
        rows = self.model._default_manager.values_list("pk", "slug", "name", "names", "aliases")
        fitting = [pk for pk, *labels in rows if all(word in gazetteer.fold(str(labels)) for word in words)]
        return queryset.filter(pk__in=fitting), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        keep = (KEEP,) if obj is not None and self.has_change_permission(request, obj) else ()
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            names: tuple[str, ...] = tuple(names_shown(obj))
        else:
            names = ("names_said",)
        return [
            (None, {"fields": ("name", *keep, "slug", "aliases")}),
            (
                "In other languages",
                {"fields": names, "description": "Where one is empty, readers see the name above."},
            ),
            ("What it is", {"fields": (*self.own, "closed")}),
            *([("Where it stands", {"fields": ("feed", "removal")})] if obj else []),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The names are fields of the form, not of the model."""
        shown = ("name", "slug", "aliases", *self.own, "closed")
        fixed = self.get_readonly_fields(request, obj)
        fields = [name for name in shown if name not in fixed]
        return super().get_form(request, obj, change, **{**kwargs, "fields": fields})

    @admin.display(description="open or closed", ordering="closed")
    def condition(self, term: Any) -> str:
        return "closed" if term.closed else "open"

    @admin.display(description="also known as")
    def aliases_shown(self, term: Any) -> str:
        return ", ".join(map(str, term.aliases)) or "-"

    @admin.display(description="releases", ordering="carried")
    def releases_count(self, term: Any) -> int:
        return int(term.carried)

    @admin.display(description="names")
    def names_said(self, term: Any) -> SafeString:
        return lines(f"{code}: {name}" for code, name in term.names.items())

    @admin.display(description="feed")
    def feed(self, term: Any) -> SafeString | str:
        if term is None or not term.pk:
            return "-"
        folder = FOLDERS[self.section.name]
        page = f"/feeds/{folder}/{term.slug}" if folder == "types" else f"/{folder}/{term.slug}"
        return format_html(LINK, here(page), here(f"/feeds/{folder}/{term.slug}"))

    @admin.display(description="removal")
    def removal(self, term: Any) -> str:
        if term is None or not term.pk:
            return "-"
        label = self.section.label(self.section.row_of(term))
        uses = (
            self.section.why_kept(term)
            .replace(f"; {label} cannot be removed:", ";")
            .removeprefix(label)
            .strip()
        )
        return (
            f"It {uses}. Close it, or merge it into another."
            if uses
            else "Nothing refers to it; it can be deleted."
        )

    @action(description="Change the order", url_path="order", permissions=["change"], icon="swap_vert")  # type: ignore[untyped-decorator]
    def order(self, request: HttpRequest) -> HttpResponse:
        return term_pages.order(self, request)

    @action(description="Merge into another", url_path="merge", permissions=["change"], icon="merge")  # type: ignore[untyped-decorator]
    def merge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return term_pages.merge(self, request, object_id)


class OfficeAdmin(TermAdmin):
    list_display = ("name", "kind", "country", "condition", "aliases_shown", "releases_count", "feed")
    list_filter = ("closed", "kind", "region")
    own = ("kind", "country", "region", "grace_seconds")


class TopicAdmin(TermAdmin):
    list_display = ("name", "broader", "condition", "aliases_shown", "releases_count", "feed")
    list_select_related = ("broader",)
    own = ("broader",)


class ReleaseTypeAdmin(TermAdmin):
    related = "release"
    own = ("grace_seconds",)

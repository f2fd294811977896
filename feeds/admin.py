"""The newsroom in the admin site: its configuration, its releases, and labels nobody knows yet."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from config.adminsite import ByLanguageField, LinesField, ReadOnlyAdmin, RecordedAdmin
from feeds import (
    feed_admin,
    hub_admin,
    readership_admin,
    release_admin,
    source_admin,
    suggestion_admin,
    token_admin,
)
from feeds.models import (
    ApiToken,
    FeedDay,
    HeldFetch,
    HubPing,
    Newsroom,
    Office,
    PendingLabel,
    PendingTerm,
    Release,
    ReleaseType,
    SavedFeed,
    Source,
    Suggestion,
    Topic,
)

admin.site.register(Release, release_admin.ReleaseAdmin)
admin.site.register(SavedFeed, feed_admin.SavedFeedAdmin)
admin.site.register(HubPing, hub_admin.HubPingAdmin)
admin.site.register(FeedDay, readership_admin.ReadershipAdmin)
admin.site.register(Source, source_admin.SourceAdmin)
admin.site.register(HeldFetch, source_admin.HeldFetchAdmin)
admin.site.register(Suggestion, suggestion_admin.SuggestionAdmin)
admin.site.register(ApiToken, token_admin.ApiTokenAdmin)


class TermAdmin(RecordedAdmin):
    list_display: tuple[str, ...] = ("name", "slug", "aliases_shown", "releases_count")
    search_fields = ("name", "slug")
    readonly_fields = ("removal",)
    related = "releases"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = queryset.annotate(carried=Count(self.related, distinct=True))
        return counted

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "aliases":
            widget = UnfoldAdminTextareaWidget({"rows": 4})
            return LinesField(
                required=False, widget=widget, help_text="Other labels of the same, one a line."
            )
        if db_field.name == "names":
            return ByLanguageField(
                required=False, help_text=f"{db_field.help_text} One a line, such as fr: Bureau."
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="aliases")
    def aliases_shown(self, term: Any) -> str:
        return ", ".join(map(str, term.aliases)) or "-"

    @admin.display(description="releases", ordering="carried")
    def releases_count(self, term: Any) -> int:
        return int(term.carried)

    @admin.display(description="removal")
    def removal(self, term: Any) -> str:
        if term is None or not term.pk:
            return "-"
        return self.section.why_kept(term) or "nothing refers to it; it can be deleted"


@admin.register(Office)
class OfficeAdmin(TermAdmin):
    list_display = ("name", "slug", "kind", "country", "condition", "aliases_shown", "releases_count")
    list_filter = ("closed", "kind", "region")
    fields = (
        "name", "names", "slug", "aliases", "kind", "country", "region", "closed", "grace_seconds", "position",
        "removal",
    )  # fmt: skip

    @admin.display(description="open or closed", ordering="closed")
    def condition(self, office: Office) -> str:
        return "closed" if office.closed else "open"


@admin.register(Topic)
class TopicAdmin(TermAdmin):
    list_display = ("name", "slug", "broader", "aliases_shown", "releases_count")
    fields = ("name", "names", "slug", "aliases", "broader", "position", "removal")
    autocomplete_fields = ("broader",)


@admin.register(ReleaseType)
class ReleaseTypeAdmin(TermAdmin):
    related = "release"
    fields = ("name", "names", "slug", "aliases", "grace_seconds", "position", "removal")


@admin.register(Newsroom)
class NewsroomAdmin(RecordedAdmin):
    list_display = ("name", "publisher", "language", "zone")
    fieldsets = (
        (None, {"fields": ("name", "publisher", "description", "language", "zone", "home_url")}),
        ("Mail", {"fields": ("sender_name", "sender_address", "list_domain", "contact", "postal_address")}),
        ("Editions", {"fields": ("edition_sections", "edition_most", "edition_images")}),
        ("Feeds", {"fields": ("tag_authority", "feed_content", "hub", "hub_topics")}),
        ("Look", {"fields": ("brand", "brand_dark", "logo", "logo_dark", "logo_has_name")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and not Newsroom.objects.exists()


class PendingLabelInline(TabularInline):  # type: ignore[misc] # unfold has no types
    model = PendingLabel
    extra = 0
    fields = readonly_fields = ("release",)
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PendingTerm)
class PendingTermAdmin(ReadOnlyAdmin):
    """To resolve one, give its label as an alias to an office, topic or type."""

    list_display = ("label", "kind", "releases_count", "first_seen_at")
    list_filter = ("kind",)
    search_fields = ("label",)
    fields = ("label", "kind", "first_seen_at")
    inlines = (PendingLabelInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PendingTerm]:
        queryset: QuerySet[PendingTerm] = super().get_queryset(request)
        return queryset.annotate(carried=Count("labels"))

    @admin.display(description="releases", ordering="carried")
    def releases_count(self, term: Any) -> int:
        return int(term.carried)

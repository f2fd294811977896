"""The newsroom in the admin site: its configuration, its releases, and labels nobody knows yet."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from config.adminsite import ReadOnlyAdmin, RecordedAdmin
from feeds import (
    feed_admin,
    hub_admin,
    readership_admin,
    release_admin,
    source_admin,
    suggestion_admin,
    term_admin,
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
admin.site.register(Office, term_admin.OfficeAdmin)
admin.site.register(Topic, term_admin.TopicAdmin)
admin.site.register(ReleaseType, term_admin.ReleaseTypeAdmin)
admin.site.register(ApiToken, token_admin.ApiTokenAdmin)


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

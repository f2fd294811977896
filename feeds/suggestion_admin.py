"""What Herald proposes, in the admin site: an editor confirms or dismisses it, once. Both are in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from config import clock, revisions
from config.adminsite import ButtonsAdmin, actor, shown_instant
from feeds import normalise, proposals
from feeds.models import Office, Release, Suggestion
from feeds.release_snapshot import snapshot

LINK = '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>'
Decide = Callable[[Suggestion, str, datetime], None]


class DecisionFilter(admin.SimpleListFilter):
    """Open ones, unless others are asked for."""

    title = "decision"
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        decided = (proposals.Decision.CONFIRMED, proposals.Decision.DISMISSED, proposals.Decision.LAPSED)
        return [*((str(decision), str(decision)) for decision in decided), ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield first | {"display": "open"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Suggestion]) -> QuerySet[Suggestion]:
        if self.value() == "all":
            return queryset
        return queryset.filter(decision=self.value() or proposals.Decision.OPEN)


class SuggestionAdmin(ButtonsAdmin):
    list_display = ("release_title", "proposal", "reason", "found", "decision_shown")
    list_filter = (DecisionFilter, "kind")
    list_select_related = ("release",)
    search_fields = ("release__title", "value")
    ordering = ("-found_at", "-pk")
    actions = ("confirm_all", "dismiss_all")  # type: ignore[assignment] # other read-only tables have none
    actions_submit_line = ("confirm_this", "dismiss_this")
    readonly_fields = (
        "release_link",
        "original",
        "beginning",
        "proposal",
        "because",
        "found",
        "decision_shown",
    )
    fields = readonly_fields
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suggestion]:
        queryset: QuerySet[Suggestion] = super().get_queryset(request)
        office = Office.objects.filter(slug=OuterRef("value")).values("name")[:1]
        return queryset.annotate(office_name=Subquery(office))

    def get_fields_shown(self) -> list[str]:
        return []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To confirm is to change a release."""
        return super().has_change_permission(request, obj) and request.user.has_perm("feeds.change_release")

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons, where they would do something."""
        is_open = Suggestion.objects.filter(pk=object_id, decision=proposals.Decision.OPEN).exists()
        return list(super().get_actions_submit_line(request, object_id)) if is_open else []

    @admin.display(description="release", ordering="release__title")
    def release_title(self, suggestion: Suggestion) -> str:
        release = _release(suggestion)
        return normalise.excerpt(release.title, 100) if release else "(deleted)"

    @admin.display(description="release")
    def release_link(self, suggestion: Suggestion) -> str | SafeString:
        release = _release(suggestion)
        if release is None:
            return "(deleted)"
        address = reverse("admin:feeds_release_change", args=[release.pk])
        return format_html(LINK + ", {}", address, release.title, release.published_on)

    @admin.display(description="original")
    def original(self, suggestion: Suggestion) -> str | SafeString:
        release = _release(suggestion)
        address = normalise.url(release.url or "") if release else None
        return format_html(LINK, address, address) if address else "-"

    @admin.display(description="begins")
    def beginning(self, suggestion: Suggestion) -> str:
        release = _release(suggestion)
        text = (release.summary or normalise.plain((release.body or "")[:4000])) if release else ""
        return normalise.excerpt(text, 300) or "-"

    @admin.display(description="reason")
    def because(self, suggestion: Suggestion) -> str:
        return suggestion.reason

    @admin.display(description="proposal", ordering="value")
    def proposal(self, suggestion: Suggestion) -> str:
        if suggestion.kind != proposals.Kind.OFFICE:
            return suggestion.get_kind_display()
        office = getattr(suggestion, "office_name", None) or suggestion.value
        return f"{suggestion.get_kind_display()}: {office}"

    @admin.display(description="found", ordering="found_at")
    def found(self, suggestion: Suggestion) -> str:
        return shown_instant(suggestion.found_at)

    @admin.display(description="decision", ordering="decision")
    def decision_shown(self, suggestion: Suggestion) -> str:
        if suggestion.decision == proposals.Decision.OPEN:
            return "open"
        who = f" by {suggestion.decided_by}" if suggestion.decided_by else ""
        return f"{suggestion.decision}{who}, {shown_instant(suggestion.decided_at)}"

    @admin.action(description="Confirm", permissions=["change"])
    def confirm_all(self, request: HttpRequest, queryset: QuerySet[Suggestion]) -> None:
        for suggestion in queryset:
            self._decide(request, suggestion, proposals.confirm, "confirmed")

    @admin.action(description="Dismiss", permissions=["change"])
    def dismiss_all(self, request: HttpRequest, queryset: QuerySet[Suggestion]) -> None:
        for suggestion in queryset:
            self._decide(request, suggestion, proposals.dismiss, "dismissed")

    @action(description="Confirm", permissions=["change"])  # type: ignore[untyped-decorator]
    def confirm_this(self, request: HttpRequest, suggestion: Suggestion) -> None:
        self._decide(request, suggestion, proposals.confirm, "confirmed")

    @action(description="Dismiss", permissions=["change"])  # type: ignore[untyped-decorator]
    def dismiss_this(self, request: HttpRequest, suggestion: Suggestion) -> None:
        self._decide(request, suggestion, proposals.dismiss, "dismissed")

    def _decide(self, request: HttpRequest, suggestion: Suggestion, decide: Decide, what: str) -> None:
        now, title = clock.now(), self.release_title(suggestion)
        try:
            with transaction.atomic():
                before = _snapshot(suggestion)
                decide(suggestion, actor(request), now)
                subject = f"suggestion for release {suggestion.release_id}: {self.proposal(suggestion)}"
                after = _snapshot(suggestion)
                revisions.audit(actor(request), "admin", what, subject, before=before, after=after, now=now)
        except proposals.Overtaken as error:
            messages.warning(request, f"Nothing was changed: {title}. {error}")
        else:
            messages.success(request, f"{what.capitalize()}: {title}, {self.proposal(suggestion)}")


def _release(suggestion: Suggestion) -> Release | None:
    """No constraint holds a suggestion to its release, which may have been deleted by SQL."""
    try:
        return suggestion.release
    except Release.DoesNotExist:
        return None


def _snapshot(suggestion: Suggestion) -> dict[str, Any] | None:
    release = Release.objects.filter(pk=suggestion.release_id).first()
    return snapshot(release) if release else None

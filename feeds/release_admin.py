"""Releases in the admin site. They are no configuration, but each change of one is in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from config import clock, revisions
from config.adminsite import HeraldAdmin, actor, shown_instant
from feeds import notice, release_trail
from feeds.models import Release, ReleaseKey, Standing

SILENCES = {
    "silent": "its writer asked for silence",
    "first_fetch": "it came in its source's first complete fetch",
    "import": "it was imported without being announced",
    "too_old": "it had been published too long before it was first seen",
}
links: list[Callable[[Release], SafeString]] = []
"""What other rooms add to a release's page: each makes a link, or nothing."""

FIELDS = (
    "title", "published_on", "summary", "body", "url", "language", "author", "image_url", "state", "visible_at",
    "silent", "editors_note", "withdrawn_reason",
)  # fmt: skip
ONE_LINE = frozenset({"title", "url", "author", "image_url"})
SHORT = frozenset({"summary", "editors_note", "withdrawn_reason"})


def snapshot(release: Release) -> dict[str, Any]:
    """The release as an editor sees it, as plain JSON; NULL and the empty text are the same to them."""
    row: dict[str, Any] = {
        name: "" if getattr(release, name) is None else getattr(release, name) for name in FIELDS
    }
    row["published_on"] = release.published_on.isoformat()
    row["visible_at"] = release.visible_at.isoformat() if release.visible_at else None
    row["type"] = release.type.slug if release.type else ""
    row["translation_of"] = release.translation_of_id
    row["offices"] = sorted(release.offices.values_list("slug", flat=True))
    row["topics"] = sorted(release.topics.values_list("slug", flat=True))
    return row


def _stored(pk: Any) -> dict[str, Any] | None:
    release = Release.objects.filter(pk=pk).first() if pk else None
    return snapshot(release) if release else None


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


class ReleaseAdmin(HeraldAdmin):
    list_display = ("title", "published_on", "state", "type", "announcement")
    list_filter = ("state", CorrectedFilter, "type", "silent", "offices", "topics", "source")
    list_select_related = ("type", "standing")
    search_fields = ("title",)
    date_hierarchy = "published_on"
    ordering = ("-published_on", "-pk")
    autocomplete_fields = ("offices", "topics", "translation_of")
    readonly_fields = (
        "source", "announcement", "first_seen", "updated", "corrected", "guid", "page",
        "warnings", "suggestions", "history", "mail",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("title", "published_on", "summary", "body", "url", "language", "author", "image_url")}),
        ("Labels", {"fields": ("type", "offices", "topics", "translation_of", "source")}),
        ("What is shown", {"fields": ("state", "visible_at", "silent", "editors_note", "withdrawn_reason")}),
        ("Standing", {"fields": ("announcement", "first_seen", "updated", "corrected", "mail", "guid", "page")}),
        ("What Herald keeps beside it", {"fields": ("warnings", "suggestions", "history")}),
    )  # fmt: skip
    inlines = (KeyInline,)
    actions = ("announce_after_all", "withdraw")
    actions_submit_line = ("announce_this",)
    show_full_result_count = False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ONE_LINE:
            kwargs["widget"] = UnfoldAdminTextInputWidget
        elif db_field.name in SHORT:
            kwargs["widget"] = UnfoldAdminTextareaWidget({"rows": 4})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The button, where it would do something."""
        waiting = Standing.objects.filter(pk=object_id, shown=True, announced_at=None).exists()
        return list(super().get_actions_submit_line(request, object_id)) if waiting else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Releases are withdrawn, which readers and feeds are told of; deleting would only make them vanish."""
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with transaction.atomic():  # one transaction, so that the audit log says what was really saved
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Release, form: Any, change: bool) -> None:
        form.before = _stored(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        _audit(request, "changed" if change else "created", form.instance, form.before)

    @admin.display(description="announced", ordering="standing__announced_at")
    def announcement(self, release: Release) -> str:
        standing = _standing(release)
        if standing is None:
            return "not noticed yet"
        if standing.announced_at:
            return shown_instant(standing.announced_at)
        if standing.silence:
            return f"silent: {SILENCES.get(standing.silence, standing.silence)}"
        return "not announced yet" if release.state != Release.State.WITHDRAWN else "never announced"

    @admin.display(description="first seen")
    def first_seen(self, release: Release) -> str:
        standing = _standing(release)
        return shown_instant(standing.first_seen_at) if standing else "-"

    @admin.display(description="updated for readers")
    def updated(self, release: Release) -> str:
        standing = _standing(release)
        return f"{shown_instant(standing.updated_at)}, version {standing.version}" if standing else "-"

    @admin.display(description="corrected")
    def corrected(self, release: Release) -> str:
        standing = _standing(release)
        return shown_instant(standing.corrected_at) if standing and standing.corrected_at else "-"

    @admin.display(description="those who received it")
    def mail(self, release: Release) -> SafeString | str:
        found = [made for link in links if release.pk and (made := link(release))]
        return format_html_join(" ", "{}", ((made,) for made in found)) or "-"

    @admin.display(description="warnings")
    def warnings(self, release: Release) -> str:
        return release_trail.warnings(release.pk)

    @admin.display(description="open suggestions")
    def suggestions(self, release: Release) -> str:
        return release_trail.suggestions(release.pk)

    @admin.display(description="versions")
    def history(self, release: Release) -> str:
        return release_trail.history(release.pk)

    @admin.display(description="id in feeds")
    def guid(self, release: Release) -> str:
        standing = _standing(release)
        return standing.guid if standing else "-"

    @admin.display(description="page")
    def page(self, release: Release) -> str:
        standing = _standing(release)
        return f"/releases/{standing.key}" if standing else "-"

    @admin.action(description="Announce after all", permissions=["change"])
    def announce_after_all(self, request: HttpRequest, queryset: QuerySet[Release]) -> None:
        for release in queryset:
            self._announce(request, release)

    @action(description="Announce after all", permissions=["change"])  # type: ignore[untyped-decorator]
    def announce_this(self, request: HttpRequest, release: Release) -> None:
        self._announce(request, release)

    @admin.action(description="Withdraw", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Release]) -> None:
        for release in queryset.exclude(state=Release.State.WITHDRAWN):
            with transaction.atomic():
                before = snapshot(release)
                release.state = Release.State.WITHDRAWN
                release.save(update_fields=["state"])
                _audit(request, "withdrawn", release, before)
            messages.success(request, f"Withdrawn: {release.title}")

    def _announce(self, request: HttpRequest, release: Release) -> None:
        now = clock.now()
        with transaction.atomic():
            done = notice.announce(release.pk, now)
            if done:
                subject = f"release {release.pk}"
                revisions.audit(
                    actor(request), "admin", "announced", subject, before=None, after=None, now=now
                )
        if done:
            messages.success(request, f"Will be sent to whoever chose it: {release.title}")
        else:
            messages.warning(request, f"Is not shown, or was announced already: {release.title}")


def _standing(release: Release) -> Standing | None:
    return getattr(release, "standing", None)


def _audit(request: HttpRequest, what: str, release: Release, before: dict[str, Any] | None) -> None:
    after = _stored(release.pk)
    if after != before:
        revisions.audit(
            actor(request),
            "admin",
            what,
            f"release {release.pk}",
            before=before,
            after=after,
            now=clock.now(),
        )

"""Releases in the admin site. They are no configuration, but each change of one is in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from config import clock, revisions
from config.adminsite import HeraldAdmin, actor, shown_instant
from config.places import here
from feeds import notice, release_pages, release_review, release_trail
from feeds.models import Release, Standing
from feeds.release_filters import CorrectedFilter, KeyInline, LabelsFilter
from feeds.release_form import ReleaseForm
from feeds.release_snapshot import stored
from feeds.ticks import STYLES, Ticked, Ticks

SILENCES = {
    "silent": "its writer asked for silence",
    "first_fetch": "it came in its source's first complete fetch",
    "import": "it was imported without being announced",
    "too_old": "it had been published too long before it was first seen",
}
links: list[Callable[[Release], SafeString]] = []
"""What other rooms add to a release's page: each makes a link, or nothing."""

ONE_LINE = frozenset({"title", "url", "author", "image_url"})
SHORT = frozenset({"summary", "editors_note", "withdrawn_reason"})


class ReleaseAdmin(HeraldAdmin):
    form = ReleaseForm
    list_display = ("title", "published_on", "labels_shown", "type", "state", "announced")
    list_filter = ("state", LabelsFilter, CorrectedFilter, "type", "silent", "offices", "topics", "source")
    list_select_related = ("type", "standing")
    list_per_page = 50
    search_fields = ("title", "url", "=standing__key")
    search_help_text = "Words of the title, or an address of the release"
    date_hierarchy = "published_on"
    ordering = ("-published_on", "-pk")
    raw_id_fields = ("translation_of",)
    readonly_fields = (
        "source", "announcement", "first_seen", "updated", "corrected", "guid", "page",
        "warnings", "suggestions", "history", "mail", "look",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("title", "published_on", "summary", "body", "url", "language", "author", "image_url")}),
        ("Labels", {"fields": ("offices", "topics", "type", "translation_of", "source")}),
        ("What is shown", {"fields": ("state", "visible_at", "silent", "editors_note", "withdrawn_reason")}),
        ("Before it is saved", {"fields": ("look",)}),
        ("Standing", {"fields": ("announcement", "first_seen", "updated", "corrected", "mail", "guid", "page")}),
        ("What Herald keeps beside it", {"fields": ("warnings", "suggestions", "history")}),
    )  # fmt: skip
    inlines = (KeyInline,)
    actions = ("label", "announce_after_all", "withdraw")
    actions_detail = ("compare", "withdraw_this")
    actions_submit_line = ("announce_this", "lift_embargo")
    show_full_result_count = False

    class Media:
        css = STYLES

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        queryset: QuerySet[Release] = super().get_queryset(request)
        return queryset.prefetch_related("offices", "topics")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Release], search_term: str
    ) -> tuple[QuerySet[Release], bool]:
        """An address of its page, as it is pasted, finds it too."""
        page = search_term.strip().rstrip("/").rpartition("/releases/")
        found: tuple[QuerySet[Release], bool] = super().get_search_results(
            request, queryset, page[2] if page[1] else search_term
        )
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Release | None = None) -> Any:
        """A new one has no past; who may not change one has nothing to try."""
        if obj is None:
            return self.fieldsets[:3]
        may = self.has_change_permission(request, obj)
        shown = [one for one in self.fieldsets if may or one[1]["fields"] != ("look",)]
        return [*shown, (None, {"fields": ("seen",), "classes": ("hidden",)})] if may else shown

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("withdraw/", wrap(partial(release_pages.withdraw, self)), name="feeds_release_withdraw"),
            path("label/", wrap(partial(release_pages.label, self)), name="feeds_release_label"),
            path(
                "<path:object_id>/review/",
                wrap(partial(release_review.review, self)),
                name="feeds_release_review",
            ),
            *super().get_urls(),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in {"offices", "topics"}:
            ticks = Ticks(db_field.name.capitalize())
            return db_field.formfield(form_class=Ticked, widget=ticks, required=False)
        if db_field.name in ONE_LINE:
            kwargs["widget"] = UnfoldAdminTextInputWidget
        elif db_field.name in SHORT:
            kwargs["widget"] = UnfoldAdminTextareaWidget({"rows": 4})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons, where they would do something."""
        gone = Release.objects.filter(pk=object_id, state=Release.State.WITHDRAWN).exists()
        buttons = super().get_actions_detail(request, object_id)
        return [one for one in buttons if not (gone and one.action_name.endswith("_withdraw_this"))]

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons, where they would do something."""
        silent = Standing.objects.filter(pk=object_id, shown=True, announced_at=None).exists()
        held = Release.objects.filter(pk=object_id, state=Release.State.SCHEDULED).exists()
        wanted = {"announce_this": silent, "lift_embargo": held}
        buttons = super().get_actions_submit_line(request, object_id)
        return [
            one
            for one in buttons
            if any(use and one.action_name.endswith(name) for name, use in wanted.items())
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Releases are withdrawn, which readers and feeds are told of; deleting would only make them vanish."""
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with transaction.atomic():  # one transaction, so that the audit log says what was really saved
            _held_by_us(kwargs.get("object_id") or next(iter(args), None))
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Release, form: Any, change: bool) -> None:
        form.before = stored(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        release_pages.audit(request, "changed" if change else "created", form.instance, form.before)

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

    @admin.display(description="announced", ordering="standing__announced_at")
    def announced(self, release: Release) -> str:
        """In short, for the list."""
        standing = _standing(release)
        if standing is not None and standing.announced_at:
            return f"{standing.announced_at:%Y-%m-%d %H:%M}"
        return "silent" if standing is not None and standing.silence else "-"

    @admin.display(description="labels")
    def labels_shown(self, release: Release) -> str:
        found = [term.name for term in (*release.offices.all(), *release.topics.all())]
        return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "") or "-"

    @admin.display(description="what a change means")
    def look(self, release: Release) -> SafeString:
        return format_html(
            '<button type="submit" formaction="{}" formtarget="_blank" class="border border-base-200 cursor-pointer '
            'font-medium px-3 py-2 rounded-default dark:border-base-700">Show what readers will notice</button> '
            '<span class="block mt-2">In a new tab, with what stands in this form. Nothing is saved.</span>',
            reverse("admin:feeds_release_review", args=[release.pk]),
        )

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
    def page(self, release: Release) -> SafeString | str:
        standing = _standing(release)
        if standing is None:
            return "-"
        address = here(f"/releases/{standing.key}")
        return (
            format_html('<a class="underline" href="{}">{}</a>', address, address)
            if standing.shown
            else address
        )

    @admin.action(description="Announce after all", permissions=["change"])
    def announce_after_all(self, request: HttpRequest, queryset: QuerySet[Release]) -> None:
        for release in queryset:
            self._announce(request, release)

    @action(description="Announce after all", permissions=["change"])  # type: ignore[untyped-decorator]
    def announce_this(self, request: HttpRequest, release: Release) -> None:
        self._announce(request, release)

    @admin.action(description="Withdraw, with a reason …", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
        return self._together(request, queryset, "withdraw")

    @admin.action(description="Give labels …", permissions=["change"])
    def label(self, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
        return self._together(request, queryset, "label")

    @action(description="Compare versions", url_path="versions", permissions=["view"], icon="difference")  # type: ignore[untyped-decorator]
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return release_review.compare(self, request, object_id)

    @action(description="Withdraw", url_path="withdraw", permissions=["change"], icon="visibility_off")  # type: ignore[untyped-decorator]
    def withdraw_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(release_pages.page_of("withdraw", [unquote(object_id)]))

    @action(description="Lift the embargo now", permissions=["change"])  # type: ignore[untyped-decorator]
    def lift_embargo(self, request: HttpRequest, release: Release) -> None:
        """What else stands in the form is saved with it, and recorded as one change."""
        release.state, release.visible_at = Release.State.PUBLISHED, None
        release.save(update_fields=["state", "visible_at"])
        messages.success(request, f"The embargo is lifted; it is published within seconds: {release.title}")

    def _together(self, request: HttpRequest, queryset: QuerySet[Release], name: str) -> HttpResponse | None:
        ids = list(queryset.values_list("pk", flat=True)[: release_pages.MOST + 1])
        if len(ids) > release_pages.MOST:
            messages.warning(
                request, f"At most {release_pages.MOST} releases at once: narrow them by the filters."
            )
            return None
        return HttpResponseRedirect(release_pages.page_of(name, ids))

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


def _held_by_us(pk: Any) -> None:
    """Until the transaction ends: of two who save a release at once, the second reads what the first has made of it."""
    if str(pk).isdecimal():
        list(Release.objects.select_for_update().filter(pk=pk).values("pk"))


def _standing(release: Release) -> Standing | None:
    return getattr(release, "standing", None)

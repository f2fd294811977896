"""Revisions, the audit log, and the accounts of those who work here."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from config import auditing, clock, drafting, exports, revisions, showing
from config.accounts.admin import AccountAdmin
from config.adminsite import ButtonsAdmin, ReadOnlyAdmin, actor, shown_instant
from config.models import AuditEntry, Draft, Revision


def pre(value: Any) -> SafeString:
    """JSON, readable."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    return format_html('<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', text)


@admin.register(Revision)
class RevisionAdmin(ButtonsAdmin):
    list_display = ("number", "made_at", "actor", "way", "summary")
    list_filter = ("way",)
    fields = readonly_fields = ("number", "made_at", "actor", "way", "note", "changes", "whole")
    actions_submit_line = ("restore",)

    @admin.display(description="changed")
    def summary(self, revision: Revision) -> str:
        subjects = [entry.subject for entry in revision.entries.all()]
        more = f" and {len(subjects) - 3} more" if len(subjects) > 3 else ""
        return ", ".join(subjects[:3]) + more

    @admin.display(description="changes")
    def changes(self, revision: Revision) -> SafeString:
        before = Revision.objects.filter(number__lt=revision.number).first()
        found = revisions.diff(
            revisions.whole(before.document) if before else {}, revisions.whole(revision.document)
        )
        context = {"shown": showing.changes(found), "before_said": "Before", "after_said": "After"}
        return render_to_string("drafts/changes.html", context, using="django")

    @admin.display(description="whole configuration")
    def whole(self, revision: Revision) -> SafeString:
        return pre(revision.document)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the documents, which a list does not show; one page loads its own."""
        subjects = AuditEntry.objects.only("revision_id", "subject").order_by("id")
        return super().get_queryset(request).defer("document").prefetch_related(Prefetch("entries", subjects))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.readonly_fields)

    @action(description="Restore this revision", permissions=["change"])  # type: ignore[untyped-decorator]
    def restore(self, request: HttpRequest, revision: Revision) -> None:
        """A draft of it, which is reviewed as any other."""
        try:
            drafting.restoring(revision.number, actor(request), clock.now())
        except revisions.ConfigurationError as error:
            messages.error(request, str(error))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """On to the draft that restores it, if there is one."""
        mine = Draft.objects.filter(actor=actor(request), restores=obj.number).first()
        if mine is not None and any(name.endswith("_restore") for name in request.POST):
            return HttpResponseRedirect(reverse("admin:config_draft_change", args=[mine.pk]))
        return super().response_change(request, obj)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("when", "actor", "way", "action", "subject", "page")
    list_filter = ("way", "action")
    list_before_template = "accounts/export_audit.html"
    search_fields = ("subject", "actor")
    date_hierarchy = "at"
    show_full_result_count = False
    fields = readonly_fields = (
        "at", "actor", "way", "page", "network", "action", "subject", "revision", "was", "became",
    )  # fmt: skip

    @admin.display(description="at", ordering="at")
    def when(self, entry: AuditEntry) -> SafeString:
        return format_html('<span class="whitespace-nowrap">{}</span>', shown_instant(entry.at))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        return [path("export/<str:form>/", view, name="config_auditentry_export"), *super().get_urls()]

    def export(self, request: HttpRequest, form: str) -> StreamingHttpResponse:
        """All of it, as csv or ndjson; that it was taken is in it too."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if form not in exports.FORMS:
            raise Http404
        auditing.record(
            actor(request), "admin", "exported", "audit log", before=None, after={"as": form}, now=clock.now()
        )
        return exports.answer(request, "audit", form, auditing.COLUMNS, auditing.rows())

    @admin.display(description="before")
    def was(self, entry: AuditEntry) -> SafeString:
        return pre(entry.before)

    @admin.display(description="after")
    def became(self, entry: AuditEntry) -> SafeString:
        return pre(entry.after)


admin.site.unregister(User)
admin.site.unregister(Group)  # roles are made by config.roles alone
admin.site.register(User, AccountAdmin)

"""Corrections: an editor marks a change of a release for those who received it; what was marked is listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from config import clock
from config.adminsite import ReadOnlyAdmin, actor
from feeds import release_admin, release_pages
from feeds.models import Release, Standing
from notifier import corrections
from notifier.correcting import recipients
from notifier.corrections import CannotMark
from notifier.models import Correction, CorrectionDue, Watch


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "notify", "made_at", "marked_by", "waiting", "told")
    list_filter = ("kind", "notify")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "title", "kind", "note", "notify", "marked_by", "made_at", "waiting", "told",
    )  # fmt: skip
    show_full_result_count = False

    @admin.display(description="people who are to be told yet")
    def waiting(self, correction: Correction) -> int:
        return CorrectionDue.objects.filter(correction=correction, dispatch_id=None).count()

    @admin.display(description="people who were told")
    def told(self, correction: Correction) -> int:
        return CorrectionDue.objects.filter(correction=correction).exclude(dispatch_id=None).count()

    def get_urls(self) -> list[URLPattern]:
        view = require_http_methods(["GET", "HEAD", "POST"])(self.admin_site.admin_view(self.mark))
        return [path("mark/<int:release_id>/", view, name="notifier_correction_mark"), *super().get_urls()]

    def mark(self, request: HttpRequest, release_id: int) -> HttpResponse:
        """GET: whom it would reach, and with what. POST: mark it."""
        if not request.user.has_perm("feeds.change_release"):
            raise PermissionDenied
        if not Release.objects.filter(pk=release_id).exists():
            messages.warning(request, "There is no release with this number.")
            return HttpResponseRedirect(reverse("admin:feeds_release_changelist"))
        back = reverse("admin:feeds_release_change", args=[release_id])
        try:
            if request.method == "POST":
                correction = corrections.mark(
                    release_id, request.POST.get("note", ""), actor(request), clock.now()
                )
                messages.success(request, f"Marked. Those who received it are being told: {correction.title}")
                return HttpResponseRedirect(back)
            found = corrections.propose(release_id)
        except CannotMark as reason:
            messages.warning(request, str(reason))
            return HttpResponseRedirect(back)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Tell those who received it",
            "found": found,
            "later": found.reach.people - found.reach.at_once,
            "watching": Watch.objects.filter(
                release_id=release_id, ended_at=None, until__gt=clock.now()
            ).count(),
            "back": back,
        }
        return TemplateResponse(request, "admin_site/mark_correction.html", context, using="django")


def link(release: Release) -> SafeString:
    """To the page above, on the page of a release that readers have seen."""
    if not Standing.objects.filter(pk=release.pk).exclude(announced_at=None).exists():
        return SafeString()
    address = reverse("admin:notifier_correction_mark", args=[release.pk])
    return format_html(
        '<a href="{}" class="underline">Tell them that it was corrected or withdrawn</a>', address
    )


def received(ids: Sequence[int]) -> list[str]:
    """Before releases are withdrawn: what messages hold of them. Counted for one; more would take long."""
    waiting = "Messages that have not left are sent without " + ("it." if len(ids) == 1 else "them.")
    if len(ids) != 1:
        return [waiting, "Those who received one of them are told only if you say so, on its page."]
    people = recipients.reach(ids[0], ("",)).people
    if not people:
        return [waiting]
    have = "person has" if people == 1 else "people have"
    return [waiting, f"{people:,} {have} received it, and will be told only if you say so, on its page."]


release_admin.links.append(link)
release_pages.received.append(received)

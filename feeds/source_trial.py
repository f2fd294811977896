"""Trying a source with what stands in its form, before anything is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config import clock, revisions
from config.adminsite import actor, audited_as, number
from feeds.harvest import trial
from feeds.models import Source

if TYPE_CHECKING:
    from feeds.source_admin import SourceAdmin

SECONDS = 20.0  # for one answer: somebody waits for it


def button(source: Source | None) -> SafeString:
    """Sends the form as it stands to the page below, in a tab of its own, so that nothing typed is lost."""
    query = f"?source={source.pk}" if source is not None and source.pk else ""
    return format_html(
        '<button type="submit" formaction="{}{}" formtarget="_blank" class="border border-base-200 cursor-pointer '
        'font-medium px-3 py-2 rounded-default dark:border-base-700">Try it</button> '
        '<span class="block mt-2">Fetches with what stands in this form, in a new tab, and shows what was read. '
        "Nothing is saved, announced or remembered.</span>",
        reverse("admin:feeds_source_try"),
        query,
    )


def view(page: SourceAdmin, request: HttpRequest) -> HttpResponse:
    """POST the form of a source: what it would bring, or what is wrong with the form."""
    source = Source.objects.filter(pk=number(request.GET.get("source")) or 0).first()
    allowed = page.has_change_permission(request, source) if source else page.has_add_permission(request)
    if not allowed:
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form_class = page.get_form(request, source, change=source is not None)
    form = form_class(request.POST, instance=source)
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": "Trying a source",
        "opts": page.opts,
        "form": form,
    }
    if form.is_valid():
        meant: Source = form.instance
        _audit(request, meant)
        context |= {"source": meant, "trial": trial.attempt(meant, clock.now(), _web())}
    return TemplateResponse(request, "admin_site/try_source.html", context, using="django")


def _web() -> Any:
    """Guarded as every fetch: no private address, no endless answer; and not for long."""
    from feeds.web.client import Limits, from_settings  # it loads TLS, which no other page needs

    return from_settings(limits=Limits(seconds=SECONDS))


def _audit(request: HttpRequest, source: Source) -> None:
    """Where Herald was sent by whom is told, also if nothing was saved."""
    revisions.audit(
        actor(request), "admin", "tried", audited_as(source), before=None,
        after={"kind": source.kind, "address": source.address}, now=clock.now(),
    )  # fmt: skip

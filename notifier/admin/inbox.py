"""The admin site's home: what needs a decision, the most urgent first, with the buttons that decide it.

A button here is the one on the page of its row: the same permission, the same code, the same entry in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config import clock, revisions
from config.adminsite import actor, number
from config.sections import ConfigurationError
from feeds.models import PendingTerm, Source
from notifier import inbox
from notifier.admin import switch
from notifier.inbox import Matter, Pile
from notifier.inbox.newsroom import TERMS

URGENCIES = {
    inbox.Urgency.NOW: "Now",
    inbox.Urgency.TODAY: "Today",
    inbox.Urgency.WHEN_TIME: "When there is time",
}


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What waits, as far as this account may see it. Changes nothing."""
    may = request.user.has_perm
    piles = [(pile, URGENCIES[pile.urgency], _rows(may, pile)) for pile in inbox.seen_by(may, _piles())]
    context = {
        **admin.site.each_context(request),
        "title": "Inbox",
        "piles": piles,
        "waiting": sum(pile.total for pile, _, _ in piles),
        "mine": any(buttons for _, _, rows in piles for _, buttons in rows),
    }
    return TemplateResponse(request, "admin_site/inbox.html", context, using="django")


@never_cache
@require_POST
def press(request: HttpRequest) -> HttpResponse:
    """A button of the list: `model`, `row`, `button`, and what was chosen beside it (`to`). Leads back to the list."""
    label, name = request.POST.get("model", ""), request.POST.get("button", "")
    row = number(request.POST.get("row")) or 0
    if own := OWN.get((label, name)):
        own(request, row)
    elif name in PRESSED.get(label, ()):
        _press(request, label, row, name)
    else:
        raise Http404("there is no such button")
    return HttpResponseRedirect(reverse("admin:index"))


def _piles() -> list[Pile]:
    return inbox.piles(clock.now())


def _rows(may: Callable[[str], bool], pile: Pile) -> list[tuple[Matter, Any]]:
    """Each matter with the buttons that this account may press."""
    return [
        (matter, pile.buttons if matter.row and may(matter.change or pile.change) else ())
        for matter in pile.matters
    ]


PRESSED: dict[str, tuple[str, ...]] = {
    "feeds.heldfetch": ("accept", "accept_silently", "discard"),
    "feeds.suggestion": ("confirm_this", "dismiss_this"),
    "notifier.dispatch": ("release", "cancel"),
}
"""Buttons that stand on the page of a row (`actions_submit_line`) and here."""


def _press(request: HttpRequest, label: str, pk: int, name: str) -> None:
    model = apps.get_model(label)
    page: Any = admin.site._registry[model]
    row = page.get_object(request, str(pk))
    if not page.has_change_permission(request, row):
        raise PermissionDenied
    shown = page.get_actions_submit_line(request, pk) if row is not None else ()
    button = next(
        (one for one in shown if one.action_name.endswith(f"_{model._meta.model_name}_{name}")), None
    )
    if button is None:
        messages.warning(request, "Nothing was done: somebody has decided this already.")
    else:
        button.method(request, row)


def _fetch(request: HttpRequest, pk: int) -> None:
    page: Any = admin.site._registry[Source]
    source = Source.objects.filter(pk=pk).first()
    if not page.has_change_permission(request, source):
        raise PermissionDenied
    if source is None:
        messages.warning(request, "Nothing was done: there is no such source any more.")
    else:
        page.poke(request, source.pk)


def _alias(request: HttpRequest, pk: int) -> None:
    """Give the label to an office, topic or type as another name: configuration, so it is one recorded change."""
    pending = PendingTerm.objects.filter(pk=pk).first()
    if pending is None:
        if not any(request.user.has_perm(f"feeds.change_{m._meta.model_name}") for m in TERMS.values()):
            raise PermissionDenied
        messages.warning(request, "Nothing was done: this label is known by now.")
        return
    model = TERMS[pending.kind]
    if not request.user.has_perm(f"feeds.change_{model._meta.model_name}"):
        raise PermissionDenied
    term = model._default_manager.filter(slug=request.POST.get("to", "")).first()
    if term is None:
        messages.warning(request, f"Choose which {pending.kind} “{pending.label}” is.")
        return
    label = pending.label
    try:
        with revisions.recording(actor(request), "admin", now=clock.now()):
            term.aliases = [*term.aliases, label]
            term.save()
    except ConfigurationError as error:
        messages.error(request, str(error))
        return
    messages.success(request, f"“{label}” is {term} from now on; the releases that carried it are labelled.")


def _resume(request: HttpRequest, _number: int) -> None:
    if not request.user.has_perm("notifier.change_channel"):
        raise PermissionDenied
    switch.resume(request)


OWN: dict[tuple[str, str], Callable[[HttpRequest, int], None]] = {
    ("feeds.source", "fetch"): _fetch,
    ("feeds.pendingterm", "alias"): _alias,
    ("notifier.channel", "resume"): _resume,
}

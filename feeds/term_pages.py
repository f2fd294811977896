"""Two pages of offices, topics and types: which goes up in which, seen before it is done; and their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from config import clock, revisions
from config.adminsite import actor, number
from config.sections import ConfigurationError, Document, Row
from feeds import heirs
from feeds.heirs import FOLDERS, CannotMerge

if TYPE_CHECKING:
    from feeds.term_admin import TermAdmin

Told = Callable[[str, str, str, Document, datetime], Sequence[str]]
told: list[Told] = []
"""What other rooms say of a merger, a sentence each: (section, old slug, heir's slug, the document, now)."""

STEP = 10  # between positions, so that other programs find room


def merge(page: TermAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """GET: choose the other one (`into`), and see what will happen. POST: do it, as one revision."""
    old = page.get_object(request, unquote(object_id))
    if not page.has_change_permission(request, old):
        raise PermissionDenied
    if old is None:
        kind = page.section.name
        messages.warning(
            request, f"There is no {kind} with this number any more. Was it merged already, or deleted?"
        )
        return HttpResponseRedirect(reverse(f"admin:feeds_{page.opts.model_name}_changelist"))
    asked = request.POST if request.method == "POST" else request.GET
    others = page.model._default_manager.exclude(pk=old.pk)
    heir = others.filter(pk=number(asked.get("into"))).first()
    if request.method == "POST" and heir is None:
        messages.warning(request, f"Nothing was merged: choose which {page.section.name} takes over.")
    elif request.method == "POST" and _merged(page, request, old, heir):
        return HttpResponseRedirect(reverse(f"admin:feeds_{page.opts.model_name}_change", args=[heir.pk]))
    context = {
        **page.admin_site.each_context(request),
        "title": f"Merge {old.name} into another {page.section.name}",
        "opts": page.opts,
        "old": old,
        "heir": heir,
        "others": others,
        "base": revisions.current(),
        "kind": page.section.name,
        "back": reverse(f"admin:feeds_{page.opts.model_name}_change", args=[old.pk]),
        **(_preview(page.section.name, old, heir) if heir else {}),
    }
    return TemplateResponse(request, "admin_site/merge_terms.html", context, using="django")


def order(page: TermAdmin, request: HttpRequest) -> HttpResponse:
    """The order of lists, as numbers that can be changed and buttons that move a row; saved as one revision."""
    if not page.has_change_permission(request):
        raise PermissionDenied
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    terms = list(page.model._default_manager.order_by("position", "name"))
    if request.method == "POST":
        terms = _sorted(terms, request.POST)
        if "save" in request.POST:
            _save_order(page, request, terms)
            return HttpResponseRedirect(reverse(f"admin:feeds_{page.opts.model_name}_changelist"))
    context = {
        **page.admin_site.each_context(request),
        "title": f"The order of {page.opts.verbose_name_plural}",
        "opts": page.opts,
        "terms": terms,
        "moved": request.method == "POST",
        "back": reverse(f"admin:feeds_{page.opts.model_name}_changelist"),
    }
    return TemplateResponse(request, "admin_site/order_terms.html", context, using="django")


def _merged(page: TermAdmin, request: HttpRequest, old: Any, heir: Any) -> bool:
    section, base = page.section.name, number(request.POST.get("base"))
    try:
        revision = revisions.apply(
            heirs.wanted(section, old.slug, heir.slug), actor(request), "admin",
            f"{section} {old.slug} merged into {heir.slug}", now=clock.now(),
            base=-1 if base is None else base,
        )  # fmt: skip
    except ConfigurationError as error:
        messages.error(request, f"Nothing was merged: {error}")
        return False
    made = revision.number if revision else revisions.current()
    messages.success(
        request,
        f"{old.name} has gone up in {heir.name}. It was revision {made}: to undo it, restore revision {made - 1} "
        "on the page Revisions.",
    )
    return True


def _preview(section: str, old: Any, heir: Any) -> dict[str, Any]:
    try:
        wanted = heirs.wanted(section, old.slug, heir.slug)
    except CannotMerge as error:
        return {"refused": [str(error)]}
    if refused := revisions.refusals(wanted):
        return {"refused": refused}
    now = clock.now()
    said = [line for tell in told for line in tell(section, old.slug, heir.slug, wanted, now)]
    return {"found": heirs.union(section, old, heir), "said": said, "folder": FOLDERS[section]}


def _sorted(terms: Sequence[Any], form: Any) -> list[Any]:
    """By the numbers in the form, and then the row whose button was pressed a step up or down."""
    places = {str(term.pk): number for number, term in enumerate(terms, 1)}

    def asked(term: Any) -> tuple[float, int, int]:
        """Whoever is given the number of another goes before it, coming from below, and after it from above."""
        own = places[str(term.pk)]
        given = form.get(f"place-{term.pk}", "").strip()
        number = int(given) if given.isdecimal() and len(given) < 7 else own
        shown = form.get(f"was-{term.pk}", "")
        was = int(shown) if shown.isdecimal() and len(shown) < 7 else own
        return number, (number > was) - (number < was), was

    found = sorted(terms, key=asked)
    pk, _, way = form.get("move", "").partition(":")
    at = next((index for index, term in enumerate(found) if str(term.pk) == pk), None)
    if at is not None and way in {"up", "down"}:
        to = max(0, at - 1) if way == "up" else min(len(found) - 1, at + 1)
        found.insert(to, found.pop(at))
    return found


def _save_order(page: TermAdmin, request: HttpRequest, terms: Sequence[Any]) -> None:
    places = {term.slug: number * STEP for number, term in enumerate(terms, 1)}
    by, now = actor(request), clock.now()
    try:
        with revisions.recording(by, "admin", "another order", now=now) as made:
            # Read in here, so that nobody adds a row meanwhile.
            rows: list[Row] = [
                row | {"position": places.get(row["slug"], row["position"])}
                for row in revisions.document()[page.section.name]
            ]
            revisions.apply({page.section.name: rows}, by, "admin", now=now)
    except ConfigurationError as error:
        messages.error(request, f"The order was not saved. {error}")
    else:
        messages.success(request, "The order is saved." if made.revision else "The order is as it was.")

"""The messages of one dispatch, person by person: by number, with state, reason, tries and the next try."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from config import auditing, clock
from config.adminsite import actor, number
from notifier import deliveries
from notifier.admin import people
from notifier.admin.local import Clock
from notifier.dispatches import Board
from notifier.models import Delivery, Dispatch


def page(request: HttpRequest, dispatch: int, context: dict[str, Any]) -> HttpResponse:
    """GET `?state=failed&after=NUMBER`. Whoever may see subscribers, as it says who got what; it is recorded."""
    if not request.user.has_perm("notifier.view_subscriber"):
        raise PermissionDenied
    found = Dispatch.objects.select_related("chain").filter(pk=dispatch).first()
    if found is None:
        raise Http404
    now, local, board = clock.now(), Clock(), Board([found], clock.now())
    names = {state.name.lower(): state.value for state in Delivery.State}
    chosen = request.GET.get("state", "")
    page = deliveries.of_dispatch(dispatch, now, names.get(chosen), number(request.GET.get("after")))
    subject = f"deliveries of dispatch {dispatch}"
    auditing.record(actor(request), "admin", "read", subject, before=None, after=None, now=now)
    shown = {
        **context,
        "title": f"Messages of dispatch {dispatch}",
        "what": board.what(found),
        "condition": board.condition(found),
        "made": local.shown(found.made_at),
        "archived": found.archived_at is not None,
        "states": [(name, f"{many:,}", name == chosen) for name, many in board.counts(found).items()],
        "all": chosen not in names,
        "rows": [people.row(one, local) for one in page.messages],
        "further": urlencode({"state": chosen, "after": page.further}) if page.further is not None else "",
        "zone": local.zone,
        "as_csv": reverse("admin:notifier_dispatch_export", args=[dispatch, "csv"]),
        "as_ndjson": reverse("admin:notifier_dispatch_export", args=[dispatch, "ndjson"]),
        "back": reverse("admin:notifier_dispatch_change", args=[dispatch]),
    }
    return TemplateResponse(request, "admin_site/deliveries.html", shown, using="django")

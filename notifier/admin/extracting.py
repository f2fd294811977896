"""Downloads of the lists that concern people; that they were taken, and whether with addresses, is in the audit log."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, StreamingHttpResponse

from config import auditing, clock, exports
from config.adminsite import actor
from notifier import extracts

_LISTS = {"subscribers": extracts.subscribers, "suppressions": extracts.suppressions}


def people(request: HttpRequest, name: str, form: str, *, may: bool) -> StreamingHttpResponse:
    """GET: "subscribers" or "suppressions", as csv or ndjson; with `?addresses=1` the addresses, too."""
    if not may:
        raise PermissionDenied
    if form not in exports.FORMS:
        raise Http404
    with_address = request.GET.get("addresses") == "1"
    _record(request, name, form, addresses=with_address)
    columns, rows = _LISTS[name](with_address=with_address)
    return exports.answer(request, name, form, columns, rows)


def deliveries(request: HttpRequest, dispatch: int, form: str, *, may: bool) -> StreamingHttpResponse:
    """GET: who was written to in a dispatch, by number."""
    if not may:
        raise PermissionDenied
    if form not in exports.FORMS:
        raise Http404
    _record(request, f"deliveries of dispatch {dispatch}", form, addresses=False)
    columns, rows = extracts.deliveries(dispatch)
    return exports.answer(request, f"dispatch-{dispatch}", form, columns, rows)


def _record(request: HttpRequest, subject: str, form: str, *, addresses: bool) -> None:
    after = {"as": form, "addresses": addresses}
    auditing.record(actor(request), "admin", "exported", subject, before=None, after=after, now=clock.now())

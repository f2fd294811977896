"""Subscribers, by number. The address appears on the page of one subscriber only, and in no list, search or address.

Whoever looks for an address posts it, so that it stands in no log and no browser history. Each look-up and each page
that shows a person's data, or a list of people's, is recorded.
"""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from config import clock
from config.adminsite import ReadOnlyAdmin, actor, number
from notifier import addresses, deliveries, dossier, erasures, interests, story
from notifier.admin import extracting, people, why
from notifier.admin.local import Clock
from notifier.admin.looks import OfOnePerson, RecordedList, reading
from notifier.models import Cadence, Subscriber, Subscription


@admin.register(Subscriber)
class SubscriberAdmin(RecordedList, ReadOnlyAdmin):
    list_display = ("__str__", "state", "language", "zone", "origin", "created_at", "confirmed_at")
    list_filter = ("state", "language", "origin")
    list_before_template = "admin_site/find_by_address.html"
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("find/", wrap(self.find), name="notifier_subscriber_find"),
            path("why/", wrap(self.why), name="notifier_subscriber_why"),
            path("<int:pk>/erase/", wrap(self.erase), name="notifier_subscriber_erase"),
            path("export/<str:form>/", wrap(self.export), name="notifier_subscriber_export"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, form: str) -> StreamingHttpResponse:
        """All of them, to take out."""
        return extracting.people(request, "subscribers", form, may=self.has_view_permission(request))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """GET: all that is known, in plain words; that it was shown is recorded. POST: one of the buttons."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = Subscriber.objects.filter(pk=number(object_id) or 0).first()
        if found is None:
            messages.warning(request, "There is no subscriber with this number.")
            return HttpResponseRedirect(reverse("admin:notifier_subscriber_changelist"))
        if request.method == "POST":
            return self._act(request, found)
        reading(request, f"subscriber {found.pk}")
        return self._shown(request, found)

    def _act(self, request: HttpRequest, found: Subscriber) -> HttpResponse:
        if not request.user.has_perm("notifier.change_subscriber"):
            raise PermissionDenied
        if request.POST.get("do") == "export":
            return self._export(request, found)
        people.act(request, found, clock.now())
        return HttpResponseRedirect(reverse("admin:notifier_subscriber_change", args=[found.pk]))

    def _export(self, request: HttpRequest, found: Subscriber) -> HttpResponse:
        """All that is held about the person, as a file (docs/dossier.md)."""
        reading(request, f"subscriber {found.pk}", "exported")
        text = json.dumps(dossier.of(found, clock.now()), ensure_ascii=False, indent=1)
        response = HttpResponse(f"{text}\n", content_type="application/json; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="subscriber-{found.pk}.json"'
        response.headers["Cache-Control"] = "no-store"
        return response

    def _shown(self, request: HttpRequest, found: Subscriber) -> HttpResponse:
        now, local = clock.now(), Clock()
        page = deliveries.of_person(found.pk, now, number(request.GET.get("before")))
        told = story.of(found, now)
        context = {
            **self._context(request),
            "title": f"Subscriber {found.pk}",
            "found": found,
            "address": address_of(found),
            "told": told,
            "facts": people.facts(found, local),
            "events": [(local.shown(one.at), one) for one in told.events],
            "messages_shown": [people.row(one, local) for one in page.messages],
            "further": page.further,
            "zone": local.zone,
            "until": local.shown(told.suppression.expires_at) if told.suppression else "",
            "may_change": request.user.has_perm("notifier.change_subscriber"),
            "may_erase": request.user.has_perm("notifier.delete_subscriber"),
        }
        return TemplateResponse(request, "admin_site/subscriber.html", context, using="django")

    def erase(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET: what goes, and what stays. POST with the box ticked: it is done, for good."""
        if not request.user.has_perm("notifier.delete_subscriber"):
            raise PermissionDenied
        found = Subscriber.objects.filter(pk=pk).first()
        if found is None:
            messages.warning(request, "There is no subscriber with this number. Were they erased already?")
            return HttpResponseRedirect(reverse("admin:notifier_subscriber_changelist"))
        if request.method == "POST" and "sure" in request.POST:
            erasures.erase(found, clock.now(), actor(request), "admin")
            messages.success(request, f"Subscriber {pk} is erased: nothing that was theirs is left.")
            return HttpResponseRedirect(reverse("admin:notifier_subscriber_changelist"))
        context = {
            **self._context(request),
            "title": f"Erase subscriber {pk}",
            "found": found,
            "unsure": request.method == "POST",
            "back": reverse("admin:notifier_subscriber_change", args=[pk]),
        }
        return TemplateResponse(request, "admin_site/erase_subscriber.html", context, using="django")

    def why(self, request: HttpRequest) -> HttpResponse:
        """Why this person did, or did not, get this release."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return why.page(request, self._context(request))

    def find(self, request: HttpRequest) -> HttpResponse:
        """POST an address or a number: on to its subscriber. That somebody looked is recorded, not for what."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = look_up(request, request.POST.get("address", "")) if request.method == "POST" else None
        if found is None:
            if request.method == "POST":
                messages.warning(request, "Nobody is subscribed with this address.")
            return HttpResponseRedirect(reverse("admin:notifier_subscriber_changelist"))
        return HttpResponseRedirect(reverse("admin:notifier_subscriber_change", args=[found.pk]))

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}


@admin.register(Subscription)
class SubscriptionAdmin(OfOnePerson, ReadOnlyAdmin):
    list_display = ("__str__", "frequency", "what", "created_at", "ended_at")
    list_filter = ("frequency", ("ended_at", admin.EmptyFieldListFilter))
    list_per_page = 50
    fields = readonly_fields = ("subscriber", "frequency", "what", "created_at", "ended_at")
    show_full_result_count = False

    @admin.display(description="what")
    def what(self, subscription: Subscription) -> str:
        return in_words(subscription)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        queryset: QuerySet[Subscription] = super().get_queryset(request)
        return queryset.select_related("interest", "subscriber")


def look_up(request: HttpRequest, typed: str) -> Subscriber | None:
    """Who has this address, or this number; that it was looked for is recorded."""
    found = people.called(typed)
    reading(request, f"subscriber {found.pk}" if found else "an address that nobody has", "looked up")
    return found


def address_of(found: Subscriber) -> str:
    try:
        return addresses.decrypt(bytes(found.address))
    except addresses.BadAddress as error:
        return f"cannot be read: {error}"


def in_words(row: Subscription | Cadence) -> str:
    return interests.describe(interests.selections([row.interest_id])[row.interest_id], "en")

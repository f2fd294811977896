"""Subscribers, by number. The address appears on the page of one subscriber only, and in no list, search or address.

Whoever looks for an address posts it, so that it stands in no log and no browser history.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.admin import TabularInline

from config import auditing, clock
from config.adminsite import ReadOnlyAdmin, actor
from notifier import addresses, interests
from notifier.models import Cadence, Reply, Subscriber, Subscription, Watch


class Listed(TabularInline):  # type: ignore[misc] # unfold has no types
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="what")
    def what(self, row: Any) -> str:
        return in_words(row)


class SubscriptionInline(Listed):
    model = Subscription
    fields = readonly_fields = ("frequency", "what", "created_at", "ended_at")


class CadenceInline(Listed):
    model = Cadence
    fields = readonly_fields = ("frequency", "what", "chain", "language", "since", "joined_at", "paused_at")


class WatchInline(Listed):
    model = Watch
    fields = readonly_fields = ("release_id", "created_at", "until", "ended_at")


class ReplyInline(Listed):
    model = Reply
    fields = readonly_fields = ("kind", "status", "dispatch_id", "at", "counts")
    ordering = ("-at", "-pk")
    max_num = 0


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "state", "language", "zone", "origin", "created_at", "confirmed_at")
    list_filter = ("state", "language", "origin")
    list_before_template = "admin_site/find_by_address.html"
    fields = readonly_fields = (
        "address_shown", "state", "language", "zone", "origin", "created_at", "confirmed_at", "left_at",
    )  # fmt: skip
    inlines = (SubscriptionInline, CadenceInline, WatchInline, ReplyInline)
    show_full_result_count = False

    @admin.display(description="address")
    def address_shown(self, subscriber: Subscriber) -> str:
        try:
            return addresses.decrypt(bytes(subscriber.address))
        except addresses.BadAddress as error:
            return f"cannot be read: {error}"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that shows an address; that it was shown is recorded."""
        response: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        if response.status_code == 200:
            reading(request, f"subscriber {object_id}")
        return response

    def get_urls(self) -> list[URLPattern]:
        find = path("find/", self.admin_site.admin_view(self.find), name="notifier_subscriber_find")
        return [find, *super().get_urls()]

    def find(self, request: HttpRequest) -> HttpResponse:
        """POST an address: on to its subscriber."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self._find(request.POST.get("address", "")) if request.method == "POST" else None
        if found is None:
            if request.method == "POST":
                messages.warning(request, "Nobody is subscribed with this address.")
            return HttpResponseRedirect(reverse("admin:notifier_subscriber_changelist"))
        return HttpResponseRedirect(reverse("admin:notifier_subscriber_change", args=[found.pk]))

    @staticmethod
    def _find(address: str) -> Subscriber | None:
        try:
            sealed = addresses.encrypt(addresses.normalise(address))
        except addresses.BadAddress:
            return None
        return Subscriber.objects.filter(address=sealed).first()


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
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


def reading(request: HttpRequest, subject: str) -> None:
    """Record that somebody looked at a person's data."""
    auditing.record(actor(request), "admin", "read", subject, before=None, after=None, now=clock.now())


def in_words(row: Subscription | Cadence) -> str:
    return interests.describe(interests.selections([row.interest_id])[row.interest_id], "en")

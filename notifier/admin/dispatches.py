"""What was sent, what is being sent, and what waits for a decision: hold, look, test, release, cancel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from config import clock, kept_relay
from config.adminsite import ButtonsAdmin, ReadOnlyAdmin, actor, lines, shown_instant
from feeds.models import CANARY, Release
from notifier import holds, letters, progress, proofs
from notifier.admin import extracting, ledger, previews, reach
from notifier.dispatches import Board
from notifier.models import Canary, Dispatch, Edition

LINK = '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>'
SHOWN = 200


class HoldFilter(admin.SimpleListFilter):
    title = "hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("waits", "held, waits for a decision"),
            ("cancelled", "cancelled for good"),
            ("none", "not held"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispatch]) -> QuerySet[Dispatch]:
        meant = {
            "waits": Q(held=True, cancelled_at=None), "cancelled": Q(cancelled_at__isnull=False), "none": Q(held=False),
        }  # fmt: skip
        return queryset.filter(meant.get(self.value() or "", Q()))


@admin.register(Dispatch)
class DispatchAdmin(ButtonsAdmin):
    """`cancel` is there only for what is held, so that it takes two steps."""

    list_display = ("__str__", "what", "made_at", "recipients", "condition")
    list_filter = (HoldFilter, "lane", "state", ("made_at", admin.DateFieldListFilter))
    list_select_related = ("chain",)
    ordering = ("-pk",)
    fields = readonly_fields = (
        "what", "condition", "held_by_shown", "local_date", "starts_at", "ends_at", "made_at", "recipients",
        "deliveries", "people", "editions",
    )  # fmt: skip
    actions_submit_line = ("hold", "release", "send_test", "cancel")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispatch]:
        queryset: QuerySet[Dispatch] = super().get_queryset(request)
        return queryset.exclude(pk__in=Canary.dispatches())

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """The page's dispatches share one board, so that a page is a few queries."""
        page: ChangeList = super().get_changelist_instance(request)
        shown = list(page.result_list)
        board = Board(shown, clock.now())
        for dispatch in shown:
            dispatch.board = board
        page.result_list = shown
        return page

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("reach/<int:release_id>/", wrap(self.reach), name="notifier_dispatch_reach"),
            path("<int:pk>/deliveries/", wrap(self.listed), name="notifier_dispatch_deliveries"),
            path("<int:pk>/export/<str:form>/", wrap(self.export), name="notifier_dispatch_export"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, pk: int, form: str) -> StreamingHttpResponse:
        """Its deliveries, to take out: for whoever may see them."""
        return extracting.deliveries(request, pk, form, may=request.user.has_perm("notifier.view_subscriber"))

    def reach(self, request: HttpRequest, release_id: int) -> HttpResponse:
        """Whom one release reached, or will reach."""
        return reach.page(request, release_id, self.admin_site.each_context(request))

    def listed(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The dispatch's messages, person by person."""
        return ledger.page(request, pk, {**self.admin_site.each_context(request), "opts": self.opts})

    def get_fields_shown(self) -> list[str]:
        return []

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons that would do something."""
        dispatch = Dispatch.objects.filter(pk=object_id).first()
        if dispatch is None or dispatch.lane == Dispatch.Lane.LETTER or dispatch.cancelled_at:
            return []
        waiting = progress.is_open(dispatch)
        fitting = {"send_test"} | ({"release"} if dispatch.held else {"hold"} if waiting else set())
        fitting |= {"cancel"} if dispatch.held and waiting else set()
        buttons = super().get_actions_submit_line(request, object_id)
        return [button for button in buttons if button.action_name.split("_dispatch_")[-1] in fitting]

    @admin.display(description="what")
    def what(self, dispatch: Dispatch) -> str:
        return _board(dispatch).what(dispatch)

    @admin.display(description="condition")
    def condition(self, dispatch: Dispatch) -> str:
        return _board(dispatch).condition(dispatch)

    @admin.display(description="held by")
    def held_by_shown(self, dispatch: Dispatch) -> str:
        return f"{dispatch.held_by}, {shown_instant(dispatch.held_at)}" if dispatch.held else "-"

    @admin.display
    def deliveries(self, dispatch: Dispatch) -> SafeString:
        return lines(f"{count:,} {state}" for state, count in _board(dispatch).counts(dispatch).items())

    @admin.display(description="message by message")
    def people(self, dispatch: Dispatch) -> SafeString:
        return format_html(
            LINK, reverse("admin:notifier_dispatch_deliveries", args=[dispatch.pk]), "See the list"
        )

    @admin.display
    def editions(self, dispatch: Dispatch) -> SafeString:
        shown = dispatch.editions.order_by("pk")[:SHOWN]
        rows = (
            (
                reverse("admin:notifier_edition_change", args=[e.pk]),
                f"{e}",
                f"{e.layout}, {e.language}, version {e.version}",
            )
            for e in shown
        )
        return format_html_join(
            "", '<div><a class="underline" href="{}">{}</a>: {}</div>', rows
        ) or SafeString("-")

    @action(description="Hold", permissions=["change"])  # type: ignore[untyped-decorator]
    def hold(self, request: HttpRequest, dispatch: Dispatch) -> None:
        if _try(
            request, lambda: holds.hold(dispatch.pk, actor(request), "admin", "by an admin", clock.now())
        ):
            messages.success(request, "Held: nothing more of it begins until it is released.")

    @action(description="Release", permissions=["change"])  # type: ignore[untyped-decorator]
    def release(self, request: HttpRequest, dispatch: Dispatch) -> None:
        if _try(request, lambda: holds.release(dispatch.pk, actor(request), "admin", clock.now())):
            messages.success(request, "Released: what waited is being sent.")

    @action(description="Cancel for good", permissions=["change"])  # type: ignore[untyped-decorator]
    def cancel(self, request: HttpRequest, dispatch: Dispatch) -> None:
        if _try(request, lambda: holds.cancel(dispatch.pk, actor(request), "admin", clock.now())):
            messages.success(request, "Cancelled: nothing more of it is sent.")

    @action(description="Send me a test", permissions=["change"])  # type: ignore[untyped-decorator]
    def send_test(self, request: HttpRequest, dispatch: Dispatch) -> None:
        edition = dispatch.editions.order_by("pk").select_related("dispatch__chain").first()
        address = request.user.email if request.user.is_authenticated else ""
        if edition is None:
            messages.warning(request, "There is nothing in it to send.")
        elif not address:
            messages.warning(request, "Your account has no e-mail address to send a test to.")
        else:
            # Not within the form's transaction: a relay may take its time, and on SQLite all who write would wait.
            transaction.on_commit(partial(_send_test, request, edition, address))


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "dispatch", "layout", "language", "version")
    list_filter = ("layout", "language")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "dispatch",
        "layout",
        "language",
        "version",
        "leaves",
        "releases",
        "look_link",
    )
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        queryset: QuerySet[Edition] = super().get_queryset(request)
        return queryset.exclude(layout=CANARY)

    @admin.display(description="leaves")
    def leaves(self, edition: Edition) -> str:
        return f"not before {shown_instant(edition.leaves_at)}" if edition.leaves_at else "at once"

    @admin.display(description="as it arrives")
    def look_link(self, edition: Edition) -> SafeString:
        if edition.dispatch.lane == Dispatch.Lane.LETTER:
            return SafeString("-")
        return format_html(LINK, reverse("admin:notifier_edition_look", args=[edition.pk]), "Look at it")

    @admin.display
    def releases(self, edition: Edition) -> SafeString:
        """What stands in it, and for whom. A letter's content is not shown: it may hold what is one person's own."""
        if not isinstance(edition.content, list):
            return SafeString("-")
        ids = [item["release"] for item in edition.content]
        titles = dict(Release.objects.filter(pk__in=ids).values_list("pk", "title"))
        return lines(
            f"{titles.get(item['release'], 'a release that is gone')} ({_because(item)})"
            for item in edition.content
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("preview/", wrap(self.preview), name="notifier_edition_preview"),
            path("<int:pk>/look/", wrap(self.look), name="notifier_edition_look"),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What a selection's digest, or any other message, would look like."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return previews.of_selection(request, self._context(request))

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The edition as it arrives."""
        edition = self._seen(request, pk)
        try:
            return previews.of_edition(request, self._context(request), edition)
        except letters.Empty:
            raise Http404("all of it was withdrawn") from None

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def _seen(self, request: HttpRequest, pk: int) -> Edition:
        if not self.has_view_permission(request):
            raise PermissionDenied
        edition = Edition.objects.select_related("dispatch__chain").filter(pk=pk).first()
        # A letter holds what is one person's own.
        if edition is None or edition.dispatch.lane == Dispatch.Lane.LETTER:
            raise Http404
        return edition


def _board(dispatch: Dispatch) -> Board:
    """The page's; or one of its own, kept with the object for as long as a page is made."""
    if not hasattr(dispatch, "board"):
        dispatch.board = Board([dispatch], clock.now())  # type: ignore[attr-defined]
    board: Board = dispatch.board  # type: ignore[attr-defined]
    return board


def _try(request: HttpRequest, decide: Callable[[], object]) -> bool:
    try:
        decide()
    except holds.Refused as error:
        messages.warning(request, f"Nothing was done: {error}.")
        return False
    return True


def _send_test(request: HttpRequest, edition: Edition, address: str) -> None:
    try:
        reply = proofs.send(edition, address, kept_relay.url())
    except proofs.NotSent as error:
        messages.warning(request, f"The test was not sent: {error}.")
    else:
        messages.success(request, f"A test was sent to {address}: {reply}")


def _because(item: dict[str, Any]) -> str:
    return ", ".join(" ".join(filter(None, reason)) for reason in item.get("because", []))

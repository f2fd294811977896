from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from unfold.decorators import action

from config import clock
from config.adminsite import ButtonsAdmin, ReadOnlyAdmin, lines, shown_instant
from notifier import outside, pace, progress
from notifier.admin import switch
from notifier.models import Channel, RelayState


@admin.register(Channel)
class ChannelAdmin(ButtonsAdmin):
    """Whether mail leaves, and a button to stop it at once."""

    list_display = ("__str__", "condition", "last_sent_at")
    fields = (
        "condition", "goes_to", "stopped_by", "fault", "fault_since", "last_sent_at", "workers", "queue", "domains",
        "put_off", "errors",
    )  # fmt: skip
    readonly_fields = ("condition", "goes_to", "workers", "queue", "domains", "put_off", "errors")
    actions_submit_line = ("stop", "resume")

    @admin.display
    def condition(self, row: Channel) -> str:
        if row.stopped_at:
            because = f": {row.stopped_because}" if row.stopped_because else ""
            return f"stopped since {shown_instant(row.stopped_at)}{because}"
        return f"cannot be used: {row.fault}" if row.fault else "open"

    @admin.display(description="goes to")
    def goes_to(self, _row: Channel) -> str:
        return f"{settings.HERALD_ENVIRONMENT}: {outside.from_settings().words()}"

    @admin.display
    def workers(self, _row: Channel) -> str:
        found = pace.workers(clock.machine())
        if not found.count:
            return "none runs"
        return f"{found.count}: {found.now:,.0f} messages a second now, {found.minute:,} in the last minute"

    @admin.display(description="waiting")
    def queue(self, _row: Channel) -> SafeString:
        found = progress.queue()
        said = [f"{count:,} {lane}s {state}" for (state, lane), count in found.lanes().items() if count]
        left = found.leaving()
        if found.rate and left:
            ends = clock.now() + timedelta(seconds=left / found.rate)
            said.append(f"until about {shown_instant(ends)}")
        return lines(said or ["nothing"])

    @admin.display(description="by domain, of the next 20,000")
    def domains(self, _row: Channel) -> SafeString:
        """Of the next twenty thousand."""
        return lines(
            [
                f"{domain}: {pending:,} pending, {deferred:,} put off"
                for domain, pending, deferred in progress.domains()
            ]
            or ["-"]
        )

    @admin.display(description="put off because of")
    def put_off(self, _row: Channel) -> SafeString:
        return lines([f"{count:,} × {reason}" for reason, count in progress.put_off()] or ["-"])

    @admin.display(description="errors of running workers")
    def errors(self, _row: Channel) -> SafeString:
        found = pace.workers(clock.machine()).errors
        return lines([f"{count:,} × {reason}" for reason, count in found] or ["-"])

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The one of the two buttons that would do something."""
        stopped = Channel.objects.filter(pk=object_id, stopped_at__isnull=False).exists()
        actions = super().get_actions_submit_line(request, object_id)
        return [button for button in actions if button.action_name.endswith("_resume") == stopped]

    @action(description="Stop all mail", permissions=["change"])  # type: ignore[untyped-decorator]
    def stop(self, request: HttpRequest, row: Channel) -> None:
        switch.stop(request)

    @action(description="Resume mail", permissions=["change"])  # type: ignore[untyped-decorator]
    def resume(self, request: HttpRequest, row: Channel) -> None:
        switch.resume(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.switch)
        return [path("switch/", view, name="notifier_channel_switch"), *super().get_urls()]

    def switch(self, request: HttpRequest) -> HttpResponse:
        """The button at the head of every page; it leads back there."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        (switch.resume if request.POST.get("to") == "resume" else switch.stop)(request)
        back = request.POST.get("back", "")
        ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        return HttpResponseRedirect(back if ours else reverse("admin:index"))


@admin.register(RelayState)
class RelayStateAdmin(ReadOnlyAdmin):
    """How each relay of SMTP_URL stands, as the workers found it."""

    list_display = ("name", "condition", "fault", "fault_since", "any_script")
    fields = ("name", "condition", "fault", "fault_since", "any_script")
    readonly_fields = ("condition", "any_script")

    @admin.display
    def condition(self, row: RelayState) -> str:
        if row.is_paused:
            return "paused: it refuses us"
        return "cannot be used" if row.fault else "in use"

    @admin.display(description="addresses in any script", boolean=True)
    def any_script(self, row: RelayState) -> bool | None:
        """SMTPUTF8, or that nobody has asked it yet."""
        return row.takes_utf8

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from unfold.decorators import action

from config import clock
from config.adminsite import ButtonsAdmin, ReadOnlyAdmin, actor, shown_instant
from notifier import channel
from notifier.models import Channel, RelayState


@admin.register(Channel)
class ChannelAdmin(ButtonsAdmin):
    """Whether mail leaves, and a button to stop it at once."""

    list_display = ("__str__", "condition", "last_sent_at")
    fields = ("condition", "stopped_by", "fault", "fault_since", "last_sent_at")
    readonly_fields = ("condition",)
    actions_submit_line = ("stop", "resume")

    @admin.display
    def condition(self, row: Channel) -> str:
        if row.stopped_at:
            return f"stopped since {shown_instant(row.stopped_at)}"
        return f"cannot be used: {row.fault}" if row.fault else "open"

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The one of the two buttons that would do something."""
        stopped = Channel.objects.filter(pk=object_id, stopped_at__isnull=False).exists()
        actions = super().get_actions_submit_line(request, object_id)
        return [button for button in actions if button.action_name.endswith("_resume") == stopped]

    @action(description="Stop all mail", permissions=["change"])  # type: ignore[untyped-decorator]
    def stop(self, request: HttpRequest, row: Channel) -> None:
        channel.stop(actor(request), "admin", clock.now())
        messages.success(request, "Stopped: no message begins until mail is resumed. What is due waits.")

    @action(description="Resume mail", permissions=["change"])  # type: ignore[untyped-decorator]
    def resume(self, request: HttpRequest, row: Channel) -> None:
        channel.resume(actor(request), "admin", clock.now())
        messages.success(request, "Resumed: what waited is being sent.")


@admin.register(RelayState)
class RelayStateAdmin(ReadOnlyAdmin):
    """How each relay of SMTP_URL stands, as the workers found it."""

    list_display = ("name", "condition", "fault", "fault_since", "takes_utf8")
    fields = ("name", "condition", "fault", "fault_since", "takes_utf8")
    readonly_fields = ("condition",)

    @admin.display
    def condition(self, row: RelayState) -> str:
        if row.is_paused:
            return "paused: it refuses us"
        return "cannot be used" if row.fault else "in use"

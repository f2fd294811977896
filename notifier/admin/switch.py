"""The switch at the head of every admin page: whether mail leaves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from config import clock
from config.adminsite import actor
from notifier import channel
from notifier.models import Channel


def context(_request: HttpRequest) -> dict[str, Any]:
    """Context processor: `sending`, the channel's row, read where a page asks for it."""
    return {"sending": SimpleLazyObject(lambda: Channel.objects.filter(pk=1).first() or Channel())}


def stop(request: HttpRequest) -> None:
    channel.stop(actor(request), "admin", clock.now())
    messages.success(request, "Stopped: no message begins until mail is resumed. What is due waits.")


def resume(request: HttpRequest) -> None:
    if why := channel.stopped_because():
        messages.warning(
            request,
            f"Nothing was done: {why}. `herald resume --after-restore` shows what waits, and lets it leave.",
        )
        return
    channel.resume(actor(request), "admin", clock.now())
    messages.success(request, "Resumed: what waited is being sent.")

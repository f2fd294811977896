"""What waits in sending: a stop, relays that refuse us, held dispatches, corrections, and settings that lack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse

from config import health, kept_relay
from config.roles import Role
from feeds import store
from feeds.models import Release, Standing
from notifier import channel, progress
from notifier.dispatches import Board
from notifier.inbox.values import SHOWN, Button, Matter, Pile, Urgency, sentence
from notifier.models import Channel, Correction, Dispatch, EditionRelease, RelayState

RECENT = timedelta(days=7)
ELSEWHERE = {"mail", "relays", "database"}  # checks of health of which the list speaks by itself
_LOOKED_AT = 200  # of held dispatches and of changed releases


def stopped(_now: datetime) -> Pile | None:
    """Mail is stopped, by a person or as the database looks restored."""
    row = Channel.objects.filter(pk=1).first()
    if row is None or row.stopped_at is None:
        return None
    link = reverse("admin:notifier_channel_change", args=[row.pk])
    since = f"{row.stopped_at:%-d %B, %H:%M} UTC"
    if why := channel.stopped_because():
        words = f"Since {since}: {why}. On the server, `herald resume --after-restore` shows what waits."
        buttons: tuple[Button, ...] = ()
    else:
        words = f"Since {since}. Nothing leaves; what falls due waits, and goes when mail is resumed."
        buttons = (Button("resume", "Resume", main=True),)
    matters = [Matter("All mail is stopped", words, link, "See what waits", row.pk)]
    return Pile(
        "stopped", "Sending", Urgency.NOW, "notifier.view_channel", matters, 1, link, "notifier.channel",
        "notifier.change_channel", buttons,
    )  # fmt: skip


def relays(_now: datetime) -> Pile:
    """Relays that cannot be used, or refuse us."""
    row = Channel.objects.exclude(fault="").filter(pk=1).first()
    matters = []
    if row is not None:
        link = reverse("admin:notifier_channel_change", args=[row.pk])
        matters.append(Matter("Mail cannot leave", f"{row.fault}.", link, "See what waits"))
    for relay in RelayState.objects.filter(is_paused=True)[:SHOWN]:
        link = reverse("admin:notifier_relaystate_change", args=[relay.pk])
        words = f"{relay.fault}. It is tried again once an hour; its name and password stand in SMTP_URL."
        matters.append(Matter(f"{relay} is paused: it refuses us", words, link, "Its page"))
    return Pile("relays", "Relays", Urgency.NOW, "notifier.view_relaystate", matters, len(matters))


def unwell(now: datetime) -> Pile:
    """What `/readyz` says is wrong, but for what is said here in more words."""
    found = [problem.partition(": ") for problem in health.problems(now)]
    matters = [
        Matter(f"Not as it should be: {name}", sentence(said), reverse("health"), "Health")
        for name, _, said in found
        if name not in ELSEWHERE
    ]
    return Pile("unwell", "Health", Urgency.NOW, "notifier.view_channel", matters, len(matters))


def held(now: datetime) -> Pile:
    """Dispatches that wait for somebody to let them go."""
    rows = Dispatch.objects.filter(held=True, cancelled_at=None, lane__gt=Dispatch.Lane.LETTER)
    waiting = [
        one for one in rows.select_related("chain").order_by("pk")[:_LOOKED_AT] if progress.is_open(one)
    ]
    board = Board(waiting[:SHOWN], now)
    matters = [
        Matter(
            f"Held: {board.what(one)}, {one.recipients or 0:,} recipients",
            sentence(board.condition(one)),
            reverse("admin:notifier_dispatch_change", args=[one.pk]),
            "Look at it, send yourself a test",
            one.pk,
        )
        for one in waiting[:SHOWN]
    ]
    return Pile(
        "held", "Held dispatches", Urgency.NOW, "notifier.view_dispatch", matters, len(waiting),
        reverse("admin:notifier_dispatch_changelist") + "?held__exact=1", "notifier.dispatch",
        "notifier.change_dispatch", (Button("release", "Let it go", main=True), Button("cancel", "Cancel for good")),
    )  # fmt: skip


def corrections(now: datetime) -> Pile:
    """Releases that were corrected or withdrawn in the last week after mail had them, and nobody was told."""
    since = now - RECENT
    changed = Standing.objects.exclude(announced_at=None).filter(
        Q(corrected_at__gte=since) | Q(gone_at__gte=since)
    )
    rows = list(changed.order_by("-updated_at").values_list("pk", "corrected_at", "gone_at")[:_LOOKED_AT])
    ids = [pk for pk, _, _ in rows]
    sent = set(EditionRelease.objects.filter(release_id__in=ids).values_list("release_id", flat=True))
    marked = dict(
        Correction.objects.filter(release_id__in=ids, notify=True)
        .order_by("made_at")
        .values_list("release_id", "made_at")
    )
    titles = dict(Release.objects.filter(pk__in=sent).values_list("pk", "title"))
    matters = [
        Matter(
            f"{'Withdrawn' if gone else 'Corrected'} after it was sent: {titles[pk]}",
            "Nobody was told. You can tell those who received it, and see first how many they are; "
            "if that is not needed, do nothing: a week after the change this goes away.",
            reverse("admin:notifier_correction_mark", args=[pk]),
            "Whom it would reach",
        )
        for pk, corrected, gone in rows
        if pk in titles and marked.get(pk, since) < max(filter(None, (corrected, gone)))
    ]
    return Pile(
        "corrections", "Corrections", Urgency.TODAY, "notifier.view_correction", matters[:SHOWN], len(matters),
        reverse("admin:notifier_correction_changelist"),
    )  # fmt: skip


def missing(_now: datetime) -> Pile:
    """Settings without which mail does not leave, or is not safe."""
    matters = list(_missing())
    return Pile("missing", "Settings", Urgency.TODAY, "feeds.view_newsroom", matters, len(matters))


def _missing() -> Iterator[Matter]:
    newsroom = store.newsroom()
    if not newsroom.sender_address:
        link = (
            reverse("admin:feeds_newsroom_change", args=[newsroom.pk])
            if newsroom.pk
            else reverse("admin:feeds_newsroom_add")
        )
        yield Matter("Mail has no sender", "Say from which address it comes.", link, "The newsroom's page")
    if not kept_relay.url():
        words = "SMTP_URL is not set: feeds go on, and mail waits until whoever runs the server has set it."
        yield Matter("Mail has no way out", words, reverse("health"), "Health")
    alone = User.objects.filter(groups__name=Role.ADMINISTRATOR, is_active=True).exclude(
        second_factor__confirmed_at__isnull=False
    )
    if settings.SECOND_FACTOR == "nobody" and not settings.HERALD_DEMO and (many := alone.distinct().count()):
        who = "An administrator signs" if many == 1 else f"{many} administrators sign"
        words = "Whoever learns that password can do everything here. Each sets it up on the page of their account."
        yield Matter(
            f"{who} in with a password alone", words, reverse("second_factor"), "Set up your second factor"
        )

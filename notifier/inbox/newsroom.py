"""What waits in the newsroom: fetches that are held, sources that fail, suggestions, labels that nobody knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from feeds.harvest import standing
from feeds.models import HeldFetch, Office, PendingTerm, Release, ReleaseType, SourceState, Suggestion, Topic
from feeds.sources.kinds import FETCHED
from notifier.inbox.values import SHOWN, Button, Matter, Pile, Urgency, sentence

FAILURES = 3  # in a row: a source that fails once is tried again by itself
TERMS: dict[str, type[Office | Topic | ReleaseType]] = {"office": Office, "topic": Topic, "type": ReleaseType}
"""Kind of a pending label -> the model of what it may be."""


def fetches(_now: datetime) -> Pile:
    """Fetches that are held, as they are not what is usual for their source."""
    held = HeldFetch.objects.filter(decision=HeldFetch.Decision.OPEN).select_related("source").order_by("pk")
    matters = [
        Matter(
            f"A fetch of {one.source} is held: {one.differences.get('new', 0)} new, "
            f"{one.differences.get('changed', 0)} changed",
            " ".join(one.reasons),
            reverse("admin:feeds_heldfetch_change", args=[one.pk]),
            "See what it brings",
            one.pk,
        )
        for one in held.defer("items", "memory")[:SHOWN]
    ]
    buttons = (
        Button("accept", "Accept and announce", main=True),
        Button("accept_silently", "Accept without announcing"),
        Button("discard", "Discard"),
    )
    return Pile(
        "fetches", "Held fetches", Urgency.TODAY, "feeds.view_heldfetch", matters, held.count(),
        reverse("admin:feeds_heldfetch_changelist") + "?decision__exact=", "feeds.heldfetch",
        "feeds.change_heldfetch", buttons,
    )  # fmt: skip


def sources(now: datetime) -> Pile:
    """Sources that have failed again and again, or are gone for good."""
    failing = SourceState.objects.filter(
        Q(stopped=True) | Q(failures__gte=FAILURES), source__active=True, source__kind__in=FETCHED
    ).select_related("source")
    matters = [
        Matter(
            f"{state.source} brings nothing",
            sentence(standing.in_words(state.source, state, -1, now)),
            reverse("admin:feeds_source_change", args=[state.pk]),
            "Its page",
            state.pk,
        )
        for state in failing.defer("memory").order_by("pk")[:SHOWN]
    ]
    return Pile(
        "sources", "Failing sources", Urgency.TODAY, "feeds.view_source", matters, failing.count(),
        reverse("admin:feeds_source_changelist"), "feeds.source", "feeds.change_source",
        (Button("fetch", "Try again now", main=True),),
    )  # fmt: skip


def withdrawals(_now: datetime) -> Pile:
    """Releases whose page is gone upstream."""
    found = _open(Suggestion.Kind.WITHDRAWAL)
    buttons = (Button("confirm_this", "Withdraw it"), Button("dismiss_this", "Leave it published"))
    return _suggested("withdrawals", "Proposed withdrawals", Urgency.TODAY, found, buttons, "Withdraw")


def offices(_now: datetime) -> Pile:
    """Releases without an office, for which one is suggested."""
    found = _open(Suggestion.Kind.OFFICE)
    buttons = (Button("confirm_this", "Label it so", main=True), Button("dismiss_this", "Dismiss"))
    return _suggested("offices", "Suggested labels", Urgency.WHEN_TIME, found, buttons, "")


def labels(_now: datetime) -> Pile:
    """Labels that no office, topic or type knows."""
    pending = PendingTerm.objects.annotate(carried=Count("labels"))
    matters = [
        Matter(
            f"Nobody knows the {term.kind} “{term.label}”",
            f"{_releases(term.carried)} it since {term.first_seen_at:%-d %B %Y}. Is it another name of one that you "
            f"have? Or add it as a new one.",
            f"{reverse(f'admin:feeds_{TERMS[term.kind]._meta.model_name}_add')}",
            f"Add a new {term.kind}",
            term.pk,
            _choices(term.kind),
            f"feeds.change_{TERMS[term.kind]._meta.model_name}",
        )
        for term in pending.order_by("-carried", "pk")[:SHOWN]
    ]
    return Pile(
        "labels", "Unknown labels", Urgency.WHEN_TIME, "feeds.view_pendingterm", matters,
        PendingTerm.objects.count(), reverse("admin:feeds_pendingterm_changelist"), "feeds.pendingterm", "",
        (Button("alias", "It is this one", main=True),),
    )  # fmt: skip


def _open(kind: Suggestion.Kind) -> QuerySet[Suggestion]:
    return Suggestion.objects.filter(kind=kind, decision=Suggestion.Decision.OPEN)


def _suggested(
    kind: str,
    title: str,
    urgency: Urgency,
    found: QuerySet[Suggestion],
    buttons: tuple[Button, ...],
    what: str,
) -> Pile:
    shown = list(found.order_by("-found_at", "-pk")[:SHOWN])
    titles = dict(
        Release.objects.filter(pk__in=[s.release_id for s in shown]).values_list("pk", "title")
    )
    names = dict(Office.objects.filter(slug__in=[s.value for s in shown]).values_list("slug", "name"))
    matters = [
        Matter(
            titles.get(one.release_id, "(deleted)"),
            f"{what or names.get(one.value, one.value)}? {one.reason}",
            reverse("admin:feeds_suggestion_change", args=[one.pk]),
            "Look at it",
            one.pk,
        )
        for one in shown
    ]
    more = f"{reverse('admin:feeds_suggestion_changelist')}?kind__exact={found.model.Kind(kind[:-1])}"
    return Pile(
        kind, title, urgency, "feeds.view_suggestion", matters, found.count(), more, "feeds.suggestion",
        "feeds.change_release", buttons,
    )  # fmt: skip


def _choices(kind: str) -> list[tuple[str, Any]]:
    return list(TERMS[kind]._default_manager.order_by("name").values_list("slug", "name"))


def _releases(count: int) -> str:
    return "One release carries" if count == 1 else f"{count:,} releases carry"

"""What Herald proposes to an editor, and what becomes of it. Nothing here is applied by itself.

propose -> open -> confirm (the release changes) | dismiss (never proposed again) | lapse (its reason went away)
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from feeds.models import Office, Release, Suggestion

Kind = Suggestion.Kind
Decision = Suggestion.Decision


class Overtaken(Exception):
    """It cannot be confirmed any more; `str()` says why."""


def open_ones(release_ids: Collection[int], kind: Kind) -> QuerySet[Suggestion]:
    return Suggestion.objects.filter(release_id__in=release_ids, kind=kind, decision=Decision.OPEN)


def propose(release_id: int, kind: Kind, value: str, reason: str, now: datetime) -> bool:
    """True if it is open now and was not before. What an admin has decided once is not proposed again."""
    found = {"reason": reason[:300], "found_at": now}
    suggestion, made = Suggestion.objects.get_or_create(
        release_id=release_id, kind=kind, value=value, defaults=found
    )
    if made or suggestion.decision != Decision.LAPSED:
        return made
    again = {"decision": Decision.OPEN, "decided_at": None, "decided_by": "", **found}
    return Suggestion.objects.filter(pk=suggestion.pk, decision=Decision.LAPSED).update(**again) == 1


def lapse(open_suggestions: QuerySet[Suggestion], now: datetime) -> int:
    return open_suggestions.update(decision=Decision.LAPSED, decided_at=now, decided_by="")


def dismiss(suggestion: Suggestion, actor: str, now: datetime) -> None:
    """Raises Overtaken if it was decided meanwhile."""
    _decide(suggestion, Decision.DISMISSED, actor, now)


def confirm(suggestion: Suggestion, actor: str, now: datetime) -> None:
    """Do what is proposed. Raises Overtaken, and changes nothing then."""
    with transaction.atomic():
        _decide(suggestion, Decision.CONFIRMED, actor, now)
        release = Release.objects.filter(pk=suggestion.release_id).first()
        if release is None:
            raise Overtaken("The release was deleted.")
        if suggestion.kind == Kind.OFFICE:
            _add_office(release, suggestion.value)
        else:
            _withdraw(release, suggestion.reason)


def _decide(suggestion: Suggestion, decision: Decision, actor: str, now: datetime) -> None:
    still_open = Suggestion.objects.filter(pk=suggestion.pk, decision=Decision.OPEN)
    if not still_open.update(decision=decision, decided_at=now, decided_by=actor):
        raise Overtaken("This was decided already, or its reason went away.")


def _add_office(release: Release, slug: str) -> None:
    office = Office.objects.filter(slug=slug).first()
    if office is None:
        raise Overtaken(f"There is no office {slug} any more.")
    release.offices.add(office)


def _withdraw(release: Release, reason: str) -> None:
    if release.state != Release.State.PUBLISHED:
        raise Overtaken(f"The release is {release.state}, not published.")
    release.state = Release.State.WITHDRAWN
    release.withdrawn_reason = release.withdrawn_reason or reason
    release.save(update_fields=["state", "withdrawn_reason"])

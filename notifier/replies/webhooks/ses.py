"""Amazon SES: bounces and complaints, as SNS notifications. In WEBHOOKS: `ses=` and the topic's ARN.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html; event publishing says the same under `eventType`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import structlog

from feeds.web.answer import Answer
from notifier.models import Reply
from notifier.replies import meaning
from notifier.replies.meaning import Meaning
from notifier.replies.webhooks import sns
from notifier.replies.webhooks.protocol import Call, NotGenuine, Report

log = structlog.stdlib.get_logger(__name__)
Kind = Reply.Kind
_NO_SPAM = frozenset({"not-spam", "auth-failure"})
_SUPPRESSED = frozenset({"Suppressed", "OnAccountSuppressionList"})  # Amazon did not even try


class Ses:
    """`get` fetches Amazon's certificate, and the address that confirms the subscription."""

    def __init__(self, get: sns.Get | None = None) -> None:
        self._get = get or _guarded
        self._certificates = sns.Certificates(self._get)

    def read(self, call: Call, proof: str, now: datetime) -> list[Report]:
        said = sns.read(call.body, proof, now, self._certificates)
        if said["Type"] == "SubscriptionConfirmation":
            self._confirm(said["SubscribeURL"])
        if said["Type"] != "Notification":
            return []
        try:
            event: Any = json.loads(said["Message"])
        except RecursionError as error:
            raise ValueError("no JSON within") from error
        return list(_reports(event)) if isinstance(event, dict) else []

    def _confirm(self, url: str) -> None:
        if not sns.is_amazons(url):
            raise NotGenuine("the subscription would be confirmed elsewhere than at Amazon SNS")
        sns.fetch(self._get, url)
        log.warning("the subscription to Amazon SNS is confirmed")


def _reports(event: dict[str, Any]) -> Iterator[Report]:
    kind = event.get("notificationType") or event.get("eventType")
    source = _text(_object(event, "mail"), "source")
    if kind == "Bounce":
        bounce = _object(event, "bounce")
        for person in _people(bounce, "bouncedRecipients"):
            yield _report(bounce, person, _bounced(bounce, person), source)
    elif kind == "Complaint":
        complaint = _object(event, "complaint")
        spam = _text(complaint, "complaintFeedbackType") not in _NO_SPAM
        for person in _people(complaint, "complainedRecipients"):
            yield _report(complaint, person, Meaning(Kind.COMPLAINT if spam else Kind.NOT_SPAM), source)


def _report(event: dict[str, Any], person: dict[str, Any], found: Meaning, source: str) -> Report:
    recipient = _text(person, "emailAddress")
    return Report(f"ses {_text(event, 'feedbackId')} {recipient}", found, recipient, source)


def _bounced(bounce: dict[str, Any], person: dict[str, Any]) -> Meaning:
    """By the status code where there is one; Amazon's own word for it where not."""
    found = meaning.of_failure(_text(person, "status"), _text(person, "diagnosticCode"))
    permanent, why = _text(bounce, "bounceType") == "Permanent", _text(bounce, "bounceSubType")
    if permanent and (why == "NoEmail" or why in _SUPPRESSED):
        return Meaning(Kind.HARD, found.status)
    if not permanent and found.kind == Kind.HARD:
        return Meaning(Kind.SOFT, found.status)
    return found


def _guarded(url: str) -> Answer:
    from feeds.web.client import Limits, from_settings  # needs the newsroom's row

    return from_settings(limits=Limits(seconds=10.0, body=sns.CERTIFICATE_LIMIT, redirects=0)).get(url)


def _object(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _people(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [person for person in found[:100] if isinstance(person, dict)] if isinstance(found, list) else []


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""

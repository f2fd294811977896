"""Providers that report bounces over HTTP: one protocol, a module for each.

POST /webhooks/<name> -> Provider.read(Call, proof) -> Reports -> `take`: whom each is about -> recording
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from notifier import addresses
from notifier.addresses import BadAddress
from notifier.canary import keeping
from notifier.models import NOBODY, Subscriber
from notifier.replies import identity, recording
from notifier.replies.webhooks import ses
from notifier.replies.webhooks.protocol import Provider, Report

PROVIDERS: dict[str, Provider] = {"ses": ses.Ses()}
"""By the name in the address; `config.mail_environment.PROVIDERS` names the same."""


def take(reports: Iterable[Report], now: datetime) -> int:
    """Record what a provider reports; how many were new. Whoever reports has proven to be that provider, so its word
    for an address is taken, but the return path is asked first: it names the message as well. What is reported of the
    canary's message, which is nobody's, is its fault.
    """
    taken = 0
    for report in reports:
        claim = identity.of_address(report.return_path, now.date())
        if claim is not None and claim.subscriber == NOBODY:
            taken += keeping.report(claim.reference)
            continue
        subscriber = claim.subscriber if claim else _number_of(report.recipient)
        if subscriber is None:
            continue
        dispatch = claim.reference if claim else 0
        digest = recording.digest(report.name, subscriber, dispatch)
        taken += recording.record(subscriber, dispatch, report.meaning, digest, now)
    return taken


def _number_of(recipient: str) -> int | None:
    try:
        sealed = addresses.encrypt(addresses.normalise(recipient))
    except BadAddress:
        return None
    return Subscriber.objects.filter(address=sealed).values_list("pk", flat=True).first()

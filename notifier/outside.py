"""No mail to the outside by accident: to whom it may leave at all (HERALD_ENVIRONMENT, MAIL_ONLY_TO). Pure but for
`from_settings`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Gate:
    """`only`: addresses, and domains that begin with @, in lower case; None: mail may leave to everybody."""

    only: frozenset[str] | None = None
    reason: str = ""

    def bars(self, address: str) -> bool:
        """Whether nothing may leave to this address. A domain stands for itself alone, not for those below it."""
        if self.only is None:
            return False
        address = address.lower()
        return address not in self.only and "@" + address.rpartition("@")[2] not in self.only

    def words(self) -> str:
        """Who gets mail, for the operator."""
        if self.only is None:
            return "mail leaves to everybody"
        return f"mail leaves only to {', '.join(sorted(self.only))}" if self.only else "mail leaves to nobody"


def from_settings() -> Gate:
    return gate(settings.HERALD_ENVIRONMENT, settings.MAIL_ONLY_TO)


def gate(environment: str, only: Collection[str] | None) -> Gate:
    """The gate of an installation; its reason is what the ledger says of those who are barred."""
    if only is None:
        return Gate()
    where = "" if environment == "production" else f"outside production ({environment}): "
    return Gate(frozenset(only), f"{where}MAIL_ONLY_TO does not name this address")

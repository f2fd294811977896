"""What a provider's module is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notifier.replies.meaning import Meaning


class NotGenuine(Exception):
    """The call does not come from the provider, or is too old; `str()` says why, for the log."""


class Unanswered(Exception):
    """The call could not be judged just now; the provider is to make it again."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to `/webhooks/<name>`. Header names are in lower case."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one message to one address. `name` is the same whenever the same thing is reported."""

    name: str
    meaning: Meaning
    recipient: str
    return_path: str = ""


class Provider(Protocol):
    def read(self, call: Call, proof: str, now: datetime) -> list[Report]:
        """What is reported; empty for what is of no interest. `proof` is the provider's value in WEBHOOKS.

        Raises NotGenuine, Unanswered, and ValueError for what cannot be read.
        """

"""What the environment says about canaries: hidden releases that prove that others would come through."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings

from config import pacing

OFF = "off"
_LATEST = timedelta(hours=12)
"""Canaries are kept for a day: the last that came through must not be forgotten before it is too old."""
_MAILBOX = re.compile(r'[^\s@<>,;:"]+@[^\s@<>,;:"]+')


class CanaryEnvironment(BaseSettings):
    canary_every: str = Field(
        "15m",
        description="How often a hidden release goes the whole way, to prove that others would (/status). off: never.",
    )
    canary_overdue: str = Field(
        "",
        description="How old the last proof may be before /readyz turns red: 12h at most. Empty: twice CANARY_EVERY.",
    )
    canary_url: str = Field(
        "",
        description="Where schedulers read the feed of that release, as http://web:8000. Empty: from the web process "
        "on their own machine or, where there is none, from BASE_URL.",
    )
    canary_address: str = Field(
        "",
        description="A mailbox that release is sent to. Empty: to Herald itself, at BOUNCE_ADDRESS, where REPLIES_BIND "
        "takes what comes there; else to nobody.",
    )

    @field_validator("canary_every", "canary_overdue")
    @classmethod
    def _durations(cls, value: str, info: ValidationInfo) -> str:
        value = value.strip()
        if value != {"canary_every": OFF, "canary_overdue": ""}[info.field_name or ""]:
            pacing.duration(value)
        return value

    @field_validator("canary_url")
    @classmethod
    def _address_of_a_web_process(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value.rstrip("/")

    @field_validator("canary_address")
    @classmethod
    def _mailbox(cls, value: str) -> str:
        if value and not _MAILBOX.fullmatch(value):
            raise ValueError("must be an address such as canary@example.org")
        return value

    @model_validator(mode="after")
    def _one_may_be_late(self) -> CanaryEnvironment:
        if self.canary is not None and self.canary_late <= self.canary:
            raise ValueError(
                "CANARY_OVERDUE: must be longer than CANARY_EVERY; else each proof would be late"
            )
        if self.canary is not None and self.canary_late > _LATEST:
            raise ValueError(
                "CANARY_OVERDUE: must be 12h or less, and CANARY_EVERY half of that where it is empty"
            )
        return self

    @property
    def canary(self) -> timedelta | None:
        """How often one goes; None: never."""
        return None if self.canary_every == OFF else pacing.duration(self.canary_every)

    @property
    def canary_late(self) -> timedelta:
        """How old the last proof may be."""
        return (
            pacing.duration(self.canary_overdue) if self.canary_overdue else 2 * (self.canary or timedelta())
        )

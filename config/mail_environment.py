"""What the environment says about mail: relays, limits, retries, keys, bounces, and whom mail may leave to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from config import pacing, relays

PROVIDERS = ("ses",)  # whose webhooks can be read (notifier.replies.webhooks)
LOCAL_PART = 64  # octets (RFC 5321 section 4.5.3.1.1)
TOKEN = 55  # of a return path (notifier.returns)
HOST_NAME = re.compile(r"(?=.*[a-z])[\w-]{1,63}(\.[\w-]{1,63})*\.?", re.I | re.A)
_RETURN_PATH = re.compile(r"[a-z0-9._-]+@(?=.{1,253}\Z)[a-z0-9-]+(\.[a-z0-9-]+)+")


class MailEnvironment(BaseSettings):
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="`smtp://user:password@host:port`, or `smtps://` for TLS from the first byte. Several "
        "relays: separated by spaces or line ends. Options of a relay follow a `?`. Empty: mail "
        "waits.",
    )
    smtp_connections: int = Field(
        8,
        ge=1,
        le=64,
        description="Connections a worker keeps to all relays together, and one more for a letter that cannot "
        "wait.",
    )
    domain_limits: str = Field(
        "",
        description="What recipients' domains take: `gmail.com=600/min,4` is 600 messages a minute and 4 at "
        "one time, `/hour` is possible too; several separated by spaces; `*=2` is for each domain "
        "that is not named.",
    )
    retry_schedule: str = Field(
        "5m 30m 1h 2h 3h",
        description="The pause before each further try of a message that was deferred (`s`, `m`, `h`, `d`); "
        "the last one goes on. Up to a fifth is added, so that what was deferred together does "
        "not come back together.",
    )
    retry_lifetime: str = Field("5d", description="How long a message is tried; then it has failed.")
    retry_lifetime_letters: str = Field(
        "1d", description="The same for confirmations and links to manage, which nobody waits for longer."
    )
    herald_environment: Literal["production", "staging", "development"] = Field(
        "production",
        description="Outside production mail leaves only to those whom `MAIL_ONLY_TO` names; all other "
        "messages end as suppressed, letters and tests too.",
    )
    mail_only_to: str = Field(
        "",
        description="Addresses (`ann@example.org`) and domains (`@example.org`, itself alone), separated by "
        "commas: mail leaves to nobody else. Empty: to everybody in production, to nobody outside "
        "it.",
    )
    ledger_days: int = Field(
        35,
        ge=14,
        le=3650,
        description="For so many days (14 to 3650) it is kept who was sent what; of what is older, sums "
        "remain.",
    )
    dkim_keys: str = Field(
        "",
        description="Keys that sign messages: `selector=path` of a PEM file, several separated by commas "
        "(`r2026=/etc/herald/dkim/rsa.pem, e2026=/etc/herald/dkim/ed25519.pem`). Each signs every "
        "message; to rotate, add the new one, publish its record (`herald check dkim` prints it), "
        "and take the old one out a week later. Readable by the owner alone, or nothing is sent. "
        "Empty: the relay signs, or nobody does.",
    )
    bounce_address: str = Field(
        "",
        description="The return path (MAIL FROM), to which each message adds a signed token: "
        "`bounces@mail.example.org` makes `bounces+<token>@mail.example.org`, so that what comes "
        "back is known. At most 8 characters before the `@`. Best in the domain mail comes from, "
        "or one below it. Empty: the newsroom's own address.",
    )
    bounce_delimiter: Literal["+", "-", "=", "_", "."] = Field(
        "+", description="Between local part and token: `+`, `-`, `=`, `_` or `.`."
    )
    bounce_soft_limit: int = Field(
        5,
        ge=1,
        le=100,
        description="On so many different days within thirty a message must have come back as undeliverable for now "
        "before its address is suppressed, for thirty days.",
    )
    asks_per_client: int = Field(
        40,
        ge=1,
        le=100_000,
        description="How many letters an hour those behind one network address may cause by typing addresses; "
        "who asks for more is answered 429.",
    )
    asks_per_hour: int = Field(
        3000,
        ge=1,
        le=1_000_000,
        description="How many all who type addresses may cause together. Above it everybody is answered 429, "
        "and `/readyz` says so.",
    )
    replies_bind: str = Field(
        "",
        description="`127.0.0.1:8025` (SMTP) or `lmtp://127.0.0.1:8025`: where bounces and complaints are "
        "taken. Empty: nowhere.",
    )
    webhooks: str = Field(
        "",
        description="Providers that report bounces to `/webhooks/NAME`, each with what proves that it is the "
        "right one, separated by commas: `ses=` and the ARN of the SNS topic.",
    )

    @field_validator("smtp_url")
    @classmethod
    def _addresses_of_the_relays(cls, value: SecretStr) -> SecretStr:
        relays.parse(value.get_secret_value())
        return value

    @field_validator("domain_limits")
    @classmethod
    def _paces_of_domains(cls, value: str) -> str:
        pacing.domains(value)
        return value

    @field_validator("retry_schedule")
    @classmethod
    def _pauses(cls, value: str) -> str:
        pacing.schedule(value)
        return value

    @field_validator("retry_lifetime", "retry_lifetime_letters")
    @classmethod
    def _times(cls, value: str) -> str:
        pacing.duration(value)
        return value

    @field_validator("dkim_keys")
    @classmethod
    def _selectors_and_files(cls, value: str) -> str:
        for entry in entries(value):
            selector, _, path = entry.partition("=")
            if not selector.strip() or not path.strip():
                raise ValueError("must be selector=path, several separated by commas")
        return value

    @field_validator("bounce_address")
    @classmethod
    def _return_path(cls, value: str) -> str:
        value = value.strip().lower()
        if value and not _RETURN_PATH.fullmatch(value):
            raise ValueError("must be an address such as bounces@mail.example.org, in ASCII")
        return value

    @field_validator("replies_bind")
    @classmethod
    def _where_replies_come(cls, value: str) -> str:
        parts = urlsplit(value if "://" in value else f"smtp://{value}")
        if value and (parts.scheme not in {"smtp", "lmtp"} or not parts.hostname or not _port(parts)):
            raise ValueError("must be address:port, or lmtp://address:port")
        return value

    @field_validator("webhooks")
    @classmethod
    def _providers(cls, value: str) -> str:
        for entry in entries(value):
            name, _, proof = entry.partition("=")
            if name.strip() not in PROVIDERS or not proof.strip():
                raise ValueError(
                    f"must be NAME=PROOF, several separated by commas; NAME is one of {', '.join(PROVIDERS)}"
                )
        return value

    @field_validator("mail_only_to")
    @classmethod
    def _addresses_and_domains(cls, value: str) -> str:
        for entry in entries(value):
            local, at, domain = entry.rpartition("@")
            if not at or not HOST_NAME.fullmatch(domain) or re.search(r"[\s@<>]", local):
                raise ValueError(
                    f"{entry!r} is no address and no domain; expected such as ann@example.org or @example.org, "
                    "separated by commas"
                )
        return value

    @property
    def dkim(self) -> list[tuple[str, Path]]:
        """(selector, file) of each key."""
        pairs = (entry.partition("=") for entry in entries(self.dkim_keys))
        return [(selector.strip(), Path(path.strip())) for selector, _, path in pairs]

    @property
    def hooks(self) -> dict[str, str]:
        """Provider -> what proves that it is the right one."""
        pairs = (entry.partition("=") for entry in entries(self.webhooks))
        return {name.strip(): proof.strip() for name, _, proof in pairs}

    @property
    def mail_allowed(self) -> list[str] | None:
        """Whom mail may leave to, in lower case: addresses, and domains that begin with @; None: everybody."""
        allowed = [entry.lower() for entry in entries(self.mail_only_to)]
        return None if self.herald_environment == "production" and not allowed else allowed


def entries(value: str) -> list[str]:
    """What stands between commas."""
    return [entry for part in value.split(",") if (entry := part.strip())]


def _port(parts: SplitResult) -> int:
    """0 for none, or for what is none."""
    try:
        return parts.port or 0
    except ValueError:
        return 0

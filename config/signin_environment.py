"""What the environment says about how people of the newsroom sign in."""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from config.mail_environment import entries

_OIDC_ROLE = re.compile(r"(administrator|editor|desk|viewer)=(group|domain):(\S+)")


class SignInEnvironment(BaseSettings):
    second_factor: Literal["nobody", "administrators", "everybody"] = Field(
        "administrators",
        description="Whose accounts must have a second factor: `nobody`, `administrators` or `everybody`. "
        "Anybody may have one.",
    )
    oidc_issuer: str = Field(
        "",
        description="The provider of single sign-on (OpenID Connect), as `https://id.example.org`. It sends "
        "people back to `BASE_URL/admin/login/provider/back/`.",
    )
    oidc_client_id: str = Field("", description="What the provider calls Herald.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="The secret it shares with Herald.")
    oidc_roles: str = Field(
        "",
        description="Who comes in without an invitation, the first that holds: `editor=group:press, "
        "viewer=domain:example.org`. Empty: only who was invited.",
    )

    @field_validator("oidc_roles")
    @classmethod
    def _roles_and_conditions(cls, value: str) -> str:
        for entry in entries(value):
            if not _OIDC_ROLE.fullmatch(entry):
                raise ValueError(
                    f"{entry!r} is no rule; expected such as editor=group:press or viewer=domain:example.org, the role "
                    "being administrator, editor, desk or viewer"
                )
        return value

    @model_validator(mode="after")
    def _a_provider_is_named_whole(self) -> SignInEnvironment:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret.get_secret_value()):
            raise ValueError("OIDC_ISSUER: needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
        if self.oidc_issuer and urlsplit(self.oidc_issuer).scheme not in {"https", "http"}:
            raise ValueError("OIDC_ISSUER: must begin with https://")
        return self

    @property
    def oidc(self) -> dict[str, Any] | None:
        """The provider of single sign-on; None: there is none. `roles`: (role, "group" or "domain", which)."""
        if not self.oidc_issuer:
            return None
        rules = [_OIDC_ROLE.fullmatch(entry) for entry in entries(self.oidc_roles)]
        return {
            "issuer": self.oidc_issuer,
            "client_id": self.oidc_client_id,
            "client_secret": self.oidc_client_secret.get_secret_value(),
            "roles": [found.groups() for found in rules if found],
        }

"""Who is asking: `Authorization: Bearer herald_…` (RFC 6750)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest

from config import clock
from feeds.api import tokens
from feeds.api.problems import SOURCE_INACTIVE, TOKEN_REVOKED, UNAUTHORIZED, Refusal
from feeds.models import ApiToken


class Token:
    """Finds the token of a request; django-ninja puts it into `request.auth`.

    Without a token that we have made, every request gets the same 401, whatever it asks for.
    """

    openapi_security_schema: ClassVar[dict[str, Any]] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "herald_…",
        "description": "Made by an admin for one source; it sees and writes the releases of that source alone.",
    }

    def __call__(self, request: HttpRequest) -> ApiToken:
        scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
        token = tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise Refusal(UNAUTHORIZED, UNAUTHORIZED.meaning)
        if token.revoked_at is not None:
            raise Refusal(TOKEN_REVOKED, TOKEN_REVOKED.meaning)
        if not token.source.active or token.source.kind != "api":
            raise Refusal(SOURCE_INACTIVE, SOURCE_INACTIVE.meaning)
        tokens.use(token, clock.now())
        return token

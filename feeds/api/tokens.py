"""Tokens of programs: made, found, revoked. One is shown once; only its SHA-256 is kept, so nobody can read it back.

Its 256 random bits need neither salt nor stretching: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from config import revisions
from feeds.models import ApiToken, Source

PREFIX = "herald_"
USED_TO_THE = timedelta(hours=1)  # so that reading does not write
_FORM = re.compile(r"herald_[A-Za-z0-9_-]{43}")


class NoApi(Exception):
    """A token was asked for a source of another kind; `str()` says so."""


def issue(source: Source, name: str, actor: str, way: str, now: datetime) -> tuple[ApiToken, str]:
    """A new token for `source`, and what its holder must send. Raises NoApi."""
    if source.kind != "api":
        raise NoApi(f"{source.slug} is a source of kind {source.kind}; only one of kind api has tokens")
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(source=source, name=name, digest=_digest(secret), created_at=now)
        revisions.audit(
            actor, way, "created", _subject(token), before=None, after={"source": source.slug, "name": name}, now=now
        )  # fmt: skip
    return token, secret


def revoke(token: ApiToken, actor: str, way: str, now: datetime) -> bool:
    """End a token, from its next request on. False if it was revoked already."""
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            return False
        before = {"source": token.source.slug, "name": token.name, "revoked_at": None}
        after = {**before, "revoked_at": now.isoformat()}
        revisions.audit(actor, way, "revoked", _subject(token), before=before, after=after, now=now)
    return True


def find(secret: str) -> ApiToken | None:
    """The token that is so called, revoked or not, with its source."""
    if not _FORM.fullmatch(secret):
        return None
    return ApiToken.objects.select_related("source").filter(digest=_digest(secret)).first()


def use(token: ApiToken, now: datetime) -> None:
    """Note that it was used, at most once an hour."""
    if token.used_at is None or now - token.used_at >= USED_TO_THE:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)


def _subject(token: ApiToken) -> str:
    return f"token {token.pk} of {token.source.slug}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()

"""Single sign-on by OpenID Connect, off unless OIDC_ISSUER is set.

    begin -> the provider -> back -> claims -> an account known by (issuer, subject), or
        one that was invited under this address, or one made by a rule of OIDC_ROLES -> enter

Authlib does the protocol: discovery, state, nonce, PKCE, the signature and the times of the ID token.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from secrets import token_hex
from typing import Any

import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.django_client import DjangoOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from joserfc.errors import JoseError
from requests import RequestException

from config import auditing, clock, roles
from config.accounts import entering, invitations
from config.models import Identity
from config.places import public

log = structlog.stdlib.get_logger(__name__)
REFUSED = "Your organisation knows you, but nobody has given you access here. Ask an administrator for an invitation."
FAILED = "Signing in with your organisation's account did not work. Try again, or ask an administrator."


class Session(OAuth2Session):  # type: ignore[misc] # authlib has no types
    """Trusts the authorities of the settings: requests would look at certifi's alone, whatever OpenSSL is told."""

    def request(self, method: str, url: str, **named: Any) -> Any:
        if settings.AUTHORITIES:
            named["verify"] = settings.AUTHORITIES
        return super().request(method, url, **named)


class App(DjangoOAuth2App):  # type: ignore[misc] # authlib has no types
    client_cls = Session
    OAUTH_APP_CONFIG = None


@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """On to the provider."""
    wanted = request.GET.get("next", "")
    request.session["wanted"] = (
        wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else reverse("admin:index")
    )
    try:
        back_here: HttpResponse = _client().authorize_redirect(request, public(reverse("provider_back")))
    except (OAuthError, RequestException, ValueError) as error:
        return _failed(request, error)
    return back_here


@never_cache
def back(request: HttpRequest) -> HttpResponse:
    """Back from the provider: in, or not."""
    now, wanted = clock.now(), request.session.pop("wanted", reverse("admin:index"))
    try:
        claims = _client().authorize_access_token(request).get("userinfo") or {}
    except (OAuthError, JoseError, RequestException, ValueError, KeyError) as error:
        return _failed(request, error)
    try:
        user = account_of(_settings()["issuer"], claims, now)
    except (invitations.Used, IntegrityError):  # the same person at the same moment, in another window
        user = account_of(_settings()["issuer"], claims, now)
    if user is None:
        messages.error(request, REFUSED)
        return HttpResponseRedirect(reverse("admin:login"))
    entering.enter(request, user, now, by_provider=True)
    return HttpResponseRedirect(wanted)


def account_of(issuer: str, claims: Mapping[str, Any], now: datetime) -> User | None:
    """The account the claims mean, made where an invitation or a rule says so; None: nobody let them in."""
    subject, address = str(claims.get("sub", "")), str(claims.get("email", "")).strip().lower()
    if not subject:
        return None
    known = Identity.objects.filter(issuer=issuer, subject=subject).select_related("account").first()
    if known is not None:
        return _again(known.account, claims, now)
    verified = claims.get("email_verified") is True
    with transaction.atomic():
        invitation = invitations.open_for(address, now) if verified and address else None
        role = roles.Role(invitation.role) if invitation else rule(claims, address if verified else "")
        if role is None:
            return None
        user = invitation.account if invitation and invitation.account else _made(address, subject, role)
        Identity.objects.create(account=user, issuer=issuer, subject=subject)
        if invitation:
            invitations.use(invitation, user, now)
        auditing.record(
            f"account:{user.pk}", "admin", "created", f"account {user.pk}",
            before=None, after={"role": role, "by": "single sign-on"}, now=now,
        )  # fmt: skip
    return user


def _again(account: User, claims: Mapping[str, Any], now: datetime) -> User | None:
    """Somebody who has been here, with the role that the provider's groups give today. Where none does they keep what
    they have: perhaps somebody invited them, and a rule for a whole domain is for those whom nobody did.
    """
    if not (account.is_active and account.is_staff):
        return None
    role, before = rule(claims, ""), roles.of(account)
    if role is not None and role != before and not account.is_superuser:
        with transaction.atomic():
            roles.give(account, role)
            auditing.record(
                f"account:{account.pk}", "admin", "role changed", f"account {account.pk}",
                before={"role": before}, after={"role": role, "by": "single sign-on"}, now=now,
            )  # fmt: skip
    return account


def rule(claims: Mapping[str, Any], address: str) -> roles.Role | None:
    """The first role of OIDC_ROLES ("editor=group:press, viewer=domain:example.org") whose condition holds."""
    groups = claims.get("groups") or []
    domain = address.rpartition("@")[2]
    for role, kind, value in _settings()["roles"]:
        if (kind == "group" and value in groups) or (kind == "domain" and domain and value == domain):
            return roles.Role(role)
    return None


def _made(address: str, subject: str, role: roles.Role) -> User:
    name = address or f"person-{subject}"[:150]
    while User.objects.filter(username__iexact=name).exists():
        name = f"{(address or subject)[:100]}-{token_hex(3)}"
    user = User.objects.create_user(name, email=address, is_staff=True)
    roles.give(user, role)
    return user


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    log.warning("single sign-on failed", error=type(error).__name__)
    messages.error(request, FAILED)
    return HttpResponseRedirect(reverse("admin:login"))


def _settings() -> dict[str, Any]:
    found: dict[str, Any] | None = settings.OIDC
    if found is None:
        raise Http404
    return found


def _client() -> Any:
    return _registered(*(_settings()[name] for name in ("issuer", "client_id", "client_secret")))


@lru_cache(maxsize=2)
def _registered(issuer: str, client_id: str, client_secret: str) -> Any:
    oauth = OAuth()
    return oauth.register(
        "provider",
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_id=client_id,
        client_secret=client_secret,
        client_cls=App,
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 10},
    )

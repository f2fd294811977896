"""The letter of an invitation, and the page its link leads to.

The letter goes straight to the relay, as a test message does: it is nobody's subscription, and stands in no ledger.
"""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from config import clock, kept_relay, roles
from config.accounts import entering, forms, invitations, views
from config.models import Invitation
from feeds import store, templating
from notifier import proofs, tokens

_LETTER = """Hello,

you are invited to work with {newsroom} in Herald, which sends its releases.
Your role will be {role}: {meaning}.

Set your name and password here:
{link}

The link works once, until {until}. If you expected no invitation, do nothing.
"""
_ENDED = (
    "This invitation was used, withdrawn, or is older than a week. Ask whoever invited you for a new one."
)


def link(invitation: Invitation) -> str:
    """Where the invited sets a password. The token says neither who nor what."""
    token = tokens.make(tokens.Purpose.INVITE, 0, invitation.pk, invitation.made_at.date())
    return templating.absolute(reverse("notifier:invitation", args=[token]))


def send(invitation: Invitation, address: str) -> str:
    """Send the letter; the relay's answer. Raises notifier.proofs.NotSent."""
    return proofs.deliver(lambda to: _message(invitation, to), address, kept_relay.url())


def _message(invitation: Invitation, to: str) -> bytes:
    newsroom = store.newsroom()
    role = roles.Role(invitation.role)
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((newsroom.sender_name, newsroom.sender_address))
    message["To"] = to
    message["Subject"] = f"Your invitation to {newsroom.name}"
    message["Date"] = format_datetime(invitation.made_at)
    message["Message-ID"] = make_msgid(domain=newsroom.sender_address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    until = invitation.made_at + invitations.VALID
    message.set_content(
        _LETTER.format(
            newsroom=newsroom.name, role=role, meaning=roles.MEANINGS[role], link=link(invitation),
            until=f"{until:%d %B %Y}",
        ),
        cte="quoted-printable",
    )  # fmt: skip
    return bytes(message)


@sensitive_post_parameters()
@csrf_protect
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """GET: a form for name and password; it changes nothing. POST: the account is made, and signed in."""
    now = clock.now()
    try:
        invitation = _invitation(token, now)
    except (tokens.BadToken, invitations.Used):
        return _ended(request)
    account = invitation.account or User(email=invitations.address_of(invitation))
    kind = forms.Password if invitation.account else forms.Welcome
    form = kind(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.accept(invitation, account, form.cleaned_data["password"], now)
        except invitations.Used:
            return _ended(request)
        return _come_in(request, user, now)
    role = roles.Role(invitation.role)
    words = f"You are invited as {role}: {roles.MEANINGS[role]}." if not invitation.account else ""
    title = f"A new password for {account.get_username()}" if invitation.account else "Your account"
    return views.entry(request, title, form, "Set it and sign in", words=words)


def _come_in(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    """A new password does not stand in for the second factor."""
    inside = entering.begin(request, user, now)
    return HttpResponseRedirect(reverse("admin:index") if inside else reverse("sign_in_code"))


def _invitation(token: str, now: datetime) -> Invitation:
    return invitations.find(tokens.read(tokens.Purpose.INVITE, token, now.date()).reference, now)


def _ended(request: HttpRequest) -> HttpResponse:
    answer = views.entry(request, "This link has ended", None, "", words=_ENDED)
    answer.status_code = 410
    return answer

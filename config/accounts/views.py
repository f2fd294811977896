"""Pages for signing in and for one's own account."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from config import auditing, clock, roles
from config.accounts import entering, forms, second, sessions, throttle
from config.adminsite import actor
from config.models import AccountMail

_BEGIN = (
    "Herald printed a link with a code when it was started: open it, and set Herald up step by step. It stands in the "
    "log, too, in the line that begins with \u201cNo administrator yet\u201d. Or make an account on the server with: "
    "herald admin create NAME"
)


@sensitive_post_parameters()
@csrf_protect
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password. Whoever is signed in goes on to where they wanted; where nobody can, it says how to begin."""
    if not settings.OIDC and not User.objects.filter(is_staff=True).exists():
        return entry(request, "Nobody works here yet", None, "", words=_BEGIN, nobody=True)
    if request.method != "POST" and request.user.is_authenticated and request.user.is_staff:
        return HttpResponseRedirect(_wanted(request))
    form = forms.SignIn(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, typed = clock.now(), form.cleaned_data
        user = entering.recognised(request, typed["username"], typed["password"], now)
        if user is not None:
            inside = entering.begin(request, user, now)
            if not inside:
                request.session["wanted"] = _wanted(request)
            return HttpResponseRedirect(_wanted(request) if inside else reverse("sign_in_code"))
        form.add_error(None, forms.WRONG)
    provider = f"{reverse('provider_begin')}?{urlencode({'next': _wanted(request)})}" if settings.OIDC else ""
    return entry(request, "Sign in", form, "Sign in", provider=provider, wanted=_wanted(request))


@sensitive_post_parameters()
@csrf_protect
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The second factor, after the right password."""
    now = clock.now()
    user = entering.waiting(request, now)
    if user is None:
        return HttpResponseRedirect(reverse("admin:login"))
    form = forms.Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if throttle.allows_code(user.pk, now) and second.check(user.pk, form.cleaned_data["code"], now):
            wanted = request.session.pop("wanted", reverse("admin:index"))
            entering.enter(request, user, now)
            return HttpResponseRedirect(wanted)
        form.add_error(None, forms.WRONG_CODE)
    words = "The six digits your authenticator shows now, or one of your recovery codes."
    return entry(request, "Second factor", form, "Sign in", words=words)


def entry(request: HttpRequest, title: str, form: Any, button: str, **more: Any) -> HttpResponse:
    """A page for those who are not in yet: one form in the middle."""
    context = {**admin.site.each_context(request), "title": title, "form": form, "button": button, **more}
    return TemplateResponse(request, "accounts/entry.html", context, using="django")


@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """One's own account: role, second factor, sessions."""
    user, now = _user(request), clock.now()
    context = {
        "role": roles.of(user) or ("superuser" if user.is_superuser else "no role"),
        "meaning": roles.MEANINGS.get(roles.of(user) or roles.Role.ADMINISTRATOR, ""),
        "second_factor": second.in_use(user.pk),
        "codes_left": second.codes_left(user.pk),
        "sessions": sessions.of(user.pk, now),
        "present": request.session.session_key,
        "weekly_summary": AccountMail.objects.filter(pk=user.pk, weekly_summary=True).exists(),
    }
    return _page(request, "accounts/account.html", "Your account", context)


def choose_mail(request: HttpRequest) -> HttpResponse:
    """POST: whether the weekly summary is wanted (`weekly_summary`: "yes", or anything else)."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user, wanted = _user(request), request.POST.get("weekly_summary") == "yes"
    if wanted and not user.email:
        messages.error(request, "Your account has no e-mail address: an administrator can give it one.")
        return HttpResponseRedirect(reverse("account"))
    with transaction.atomic():
        row, _ = AccountMail.objects.get_or_create(account=user)
        if row.weekly_summary != wanted:
            _record(request, user, "mail chosen", {"weekly_summary": not wanted}, {"weekly_summary": wanted})
            row.weekly_summary = wanted
            row.save()
    messages.success(
        request, "You get the summary each Monday from now on." if wanted else "You get no summary any more."
    )
    return HttpResponseRedirect(reverse("account"))


def end_sessions(request: HttpRequest) -> HttpResponse:
    """POST: end one of one's own sessions (`session`), or all but this one."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user, now = _user(request), clock.now()
    number = request.POST.get("session", "")
    kept = sessions.of(user.pk, now)
    only = next((row.session_key for row in kept if row.name == number), None)
    if number and only is None:
        messages.warning(request, "This session has ended already.")
        return HttpResponseRedirect(reverse("account"))
    ended = sessions.end(user.pk, but=request.session.session_key, only=only)
    if ended:
        _record(request, user, "sessions ended", {"sessions": ended}, None)
    messages.success(request, "Ended: whoever used it must sign in again." if ended else "There is no other.")
    return HttpResponseRedirect(reverse("account"))


@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up the second factor: a picture for the authenticator, and a first code; then the recovery codes, once."""
    user, now = _user(request), clock.now()
    if second.in_use(user.pk):
        return _change_second_factor(request, user)
    secret = second.begin(user.pk)
    form = forms.Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        allowed = throttle.allows_code(user.pk, now)
        codes = second.confirm(user.pk, form.cleaned_data["code"], now) if allowed else None
        if codes is not None:
            throttle.succeeded(user.get_username(), entering.client(request), user.pk)
            request.session.cycle_key()
            _record(request, user, "second factor set up", {"second_factor": False}, {"second_factor": True})
            return _page(request, "accounts/codes.html", "Recovery codes", {"codes": codes})
        form.add_error(None, forms.WRONG_CODE)
    import segno  # loaded where it is used: hardly ever

    address = second.address(secret, user.get_username(), "Herald")
    context = {
        "form": form,
        "picture": segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="#fff", dark="#000"),
        "spelt": second.spelt(secret),
    }
    return _page(request, "accounts/second_factor.html", "Set up a second factor", context)


def _change_second_factor(request: HttpRequest, user: User) -> HttpResponse:
    """New recovery codes, or none of it any more: either needs a code."""
    now = clock.now()
    form = forms.Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not (throttle.allows_code(user.pk, now) and second.check(user.pk, form.cleaned_data["code"], now)):
            form.add_error(None, forms.WRONG_CODE)
        elif request.POST.get("to") == "drop":
            second.drop(user.pk)
            _record(request, user, "second factor removed", {"second_factor": True}, {"second_factor": False})
            messages.success(request, "Removed: your password alone lets you in.")
            return HttpResponseRedirect(reverse("account"))
        else:
            codes = second.renew_codes(user.pk)
            _record(request, user, "recovery codes renewed", None, None)
            return _page(request, "accounts/codes.html", "Recovery codes", {"codes": codes})
    return _page(request, "accounts/second_factor_in_use.html", "Second factor", {"form": form})


def password(request: HttpRequest) -> HttpResponse:
    """Django's page for a new password of one's own; then it is recorded, and other sessions end."""
    answer = admin.site.password_change(request)
    if request.method == "POST" and answer.status_code == 302:
        user = _user(request)
        sessions.end(user.pk, but=request.session.session_key)
        _record(request, user, "password changed", None, None)
    return answer


def _record(request: HttpRequest, user: User, what: str, before: Any, after: Any) -> None:
    subject = f"account {user.pk}"
    auditing.record(actor(request), "admin", what, subject, before=before, after=after, now=clock.now())


def _page(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    whole = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, whole, using="django")


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _wanted(request: HttpRequest) -> str:
    """Where the sign-in was asked for, if that is a page of ours."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else reverse("admin:index")

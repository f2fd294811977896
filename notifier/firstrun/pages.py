"""The pages of the setup. GET changes nothing; a POST that is right leads on to the next step."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms as django_forms
from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from config import clock
from config.accounts import entering, first
from feeds import store
from feeds.harvest import trial
from feeds.models import Release, Source, Standing
from feeds.pages.parts import addresses, newest_first
from feeds.web.client import from_settings
from notifier.firstrun import changes, forms, gate, sending, steps
from notifier.firstrun.steps import Step

WRONG_CODE = (
    "This code does not hold: it was not typed as it was printed, belongs to an earlier start, or there were too many "
    "tries. Each start of Herald prints a new one."
)
_SAMPLE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@sensitive_post_parameters()
@csrf_protect
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Where the printed link leads. The code counts when the button is pressed: machines look at links, too."""
    now = clock.now()
    if gate.may(request, now):
        return _to(steps.present())
    if not first.is_open():
        raise Http404
    form = forms.Begin(request.POST or None, initial={"code": request.GET.get("code", "")})
    if request.method == "POST" and form.is_valid():
        if gate.admit(request, form.cleaned_data["code"], now):
            return _to(steps.present())
        form.add_error("code", WRONG_CODE)
    with translation.override("en"):
        return render(request, "notifier/setup/begin.html", {"form": form})


@gate.guarded
def newsroom(request: HttpRequest) -> HttpResponse:
    row, now = store.newsroom(), clock.now()
    names = ("name", "publisher", "description", "home_url", "contact", "zone", "language", "tag_authority")
    initial = {name: getattr(row, name) for name in names}
    settled = Standing.objects.exists()
    host = urlsplit(settings.BASE_URL).hostname or ""
    if not settled and "newsroom" not in steps.done() and "." in host:
        initial["tag_authority"] = f"{host},{now.year}"
    form = forms.Newsroom(request.POST or None, initial=initial, settled=settled)
    if request.method == "POST" and form.is_valid() and _changed(request, form, form.cleaned_data, now):
        return finished(request, "newsroom", now)
    return page(request, "newsroom", form)


@gate.guarded
def look(request: HttpRequest) -> HttpResponse:
    row, now = store.newsroom(), clock.now()
    initial = {name: getattr(row, name) for name in ("brand", "brand_dark", "logo_has_name")}
    form = forms.Look(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _changed(request, form, form.values(), now):
        return finished(request, "look", now)
    return page(request, "look", form, row=row)


@gate.guarded
def sender(request: HttpRequest) -> HttpResponse:
    row, now = store.newsroom(), clock.now()
    names = ("sender_name", "sender_address", "postal_address")
    form = forms.Sender(request.POST or None, initial={name: getattr(row, name) for name in names})
    if request.method == "POST" and form.is_valid():
        domain = form.cleaned_data["sender_address"].rpartition("@")[2].lower()
        values = form.cleaned_data | {"list_domain": domain}
        if _changed(request, form, values, now, {"list_domain": "sender_address"}):
            return finished(request, "sender", now)
    return page(request, "sender", form)


@gate.guarded
def source(request: HttpRequest) -> HttpResponse:
    """`to=try` fetches and shows, and keeps nothing."""
    now, unused = clock.now(), changes.unused_source()
    names = ("name", "kind", "address")
    initial = {name: getattr(unused, name) for name in names} if unused and unused.address else {}
    form = forms.Source(request.POST or None, initial=initial)
    tried = None
    if request.method == "POST" and form.is_valid():
        if request.POST.get("to") == "try":
            tried = trial.attempt(_source(form), now, from_settings())
        else:
            wrong = changes.source(form.cleaned_data, gate.actor(request), now)
            form.take_faults(wrong)
            if not wrong:
                return finished(request, "source", now)
    return page(request, "source", form, tried=tried)


@gate.guarded
def account(request: HttpRequest) -> HttpResponse:
    """The first administrator; from then on nobody comes in by a code."""
    user, now = gate.account_of(request), clock.now()
    form = forms.Administrator(User(), request.POST or None)
    if user is None and request.method == "POST" and form.is_valid():
        made = form.account
        try:
            first.make(made, form.cleaned_data["password"], request.session[gate.CODE], now)
        except first.Closed:
            raise Http404 from None
        entering.enter(request, made, now)
        request.session[gate.ACCOUNT] = made.pk
        steps.finish(steps.BY_SLUG["account"], gate.actor(request), now)
        return _to(steps.BY_SLUG["account"])
    return page(request, "account", None if user else form, account=user)


@gate.guarded
def ready(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    if request.method == "POST":
        steps.finish(steps.BY_SLUG["ready"], gate.actor(request), now)
        return HttpResponseRedirect(reverse("admin:index"))
    found = newest_first(store.shown())
    shown: list[Release] = list(found[:5])
    return page(
        request, "ready", None, releases=shown, many=found.count() if shown else 0, feeds=addresses("all"),
        sample=sending.sample(now), account=gate.account_of(request), missing=_missing(),
    )  # fmt: skip


@gate.guarded
def sample(_request: HttpRequest) -> HttpResponse:
    """The sample message as a mail program would show it."""
    answer = HttpResponse(sending.sample(clock.now()).html)
    answer.headers["Content-Security-Policy"] = _SAMPLE
    return answer


def page(request: HttpRequest, slug: str, form: django_forms.Form | None, **more: Any) -> HttpResponse:
    step = steps.BY_SLUG[slug]
    context = {
        "form": form, "step": step, "steps": steps.STEPS, "done": steps.done(), "number": steps.number(step),
        "before": steps.before(step), "after": steps.after(step), **more,
    }  # fmt: skip
    return render(request, f"notifier/setup/{slug}.html", context)


def _source(form: forms.Source) -> Source:
    """What is typed, as a source that is not saved."""
    row = changes.source_row(form.cleaned_data)
    return Source(slug=row["slug"], options=row["options"], **form.cleaned_data)


def _changed(
    request: HttpRequest,
    form: forms.ConfigurationForm,
    values: dict[str, Any],
    now: datetime,
    names: dict[str, str] | None = None,
) -> bool:
    """Whether the newsroom's row is now as wanted; else the form says why not."""
    wrong = changes.newsroom(values, gate.actor(request), now)
    form.take_faults(wrong, names)
    return not wrong


def finished(request: HttpRequest, slug: str, now: datetime) -> HttpResponse:
    step = steps.BY_SLUG[slug]
    steps.finish(step, gate.actor(request), now)
    return _to(steps.after(step) or step)


def _to(step: Step) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"notifier:setup-{step.slug}"))


def _missing() -> list[Step]:
    finished = steps.done()
    return [step for step in steps.STEPS[:-1] if step.slug not in finished]

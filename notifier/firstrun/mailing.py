"""The steps about mail: which server takes it, which records vouch for it, and a message to see."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from config import auditing, clock, kept_relay, relays
from config.accounts import first
from config.relays import RelayAddress
from feeds import store
from notifier import outside, proofs
from notifier.checkup import network
from notifier.firstrun import forms, gate, pages, records, sending, steps


@gate.guarded
def relay(request: HttpRequest) -> HttpResponse:
    """Kept in a file of its own, once it answers or whoever types it insists. With SMTP_URL it is only tried."""
    now = clock.now()
    if settings.SMTP_URL:
        return _given(request, now)
    present = _present()
    form = forms.Relay(request.POST or None, initial=_initial(present))
    unsure = False
    if request.method == "POST" and form.is_valid():
        fault = sending.fault_of(form.address())
        if not fault or form.cleaned_data["anyway"]:
            return _kept(request, form.address(), not fault, now)
        form.add_error(None, f"{fault}.")
        unsure = True
    return pages.page(
        request, "relay", form, given=False, present=present, unsure=unsure, file=kept_relay.path()
    )


@gate.guarded
def dns(request: HttpRequest) -> HttpResponse:
    """`to=check` asks for the records; anything else goes on."""
    now, newsroom = clock.now(), store.newsroom()
    if request.method == "POST" and request.POST.get("to") != "check":
        return pages.finished(request, "records", now)
    known = records.has_sender(newsroom)
    found = network.records() if known and request.method == "POST" else []
    return pages.page(
        request, "records", None, found=found, records=records.needed(newsroom) if known else [],
        keys=settings.DKIM_KEYS, newsroom=newsroom, known=known,
    )  # fmt: skip


@gate.guarded
def test(request: HttpRequest) -> HttpResponse:
    """A message to the administrator, and to nobody else."""
    now, account = clock.now(), gate.account_of(request)
    reply = fault = ""
    if request.method == "POST" and account is not None:
        try:
            reply = sending.send_test(account.email, now)
        except proofs.NotSent as error:
            fault = str(error)
        after = {"refused": fault} if fault else {"taken": True}
        subject = f"account {account.pk}"
        auditing.record(
            gate.actor(request), first.WAY, "test message", subject, before=None, after=after, now=now
        )
        if not fault:
            steps.finish(steps.BY_SLUG["test"], gate.actor(request), now)
    return pages.page(
        request, "test", None, account=account, reply=reply, fault=fault, relay=_present(),
        gate=outside.from_settings(),
    )  # fmt: skip


def _given(request: HttpRequest, now: datetime) -> HttpResponse:
    """The environment says it: there is nothing to type."""
    if request.method == "POST":
        fault = sending.fault_of(settings.SMTP_URL)
        if not fault:
            return pages.finished(request, "relay", now)
        return pages.page(
            request, "relay", None, given=True, relays=relays.parse(settings.SMTP_URL), fault=fault
        )
    return pages.page(request, "relay", None, given=True, relays=relays.parse(settings.SMTP_URL), fault="")


def _kept(request: HttpRequest, address: str, works: bool, now: datetime) -> HttpResponse:
    before, after = _words(_present()), _words(relays.parse(address)[0])
    kept_relay.keep(address)
    auditing.record(
        gate.actor(request), first.WAY, "changed", "relay", before=before, after={**(after or {}), "answered": works},
        now=now,
    )  # fmt: skip
    steps.finish(steps.BY_SLUG["relay"], gate.actor(request), now)
    return HttpResponseRedirect(reverse("notifier:setup-records"))


def _present() -> RelayAddress | None:
    found = relays.parse(kept_relay.url())
    return found[0] if found else None


def _initial(present: RelayAddress | None) -> dict[str, object]:
    """Without the password, which is shown to nobody."""
    if present is None:
        return {"port": 587, "encryption": "starttls"}
    encryption = "tls" if present.implicit_tls else "starttls" if present.tls == "required" else "offered"
    return {"host": present.host, "port": present.port, "encryption": encryption, "user": present.user}


def _words(relay: RelayAddress | None) -> dict[str, object] | None:
    """What the audit log may know of it."""
    return {"host": relay.host, "port": relay.port, "signs_in": bool(relay.user)} if relay else None

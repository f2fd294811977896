"""The page that answers "why did, or didn't, this person get this release": the sentence first, the details below.

POST (an address or a number, a release) -> the same page by numbers alone, which may be kept and passed on
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from config import auditing, clock
from config.adminsite import actor, number
from feeds.models import Standing
from notifier import explaining
from notifier.admin import people
from notifier.admin.local import Clock
from notifier.explaining import Explanation
from notifier.explanation import Verdict
from notifier.models import Subscriber

LIKE = 10
_TONES = {Verdict.GOT: "good", Verdict.WILL: "warn", Verdict.NOT: "bad", Verdict.UNKNOWN: "warn"}
_VERDICTS = {
    Verdict.GOT: "Got it", Verdict.WILL: "Will get it", Verdict.NOT: "Did not get it", Verdict.UNKNOWN: "Not known",
}  # fmt: skip


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Whoever may see subscribers; that a person's data was looked at is recorded."""
    asked = request.POST if request.method == "POST" else request.GET
    named, release = asked.get("person", "").strip(), asked.get("release", "").strip().replace("\0", "")[:700]
    # An address is taken from a form alone: in an address of a page it would stand in logs.
    person = _called(request, named) if request.method == "POST" else _numbered(named)
    standing = explaining.find(release) if release else None
    if request.method == "POST" and person is not None and standing is not None:
        query = urlencode({"person": person.pk, "release": standing.key})
        return HttpResponseRedirect(f"{reverse('admin:notifier_subscriber_why')}?{query}")
    told = None
    if request.method == "GET" and person is not None and standing is not None:
        _record(request, f"subscriber {person.pk}", "explained")
        told = explaining.explain(person, standing, clock.now())
    shown = {
        **context,
        "title": "Why did, or didn’t, they get it?",
        "person": person.pk if person else "",
        "release": release,
        "faults": _faults(request, named, person, release, standing),
        "like": _like(release) if release and standing is None else [],
        "told": told,
        **(_told(told) if told else {}),
    }
    return TemplateResponse(request, "admin_site/why.html", shown, using="django")


def _called(request: HttpRequest, named: str) -> Subscriber | None:
    found = people.called(named) if named else None
    if named:
        _record(request, f"subscriber {found.pk}" if found else "an address that nobody has", "looked up")
    return found


def _numbered(named: str) -> Subscriber | None:
    pk = number(named)
    return Subscriber.objects.filter(pk=pk).first() if pk is not None else None


def _record(request: HttpRequest, subject: str, what: str) -> None:
    auditing.record(actor(request), "admin", what, subject, before=None, after=None, now=clock.now())


def _faults(
    request: HttpRequest, named: str, person: Subscriber | None, release: str, standing: Standing | None
) -> list[str]:
    found = []
    if person is None and (named or request.method == "POST"):
        found.append("Nobody is subscribed with this address or number.")
    if standing is None and (release or request.method == "POST"):
        found.append("There is no such release, or it was not noticed yet.")
    return found


def _like(words: str) -> list[tuple[str, str]]:
    """(key, title) of the newest releases with these words in their title."""
    rows = Standing.objects.filter(release__title__icontains=words).order_by("-release__published_on", "-pk")
    return list(rows.values_list("key", "release__title")[:LIKE])


def _told(told: Explanation) -> dict[str, Any]:
    finding, post, local = told.finding, told.finding.post, Clock()
    details = [
        ("Verdict", _VERDICTS[finding.verdict]),
        ("Cause", finding.cause.replace("_", " ")),
        ("When", local.shown(finding.at)),
        ("Dispatch", f"{post.dispatch}" if post else ""),
        ("Edition", f"{post.edition}, version {post.version}" if post else ""),
        ("State of the message", post.state if post else ""),
        ("Reason", post.reason if post else ""),
        ("Next try", local.shown(post.next_try_at) if post else ""),
        ("By what they had chosen", "; ".join(told.subscriptions)),
        ("What it lacks of the nearest", ", ".join(finding.missing)),
        ("What leaves it out", ", ".join(name.removeprefix("not_") for name in finding.excluded)),
    ]
    return {
        "tone": _TONES[finding.verdict],
        "verdict": _VERDICTS[finding.verdict],
        "details": [(label, value) for label, value in details if value],
        "dispatch": reverse("admin:notifier_dispatch_change", args=[post.dispatch]) if post else "",
        "zone": local.zone,
    }

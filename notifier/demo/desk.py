"""/demo: publish, watch, correct, withdraw; move the clock; kill the worker. Forms and pages, without JavaScript."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from config import clock
from feeds import notice, store
from feeds.models import Release, Topic
from notifier.demo import crowd, journal, made_up, watching, workers, writing
from notifier.demo.forms import Correct, Publish, Withdraw
from notifier.demo.guard import demo_only
from notifier.demo.mailbox import mailbox

MORNING = time(7, 0)


@demo_only
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    return _desk(request, Publish(initial=_suggestion()))


@demo_only
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    form = Publish(request.POST)
    if not form.is_valid():
        return _desk(request, form, status=422)
    values = form.cleaned_data
    seq = notice.last_seq()
    release, statements = writing.publish(
        values["title"],
        values["summary"],
        made_up.AUTHOR,
        _local_now().date(),
        values["offices"],
        values["topics"],
    )
    return _noted("published", release, values["title"], seq, statements)


@demo_only
@require_POST
def correct(request: HttpRequest, release: int) -> HttpResponse:
    found, form = _release(release), Correct(request.POST)
    if not form.is_valid():
        return _action_page(request, _latest_of(release), correct=form)
    seq = notice.last_seq()
    statements = writing.correct(release, form.cleaned_data["summary"], form.cleaned_data["note"])
    return _noted("corrected", release, found.title, seq, statements)


@demo_only
@require_POST
def withdraw(request: HttpRequest, release: int) -> HttpResponse:
    found, form = _release(release), Withdraw(request.POST)
    if not form.is_valid():
        return _action_page(request, _latest_of(release), withdraw=form)
    seq = notice.last_seq()
    statements = writing.withdraw(release, form.cleaned_data["reason"])
    return _noted("withdrawn", release, found.title, seq, statements)


@demo_only
@require_POST
def tomorrow(_request: HttpRequest) -> HttpResponse:
    """Move the demo's clock to 07:00 of the next day where the newsroom is."""
    now = _local_now()
    morning = datetime.combine(now.date() + timedelta(days=1), MORNING, now.tzinfo)
    clock.move(morning - clock.machine())
    noted = journal.begin(
        "tomorrow", 0, f"It became 07:00 on {morning:%-d %B %Y}", morning, notice.last_seq(), []
    )
    return redirect("demo:action", id=noted.id)


@demo_only
@require_POST
def kill(request: HttpRequest) -> HttpResponse:
    try:
        journal.note_kill(workers.kill(), clock.now())
    except workers.NoWorker as error:
        return render(request, "demo/no_worker.html", {"error": error}, status=409)
    return redirect("demo:worker")


@demo_only
@require_POST
def roll_call(request: HttpRequest) -> HttpResponse:
    """Send one release to 5,000 made-up readers; with `kill`, kill the worker in the middle of it."""
    now = clock.now()
    crowd.gather(now, crowd.SIZE)
    seq = notice.last_seq()
    release, statements = writing.publish(
        crowd.TITLE, crowd.SUMMARY, made_up.AUTHOR, _local_now().date(), [], []
    )
    action = journal.begin("roll call", release, crowd.TITLE, clock.now(), seq, writing.readable(statements))
    if "kill" in request.POST:
        crowd.kill_in_the_middle(action)
    return redirect("demo:worker")


@demo_only
@require_safe
def action(request: HttpRequest, id: str) -> HttpResponse:
    """What became of one thing that was done here; looks again every second until it is all there."""
    found = journal.find(id)
    if found is None:
        raise Http404
    return _action_page(request, found)


@demo_only
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The worker, the kills, and the count that shows nothing lost or doubled."""
    now = clock.now()
    found = next((action for action in journal.latest() if action.kind == "roll call"), None)
    mail = watching.mail_of(found, crowd.ORIGIN) if found else None
    waiting = found is not None and mail is not None and not (mail.planned and mail.over)
    context = {
        "worker": workers.newest(),
        "action": found,
        "mail": mail,
        "caught": crowd.caught(mailbox(), found) if found else None,
        "kills": journal.kills(),
        "refresh": 1 if found and waiting and now - found.instant < crowd.WATCHED_FOR else None,
        "readers": crowd.SIZE,
    }
    return render(request, "demo/worker.html", context)


def _desk(request: HttpRequest, form: Publish, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "now": _local_now(),
        "actions": journal.latest(),
        "letters": len(mailbox().envelopes()),
        "worker": workers.newest(),
        "releases": store.shown().count(),
        "readers": crowd.SIZE,
    }
    return render(request, "demo/desk.html", context, status=status)


def _action_page(request: HttpRequest, found: journal.Action, **forms: Any) -> HttpResponse:
    if found.release:
        watching.look(found)
    now, mail = clock.now(), watching.mail_of(found)
    expected = watching.awaited(found, now)
    release = Release.objects.filter(pk=found.release).select_related("standing").first()
    context = {
        "action": found,
        "mail": mail,
        "expected": expected,
        "release": release,
        "refresh": None if forms or watching.over(found, mail, expected, now) else 1,
        "last": found == _latest_of(found.release),
        "correct": forms.get("correct") or Correct(initial={"summary": release.summary if release else ""}),
        "withdraw": forms.get("withdraw") or Withdraw(),
    }
    return render(request, "demo/action.html", context, status=422 if forms else 200)


def _noted(
    kind: str, release: int, title: str, seq: int, statements: list[writing.Statement]
) -> HttpResponse:
    noted = journal.begin(kind, release, title, clock.now(), seq, writing.readable(statements))
    return redirect("demo:action", id=noted.id)


def _release(id: int) -> Release:
    found = Release.objects.filter(pk=id).first()
    if found is None:
        raise Http404
    return found


def _latest_of(release: int) -> journal.Action:
    found = next((action for action in journal.latest(200) if action.release == release), None)
    if found is None:
        raise Http404
    return found


def _local_now() -> datetime:
    return clock.now().astimezone(ZoneInfo(store.newsroom().zone))


def _suggestion() -> dict[str, Any]:
    """Something to publish for who does not want to think of one, about what the sample is about most."""
    now = clock.now()
    sample = Topic.objects.filter(releases__source__slug="newsroom")
    topic = sample.annotate(n=Count("releases")).order_by("-n", "slug").first()
    names = [topic.name] if topic else []
    found = next(made_up.releases(int(now.timestamp()), 1, [], names, [], until=now.date(), days=1))
    return {"title": found.title, "summary": found.summary, "topics": [topic.slug] if topic else []}

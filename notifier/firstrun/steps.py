"""The steps of the setup, in their order, and which of them are done: that stands in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config import auditing
from config.accounts import first
from config.models import AuditEntry

DONE = "step done"


@dataclass(frozen=True, slots=True)
class Step:
    slug: str
    title: str


STEPS = (
    Step("newsroom", "Your newsroom"),
    Step("look", "Logo and colours"),
    Step("sender", "Sender of messages"),
    Step("relay", "Mail server"),
    Step("records", "DNS records"),
    Step("source", "First source"),
    Step("account", "Your account"),
    Step("test", "Test message"),
    Step("ready", "What readers see"),
)
BY_SLUG = {step.slug: step for step in STEPS}


def done() -> set[str]:
    """The slugs of the steps that somebody has finished."""
    subjects = AuditEntry.objects.filter(way=first.WAY, action=DONE).values_list("subject", flat=True)
    return {subject.removeprefix("setup ") for subject in subjects}


def finish(step: Step, actor: str, now: datetime) -> None:
    """Note that a step is done. Doing it again is noted by what it changes."""
    if step.slug not in done():
        auditing.record(actor, first.WAY, DONE, f"setup {step.slug}", before=None, after=None, now=now)


def present() -> Step:
    """Where to go on: the first step that is not done; the last one where all are."""
    finished = done()
    return next((step for step in STEPS if step.slug not in finished), STEPS[-1])


def number(step: Step) -> int:
    return STEPS.index(step) + 1


def before(step: Step) -> Step | None:
    return STEPS[number(step) - 2] if number(step) > 1 else None


def after(step: Step) -> Step | None:
    return STEPS[number(step)] if number(step) < len(STEPS) else None

"""A finding in plain English, for those who answer for the mail: what happened, by what, and what it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from feeds import store
from feeds.naming import Name
from feeds.selection import Selection
from notifier import interests
from notifier.explanation import Case, Cause, Finding, Notice, Sum

_FREQUENCY = {"instant": "at once", "several": "several times a day", "": "shown again"}
_SILENCE = {
    "silent": "whoever wrote it wished it to be silent",
    "import": "it was imported without being announced",
    "first_fetch": "it came with its source's first fetch",
    "too_old": "it was too old when it was first seen",
}
_FIELDS = {
    "offices": "none of the offices", "topics": "none of the topics", "types": "another type",
    "languages": "another language", "words": "none of the words",
}  # fmt: skip


def sentences(case: Case, finding: Finding, chosen: Sequence[str], zone: str) -> list[str]:
    """The first says whether; what follows, why. Instants are in the time zone `zone`."""

    at = partial(instant, zone)
    said = [_SAYING[finding.cause](finding, at)]
    if finding.cause == Cause.SILENT:
        said.append(f"The rule that held: {_SILENCE.get(case.story.silence, case.story.silence)}.")
    if finding.post is not None:
        said.append(_message(finding, at))
    if finding.cause == Cause.ARCHIVED:
        said += [_summed(one, at) for one in case.sums]
    said += [_told(notice, at) for notice in case.notices]
    if chosen and finding.cause not in {Cause.NO_RULE, Cause.EXCLUDED}:
        said.append(f"It fits what they had chosen: {'; and '.join(chosen)}.")
    said += _rules(finding)
    present = [one.interest for one in case.stretches if one.ended_at is None and not one.paused]
    if finding.cause in {Cause.NO_RULE, Cause.EXCLUDED} and any(
        one.matches(case.story.facts) for one in present
    ):
        said.append("It would fit what they have chosen since.")
    return said


def instant(zone: str, moment: datetime | None) -> str:
    """To the second, in the time zone `zone`."""
    if moment is None:
        return "an unknown time"
    return f"{moment.astimezone(ZoneInfo(zone)):%-d %B %Y at %H:%M:%S} ({zone})"


At = Callable[[datetime | None], str]


def _message(finding: Finding, at: At) -> str:
    post = finding.post
    assert post is not None
    how = _FREQUENCY.get(post.frequency, post.frequency)
    names = store.names(post.because, "en")
    reasons = ", ".join(_reason_in_words(kind, slug, names) for kind, slug in post.because if kind != "all")
    because = f", because of {reasons}" if reasons else ""
    return (
        f"The message is dispatch {post.dispatch} ({how}), made on {at(post.made_at)}, "
        f"edition {post.edition} version {post.version}{because}."
    )


def _reason_in_words(kind: str, slug: str, names: Mapping[tuple[str, str], Name]) -> str:
    """ "topic Border management"; a term that is gone is told by its slug."""
    if kind in {"word", "untagged"}:
        return f"the word “{slug}”" if kind == "word" else "it has no label"
    return f"{kind} {names[kind, slug].text if (kind, slug) in names else slug}".strip()


def _told(notice: Notice, at: At) -> str:
    when = f" on {at(notice.at)}" if notice.at else ""
    return f"Dispatch {notice.dispatch} tells them that it was {notice.kind}: {notice.state}{when}."


def _summed(one: Sum, at: At) -> str:
    return f"{one.sent:,} messages with it were sent by dispatch {one.dispatch}, made on {at(one.made_at)}."


def _rules(finding: Finding) -> list[str]:
    if finding.rule is None:
        return []
    said = [f"What came nearest: {interests.describe(Selection((finding.rule,)), 'en')}."]
    if finding.missing:
        said.append(
            f"The release has {' and '.join(_FIELDS[name] for name in finding.missing)} asked for there."
        )
    if finding.excluded:
        left_out = ", ".join(name.removeprefix("not_") for name in finding.excluded)
        said.append(f"That leaves it out by its {left_out}.")
    return said


def _reason(finding: Finding) -> str:
    return f": {finding.post.reason}" if finding.post and finding.post.reason else ""


_SAYING: dict[Cause, Callable[[Finding, At], str]] = {
    Cause.SENT: lambda f, at: f"They got it: it was handed over on {at(f.at)}.",
    Cause.SENDING: lambda _f, _at: "It is being sent to them at this moment.",
    Cause.WAITING: lambda _f, _at: "They will get it: it waits to be sent.",
    Cause.DEFERRED: lambda f, at: (
        f"They will get it: it was put off{_reason(f)}; the next try is on {at(f.at)}."
    ),
    Cause.HELD: lambda _f, _at: "They will get it once its dispatch is released: somebody holds it.",
    Cause.STOPPED: lambda _f, _at: "They will get it once mail may leave again: it is stopped.",
    Cause.FAILED: lambda f, at: f"They did not get it: it could not be delivered, on {at(f.at)}{_reason(f)}.",
    Cause.SUPPRESSED: lambda f, at: (
        f"They did not get it: nothing is sent to this address{_reason(f)} ({at(f.at)})."
    ),
    Cause.CANCELLED: lambda f, at: (
        f"They did not get it: the message was cancelled on {at(f.at)}{_reason(f)}."
    ),
    Cause.TRANSLATION: lambda _f, _at: "They got it in another language, and so not this version of it.",
    Cause.UNNOTICED: lambda _f, _at: "Not yet: the release has only just come, and was not announced so far.",
    Cause.EMBARGO: lambda f, at: f"They did not get it: it is under embargo until {at(f.at)}.",
    Cause.SILENT: lambda _f, _at: "They did not get it: it was never announced.",
    Cause.PLANNED: lambda f, at: f"They will get it with the next message, on {at(f.at)}.",
    Cause.PAUSED: lambda f, at: (
        f"They did not get it: they paused on {at(f.at)}. It comes, should they go on with it."
    ),
    Cause.OTHER_VERSION: lambda _f, _at: (
        "They did not get this version of it: another language version is for a quicker subscription of theirs, and "
        "one text comes once."
    ),
    Cause.WITHDRAWN: lambda f, at: f"They did not get it: it was withdrawn before it was sent ({at(f.at)}).",
    Cause.SKIPPED: lambda _f, _at: (
        "They did not get it: they went on after a pause without what they had missed."
    ),
    Cause.GIVEN_UP: lambda _f, _at: "They did not get it: they gave up what it fits before it was due.",
    Cause.LATE_LABEL: lambda f, at: (
        f"They did not get it: on {at(f.at)} it was announced only to those whom its new labels made it fit."
    ),
    Cause.EXCLUDED: lambda _f, _at: "They did not get it: what they had chosen leaves it out.",
    Cause.NO_RULE: lambda _f, _at: "They did not get it: nothing that they had chosen fits it.",
    Cause.LEFT: lambda _f, _at: "They did not get it: they had unsubscribed.",
    Cause.UNCONFIRMED: lambda f, at: f"They did not get it: on {at(f.at)} they had not confirmed.",
    Cause.NOT_YET: lambda f, at: f"They did not get it: on {at(f.at)} they were no subscriber yet.",
    Cause.ARCHIVED: lambda _f, _at: (
        "It cannot be said any more whether they got it: it fitted what they had chosen, but of that time the ledger "
        "keeps only sums."
    ),
    Cause.JOINED_LATER: lambda f, at: (
        f"They did not get it: it was announced on {at(f.at)}, before what they chose."
    ),
}

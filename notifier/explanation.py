"""Why a person did, or didn't, get a release. Pure: facts in, a finding out; no database, no clock.

    Case (person, release, posts, spells) --judge--> Finding

What the ledger holds comes first. Without any delivery, each stretch of what the person had chosen (a `Stretch`) is
asked what it made of each time the release was announced: stretches and announcements together say what was looked at,
by what, and with which result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from feeds.selection import Facts, Rule, Selection
from notifier import windows
from notifier.explaining_values import (
    Announced,
    Case,
    Cause,
    Finding,
    Notice,
    Post,
    Story,
    Stretch,
    Sum,
    Turn,
    Verdict,
)

__all__ = [
    "Announced", "Case", "Cause", "Finding", "Notice", "Post", "Story", "Stretch", "Sum", "Turn", "Verdict", "judge",
    "nearest",
]  # fmt: skip

_TELLING = list(Cause)


def judge(case: Case, now: datetime) -> Finding:
    """What became of the release for the person, as things stand at `now`."""
    found = _by_ledger(case) or _by_story(case.story, now) or _by_choice(case, now)
    fitted = found.post is None and found.cause == Cause.WITHDRAWN
    return _by_sums(case, found) if case.sums and fitted else found


def nearest(selection: Selection, facts: Facts) -> tuple[Rule | None, tuple[str, ...], tuple[str, ...]]:
    """The rule of which the least is missing, with what is missing and by what it leaves the release out."""
    tried = [(rule, tuple(rule.missing(facts)), tuple(rule.excluded(facts))) for rule in selection.rules]
    return min(tried, key=lambda one: (len(one[1]), len(one[2])), default=(None, (), ()))


# In the ledger


_RANK = ("sent", "sending", "pending", "deferred", "failed", "suppressed", "cancelled")


def _by_ledger(case: Case) -> Finding | None:
    posts = sorted(
        case.posts, key=lambda post: (post.withdrawn, not post.holds, _RANK.index(post.state), post.dispatch)
    )
    if not posts:
        return None
    post = posts[0]
    if post.withdrawn:
        return Finding(Verdict.NOT, Cause.WITHDRAWN, case.story.gone_at, post)
    if post.state in {"failed", "suppressed", "cancelled"}:
        return Finding(Verdict.NOT, Cause(post.state), post.finished_at, post)
    if not post.holds:
        return Finding(Verdict.NOT, Cause.TRANSLATION, post.finished_at or post.made_at, post)
    if post.state == "sent":
        return Finding(Verdict.GOT, Cause.SENT, post.finished_at, post)
    return Finding(Verdict.WILL, _wait(post, stopped=case.stopped), post.next_try_at, post)


def _wait(post: Post, *, stopped: bool) -> Cause:
    if post.state == "sending":
        return Cause.SENDING
    if post.held or stopped:
        return Cause.HELD if post.held else Cause.STOPPED
    return Cause.DEFERRED if post.state == "deferred" else Cause.WAITING


def _by_sums(case: Case, fitted: Finding) -> Finding:
    """It was looked at, and fitted, at a time of which the ledger is gone."""
    last = case.sums[-1]
    return Finding(Verdict.UNKNOWN, Cause.ARCHIVED, last.made_at, None, fitted.stretch, fitted.announced)


# Of the release alone


def _by_story(story: Story, now: datetime) -> Finding | None:
    if not story.noticed:
        return Finding(Verdict.NOT, Cause.UNNOTICED)
    if story.announced:
        return None
    if story.state == "scheduled" or (story.visible_at is not None and story.visible_at > now):
        return Finding(Verdict.NOT, Cause.EMBARGO, story.visible_at)
    if story.silence:
        return Finding(Verdict.NOT, Cause.SILENT)
    return Finding(Verdict.NOT, Cause.WITHDRAWN if not story.shown else Cause.UNNOTICED, story.gone_at)


# Of what the person had chosen


def _by_choice(case: Case, now: datetime) -> Finding:
    found = [one for announced in case.story.announced for one in _of_announcement(case, announced, now)]
    if not found:
        found = [_out_of_time(case, announced) for announced in case.story.announced]
    best = min(found, key=lambda one: _TELLING.index(one.cause))
    gone = not case.story.shown and (
        best.cause in {Cause.PLANNED, Cause.PAUSED}
        or (best.cause == Cause.GIVEN_UP and _gone_while_owed(case, best.announced))
    )
    return Finding(Verdict.NOT, Cause.WITHDRAWN, case.story.gone_at) if gone else best


def _gone_while_owed(case: Case, announced: Announced | None) -> bool:
    """Whether the release was withdrawn while something that they had chosen still had to look at it."""
    gone_at = case.story.gone_at
    return (
        announced is not None
        and gone_at is not None
        and any(
            stretch.ended_at is not None and stretch.joined_at <= gone_at <= stretch.ended_at
            for stretch in case.stretches
            if max(stretch.since, stretch.served_to) <= announced.at and _is_for(stretch.interest, announced)
        )
    )


def _of_announcement(case: Case, announced: Announced, now: datetime) -> Iterator[Finding]:
    """What each stretch that had, or has, to look at this announcement makes of it, or would have made of it."""
    for stretch in case.stretches:
        if _comes_at_once(stretch, announced):
            continue
        looked = stretch.since <= announced.at < stretch.served_to
        waits = stretch.ended_at is None and announced.at >= max(stretch.since, stretch.served_to)
        if (looked or waits) and _by_another_version(stretch, case.story, waits=waits):
            yield Finding(Verdict.NOT, Cause.OTHER_VERSION, announced.at, None, stretch, announced)
        elif looked or waits:
            yield _looked_at(stretch, announced, now, case, waits=waits)
        elif _was_current(stretch, announced.at) and _is_for(stretch.interest, announced):
            cause = _ended_by(case.turns, announced.at)
            yield Finding(Verdict.NOT, cause, announced.at, None, stretch, announced)


def _looked_at(stretch: Stretch, announced: Announced, now: datetime, case: Case, *, waits: bool) -> Finding:
    interest = stretch.interest
    fitted = interest.matches(announced.facts)
    # What a run makes of a release is up to how it is labelled then.
    facts = case.story.facts if waits or fitted else announced.facts
    if not interest.matches(facts):
        rule, missing, excluded = nearest(interest, facts)
        cause = Cause.EXCLUDED if rule is not None and not missing else Cause.NO_RULE
        return Finding(Verdict.NOT, cause, announced.at, None, stretch, announced, rule, missing, excluded)
    if (
        announced.before is not None
        and interest.matches(announced.before)
        and announced.at >= stretch.joined_at
    ):
        return Finding(Verdict.NOT, Cause.LATE_LABEL, announced.at, None, stretch, announced)
    if stretch.paused:
        left = _last(case.turns, announced.at, after=True) == "left"
        return Finding(
            Verdict.NOT, Cause.LEFT if left else Cause.PAUSED, stretch.joined_at, None, stretch, announced
        )
    if waits or stretch.filling:
        return Finding(Verdict.WILL, Cause.PLANNED, _next_run(stretch, now), None, stretch, announced)
    # It was looked at, and fitted: only what could not be shown when the run was made is missing from it.
    return Finding(Verdict.NOT, Cause.WITHDRAWN, case.story.gone_at, None, stretch, announced)


def _comes_at_once(stretch: Stretch, announced: Announced) -> bool:
    """Whether it is for another stretch of the same time, which is quicker."""
    return announced.at >= stretch.joined_at and _is_for(stretch.minus, announced)


def _by_another_version(stretch: Stretch, story: Story, *, waits: bool) -> bool:
    """Whether the text is left to the quicker stretch, as that has another language version of it to look at. What has
    been touched since does not count in a run to come: whether somebody has it, the ledger says then.
    """
    begin = max(stretch.since, stretch.joined_at, stretch.served_to if waits else stretch.since)
    return any(
        _is_for(stretch.minus, one)
        and begin <= one.at
        and (one.steady if waits else one.at < stretch.served_to)
        for one in story.versions
    )


def _is_for(selection: Selection, announced: Announced) -> bool:
    again = announced.before is not None and selection.matches(announced.before)
    return selection.matches(announced.facts) and not again


def _was_current(stretch: Stretch, at: datetime) -> bool:
    return stretch.joined_at <= at and (stretch.ended_at is None or stretch.ended_at > at)


def _next_run(stretch: Stretch, now: datetime) -> datetime:
    if stretch.timetable is None:
        return max(now, stretch.settles_until or now)
    served = max(stretch.served_to, stretch.since)
    return windows.due_next(stretch.timetable, served, stretch.patience, now)


def _out_of_time(case: Case, announced: Announced) -> Finding:
    """Nothing that the person ever chose had to look at it: where they stood at that time."""
    at = announced.at
    turn = _last(case.turns, at)
    if turn in {"", "asked", "left"}:
        cause = {"": Cause.NOT_YET, "asked": Cause.UNCONFIRMED, "left": Cause.LEFT}[turn]
        return Finding(Verdict.NOT, cause, at, announced=announced)
    then = [one for one in case.stretches if _was_current(one, at)]
    if then:
        rule, missing, excluded = nearest(then[0].interest, announced.facts)
        cause = Cause.EXCLUDED if rule is not None and not missing else Cause.NO_RULE
        return Finding(Verdict.NOT, cause, at, None, then[0], announced, rule, missing, excluded)
    return Finding(Verdict.NOT, Cause.JOINED_LATER, at, announced=announced)


def _ended_by(turns: Sequence[Turn], at: datetime) -> Cause:
    """Why what a person had chosen at `at` did not come: by where they stood, or the first turn that was not undone."""
    if _last(turns, at) == "left":
        return Cause.LEFT
    later = [turn.kind for turn in turns if turn.at >= at]
    for number, kind in enumerate(later, 1):
        if kind == "afresh":
            return Cause.SKIPPED
        if kind == "left" and later[number : number + 1] != ["came_back"]:
            return Cause.LEFT
    return Cause.GIVEN_UP


def _last(turns: Sequence[Turn], at: datetime, *, after: bool = False) -> str:
    """The last turn up to `at`, or (`after`) of all; "" before the first."""
    past = [turn.kind for turn in turns if after or turn.at <= at]
    return past[-1] if past else ""

"""Messages as they look now, beside how they would look with a draft of the configuration applied.

What would be is rendered in a transaction that has the draft applied, and is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from config import revisions
from config.drafting import Review
from config.sections import ConfigurationError
from feeds import selected
from notifier import interests, preview, samples, texts
from notifier.drafting.values import Consequences, Effect
from notifier.preview import Preview

MOST = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """A message in both worlds; None where nothing in the store would be in it."""

    title: str
    before: Preview | None
    after: Preview | None


Rendering = Callable[[], Preview | None]
Pair = tuple[str, Rendering, Rendering]
"""A title, what renders the message as it is, and what renders it once the draft is applied."""


def samples_of(review: Review, found: Consequences, now: datetime) -> list[Sample]:
    """At most three messages that look different, of those who are concerned most."""
    wanted = list(_wanted(review, found, now))[:MOST]
    if not wanted:
        return []
    before = [render() for _, render, _ in wanted]
    try:
        with revisions.trying(now):
            revisions.apply(review.document, "", "", now=now)
            after = [render() for _, _, render in wanted]
    except ConfigurationError:
        return []  # the page says why it cannot be applied
    pairs = zip(wanted, before, after, strict=True)
    return [Sample(title, old, new) for (title, _, _), old, new in pairs if _body(old) != _body(new)]


def _wanted(review: Review, found: Consequences, now: datetime) -> Iterator[Pair]:
    own = str(settings.HERALD_LANGUAGES[0])
    for change in review.differences:
        if change.section == "text":
            languages = [name for name, _, _ in change.fields() if name in settings.HERALD_LANGUAGES]
            for kind in samples.kinds_with(change.key)[:1]:
                yield _made_up(kind, languages[0] if languages else own)
    if any(change.section == "newsroom" for change in review.differences):
        yield _made_up("digest", own)
    told = (one for one in found.effects if one.how != "same")
    if (effect := next(told, None)) is not None:
        yield _newest(effect, own, now)


def _made_up(kind: str, language: str) -> Pair:
    def render() -> Preview:
        return preview.of_sample(kind, language, texts.wording())

    return f"A made-up message: {kind}", render, render


def _newest(effect: Effect, language: str, now: datetime) -> Pair:
    """The newest releases of one audience, and those with what it gains and without what it loses."""
    chosen = effect.audience.interest
    have = [release.pk for release in selected.releases(chosen, preview.NEWEST)]
    gains, loses = effect.gains | effect.next_gains, effect.loses | effect.next_loses
    will = sorted({*have, *gains} - loses, key=lambda pk: (pk not in gains, pk not in have, -pk))[
        : preview.NEWEST
    ]
    return (
        f"The newest for those who chose: {interests.describe(chosen, 'en')}",
        lambda: preview.of_releases(have, chosen, language, now),
        lambda: preview.of_releases(will, chosen, language, now),
    )


def _body(message: Preview | None) -> tuple[str, str, str] | None:
    return (message.subject, message.text, message.html) if message else None

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
from feeds import former
from feeds.selection import EVERYTHING, Selection
from notifier import interests, preview, samples, texts
from notifier.consequences import Consequences
from notifier.preview import Preview

MOST = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """A message in both worlds; None where nothing in the store would be in it."""

    title: str
    before: Preview | None
    after: Preview | None


Rendering = Callable[[], Preview | None]


def samples_of(review: Review, found: Consequences, now: datetime) -> list[Sample]:
    """At most three messages that look different, of those who are concerned most."""
    wanted = list(_wanted(review, found, now))[:MOST]
    if not wanted:
        return []
    before = [render() for _, render in wanted]
    try:
        with revisions.trying(now):
            revisions.apply(review.document, "", "", now=now)
            after = [render() for _, render in wanted]
    except ConfigurationError:
        return []  # the page says why it cannot be applied
    pairs = zip(wanted, before, after, strict=True)
    return [Sample(title, old, new) for (title, _), old, new in pairs if _body(old) != _body(new)]


def _wanted(review: Review, found: Consequences, now: datetime) -> Iterator[tuple[str, Rendering]]:
    own = str(settings.HERALD_LANGUAGES[0])
    for change in review.differences:
        if change.section == "text":
            languages = [name for name, _, _ in change.fields() if name in settings.HERALD_LANGUAGES]
            for kind in samples.kinds_with(change.key)[:1]:
                yield f"A message of the kind “{kind}”", _made_up(kind, languages[0] if languages else own)
    if any(change.section == "newsroom" for change in review.differences):
        yield "A digest of the newest releases", _of(EVERYTHING, own, now)
    for effect in found.effects:
        if effect.gains or effect.loses or effect.next_gains or effect.next_loses:
            chosen = effect.audience.interest
            title = f"The newest for those who chose {interests.describe(chosen, 'en')}"
            yield title, _of(chosen, own, now)
            break


def _made_up(kind: str, language: str) -> Rendering:
    return lambda: preview.of_sample(kind, language, texts.wording())


def _of(selection: Selection, language: str, now: datetime) -> Rendering:
    return lambda: preview.of_selection(former.known().selection(selection), language, now)


def _body(message: Preview | None) -> tuple[str, str, str] | None:
    return (message.subject, message.text, message.html) if message else None

"""Texts of the newsroom tried on made-up messages, before they may be saved."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import translation

from feeds.models import Newsroom
from notifier import letters, mime, samples, summary
from notifier.headers import SUBJECT_LIMIT
from notifier.sandbox import BadText, check
from notifier.splice import clean
from notifier.texts import KINDS, Kind, Wording

_NEWSROOM = Newsroom(name="A newsroom with a name of some length", publisher="An organisation")


def faults(key: str, language: str, template: str) -> Iterator[str]:
    """What is wrong with a template, a sentence each: first by itself, then in each message it may stand in."""
    kind = KINDS[key]
    if not template.strip():
        return
    try:
        check(template, kind.names)
        wording = Wording({key: {language: template}}, strict=True)
        for sample in samples.kinds_with(key):
            yield from _in_a_message(kind, sample, language, wording)
    except BadText as error:
        yield str(error)


def _in_a_message(kind: Kind, sample: str, language: str, wording: Wording) -> Iterator[str]:
    letter = samples.letter(sample, language)
    with translation.override(language):
        said = clean(wording.say(kind.key, summary.facts(letter, _NEWSROOM))).strip()
    if kind.one_line and "\n" in said:
        yield f"has several lines in the sample {sample!r}; expected one line of text"
    elif "subject" in kind.key and len(mime.one_line(said)) > SUBJECT_LIMIT:
        yield f"has {len(said)} characters in the sample {sample!r}; expected a subject of at most {SUBJECT_LIMIT}"
    letters.compose(letter, _NEWSROOM, wording)

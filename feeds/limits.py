"""How much of each field a release may hold. Nothing is cut silently: each cut gives a warning on the release.

Lengths are in characters, after cleaning. They lie far above what newsrooms write: they keep a broken program's
megabyte out of indexes, pages and mail, not a long title. Of what cannot be used at all (an address of no web page, a
tag of no language) nothing is kept, with a warning as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from feeds import normalise
from feeds.labels import LONGEST as PENDING
from feeds.labels import SEPARATOR
from feeds.tangles import tangled

TITLE = 1_000
SUMMARY = 10_000
BODY = 1_000_000  # of HTML: what feeds carry (feeds.entries) and feed readers' parsers accept
AUTHOR = 500
NOTE = 5_000  # the editor's
REASON = 1_000  # of a withdrawal
LABEL = 1_000  # one label, which may hold several names
LABELS = 100  # of one kind
ALTERNATES = 100  # other language versions
KEY = 500  # longer keys are kept as their digest, which loses nothing
URL = normalise.LONGEST_URL
LANGUAGE = normalise.LONGEST_LANGUAGE
WARNINGS, WARNING = 20, 300

ROOM = 10  # so many times its limit of a field is looked at before it is cleaned: white space and controls go away


@dataclass(slots=True)
class Cutter:
    """Cuts the fields of one release, and says so in `warnings`."""

    warnings: list[str] = field(default_factory=list)

    def text(self, name: str, value: str, limit: int, clean: Callable[[str], str] = normalise.line) -> str:
        """`value` cleaned, and cut between words if it is longer than `limit`."""
        cleaned = clean(value[: ROOM * limit])
        if len(cleaned) <= limit and len(value) <= ROOM * limit:
            return cleaned
        self.warn(f"The {name} was cut to {limit:,} characters; it had {len(value):,}.")
        return clean(cleaned[: limit - 1].rpartition(" ")[0] or cleaned[: limit - 1]).rstrip("…") + "…"

    def markup(self, value: str, base: str | None) -> str:
        """HTML cleaned; plain text in paragraphs. What is too long is cut before and after: cleaning may lengthen."""
        if not value:
            return ""
        if tangled(value[:BODY]):
            self.warn("The HTML of the text is too tangled to be read: only its words were kept.")
        clean = normalise.markup if normalise.has_markup(value[:BODY]) else _paragraphs
        room = BODY
        cleaned = clean(value[:room], base)
        while len(cleaned) > BODY:
            room = room * BODY // (len(cleaned) + BODY // 100)
            cleaned = clean(value[:room], base)
        if room < len(value):
            self.warn(f"The text was cut after {room:,} characters; it had {len(value):,}.")
        return cleaned

    def url(self, name: str, value: str) -> str | None:
        """The canonical address, or None."""
        found = normalise.url(value) if value else None
        if found is None and value.strip():
            self.warn(
                f"The {name} was left out: it is no http or https address of at most {URL:,} characters."
            )
        return found

    def language(self, value: str) -> str:
        found = normalise.language(value[: ROOM * LANGUAGE]) if value else ""
        if not found and value.strip():
            self.warn(
                f'The language was left out: "{normalise.excerpt(value[:100], 40)}" is no language tag.'
            )
        return found

    def labels(self, name: str, values: Sequence[str]) -> list[str]:
        """Labels on one line each, without empty ones."""
        if len(values) > LABELS:
            self.warn(f"Only the first {LABELS} {name} labels were kept; it had {len(values):,}.")
        cleaned = [self.text(f"{name} label", one, LABEL) for one in values[:LABELS] if one]
        if any(len(piece) > PENDING for one in cleaned for piece in one.split(SEPARATOR)):
            self.warn(
                f"Of the {name} labels no more than {PENDING} characters each are kept until they are known."
            )
        return [one for one in cleaned if one]

    def warn(self, text: str) -> None:
        """Take up a warning, each once; the last of too many says that there were more."""
        text = normalise.excerpt(text[: ROOM * WARNING], WARNING)
        if not text or text in self.warnings or len(self.warnings) > WARNINGS:
            return
        self.warnings.append(
            text if len(self.warnings) < WARNINGS else "There were more warnings than are kept."
        )


def _paragraphs(value: str, _base: str | None) -> str:
    return normalise.paragraphs(value)

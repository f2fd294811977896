"""What a check finds, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from notifier.cli.faults import explain


class Grade(StrEnum):
    OK = "ok"
    NOTE = "note"  # it works, and whoever runs it should know
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` names what was looked at in a word or two; `words` say what was found, and what to do where it is wrong."""

    about: str
    words: str
    grade: Grade = Grade.OK

    @property
    def wrong(self) -> bool:
        return self.grade == Grade.WRONG

    def __str__(self) -> str:
        return f"{self.grade:<6}{self.about}: {self.words}"


def note(about: str, words: str) -> Finding:
    return Finding(about, words, Grade.NOTE)


def wrong(about: str, words: str) -> Finding:
    return Finding(about, words, Grade.WRONG)


def tried(about: str, action: Callable[[], str]) -> Finding:
    """What `action` says, or the error it raises in words."""
    try:
        return Finding(about, action())
    except Exception as error:
        return wrong(about, explain(error) or f"{error or type(error).__name__}")

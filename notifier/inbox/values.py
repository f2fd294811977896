"""A matter that waits for a decision, and piles of them, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

SHOWN = 5
"""How many of a pile are shown; of the rest their number is said, with a link to all."""


class Urgency(IntEnum):
    NOW = 1  # mail or feeds stand still
    TODAY = 2  # readers wait for it, or would miss something
    WHEN_TIME = 3


@dataclass(frozen=True, slots=True)
class Button:
    """`name` is an action of the page of the matter's model; `words` stand on it. `main`: the one that is usual."""

    name: str
    words: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Matter:
    """One decision. `row` is that of the pile's model, 0 for none; `link` leads to its page, `link_words` say to what.

    `choices`: (value, words) to choose from before the pile's first button is pressed.
    """

    title: str
    words: str
    link: str
    link_words: str
    row: int = 0
    choices: Sequence[tuple[str, str]] = ()
    change: str = ""  # the permission to press its buttons, where that is not the pile's


@dataclass(frozen=True, slots=True)
class Pile:
    """Matters of one kind. `model` ("feeds.suggestion") has the buttons; `see` and `change` are permissions."""

    kind: str
    title: str
    urgency: Urgency
    see: str
    matters: Sequence[Matter]
    total: int
    more: str = ""
    model: str = ""
    change: str = ""
    buttons: Sequence[Button] = ()

    def __str__(self) -> str:
        """In one line: the one matter there is, or how many of what."""
        if self.total == 1 and self.matters:
            return self.matters[0].title
        return f"{self.title}: {self.total:,}"


def sentence(words: str) -> str:
    """What other rooms say in a line, as a sentence."""
    return f"{words[:1].upper()}{words[1:]}."

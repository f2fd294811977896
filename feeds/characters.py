"""Characters that do not show: which of them a script needs, and which only mislead, hide or break. Pure.

Kept where they do their work: joiners within scripts that join by them and within emoji, break points within scripts
without blanks, directional marks in text that holds right-to-left letters. Everything else of the kind is removed: an
override that turns a file name round, a zero-width blank that makes two equal titles differ.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import groupby

# XML 1.0 (2.2) cannot hold these, escaped or not; PostgreSQL cannot hold NUL.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SUSPECT = re.compile(  # one class, since most texts have none of them
    "[\x00-\x08\x0b\x0c\x0e-\x1f\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202c\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")
_USELESS = re.compile(
    "[\u00ad\u202d\u202e\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb]"
    # a joiner joins letters of scripts that have one, or emoji
    "|(?<![\u0590-\u061b\u061d-\u1cff\ua000-\ua4ff\ua800-\uabff])\u200c"
    "|(?<![\u0590-\u061b\u061d-\u1cff\ua800-\uabff\u2190-\u2328\u232b-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d"
    # a place to break a line, in scripts that have no blanks (Thai, Lao, Tibetan, Myanmar, Khmer)
    "|(?<![\u0e00-\u109f\u1780-\u17ff])\u200b"
    # the letters of a tag, save in a flag (England's, Scotland's, Wales's)
    "|(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+"
)
_CLOSED_BY = {
    "\u202a": "\u202c",
    "\u202b": "\u202c",
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
_MOST_MARKS = 30  # on one letter: Stream-Safe Text Format, UAX 15 (13)


def printable(value: str) -> bool:
    """Whether all of it can be printed, line ends apart. Most texts can, and need not be searched for what is to go,
    which takes ten times as long.
    """
    return value.replace("\n", " ").isprintable()


def shown(value: str, *, balanced: bool = True) -> str:
    """Without what XML 1.0 cannot hold, and without characters that do not show and are not needed. `balanced`: what
    turns the direction of writing ends on its line; HTML ends it with the element.
    """
    if not _SUSPECT.search(value):
        return value
    value = ILLEGAL.sub("", value)
    if _DIRECTIONS.search(value):
        if not _RIGHT_TO_LEFT.search(value):
            value = _DIRECTIONS.sub("", value)
        elif balanced:
            value = "\n".join(_balanced(line) for line in value.split("\n"))
    return _USELESS.sub("", value)


def composed(value: str) -> str:
    """NFC. A letter keeps at most thirty marks: sorting thousands of them takes the square of their number."""
    if value.isascii() or unicodedata.is_normalized("NFC", value):
        return value
    return unicodedata.normalize("NFC", _many_marks().sub(lambda found: found[0][:_MOST_MARKS], value))


def _balanced(line: str) -> str:
    """Each embedding and isolate ended, in order; an end of nothing left out."""
    kept, waiting = [], list[str]()
    for one in line:
        if one in _CLOSED_BY:
            waiting.append(_CLOSED_BY[one])
        elif one in "\u202c\u2069":
            if one not in waiting:
                continue
            while (due := waiting.pop()) != one:
                kept.append(due)
        kept.append(one)
    return "".join(kept) + "".join(reversed(waiting))


@cache
def _many_marks() -> re.Pattern[str]:
    marks = [code for code in range(0x300, 0x20000) if unicodedata.combining(chr(code))]
    runs = [list(run) for _, run in groupby(enumerate(marks), lambda one: one[1] - one[0])]
    spans = "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)
    return re.compile(f"[{spans}]{{{_MOST_MARKS + 1},}}")

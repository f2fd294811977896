"""What is typed into the box, as a plain value, and the words of a text. Pure; never raises on any str."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 200  # characters of a query
MOST = 12  # words and phrases of a query
LONGEST_TOKEN = 60

Phrase = tuple[str, ...]

_TOKEN = re.compile(r"[^\W_]+")
# Written without spaces (Thai, Lao, Burmese, Khmer, Japanese, Chinese): each sign is a token.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])"
)
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670\u00ad]")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_PART = re.compile(r'(?P<no>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Query:
    """All of `wanted` and none of `without`. `is_open`: the last word may go on ("kyrg" finds "Kyrgyzstan"). `said` and
    `unsaid` are the same as they were typed.
    """

    wanted: tuple[Phrase, ...] = ()
    without: tuple[Phrase, ...] = ()
    is_open: bool = False
    said: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted)


def read(text: str) -> Query:
    """Words, "phrases" and -without; what is beyond 200 characters or twelve of these is left out."""
    wanted: dict[Phrase, str] = {}
    without: dict[Phrase, str] = {}
    is_open = False
    for part in list(_PART.finditer(text[:LONGEST].translate(_QUOTES)))[:MOST]:
        said = part["phrase"] if part["phrase"] is not None else part["word"]
        phrase = tuple(tokens(said))
        if not phrase:
            continue
        (without if part["no"] else wanted).setdefault(phrase, " ".join(said.split()))
        is_open = part["word"] is not None and not part["no"] and len(phrase[-1]) > 1
        is_open = is_open and phrase == [*wanted][-1]
    return Query(tuple(wanted), tuple(without), is_open, tuple(wanted.values()), tuple(without.values()))


def tokens(text: str) -> list[str]:
    """The words of a text without case and accents, in its order."""
    return [one[:LONGEST_TOKEN] for one in _TOKEN.findall(_folded(text))]


def placed(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each word of a text in NFC as (start, end, its tokens)."""
    for found in re.finditer(r"\w+", text):
        yield found.start(), found.end(), tokens(found[0])


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return _UNSPACED.sub(r" \1 ", unicodedata.normalize("NFC", bare))

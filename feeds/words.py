"""Whether a text says a word or a phrase, in any script. Pure.

Case, compatibility forms (full width, ligatures) and the ways to write one and the same sign do not matter: hyphens,
apostrophes, no-break spaces, soft hyphens and other marks that nobody sees, composed or decomposed accents, the Turkish
dotted and dotless i. Accents themselves do matter ("schon" is not "schön"). A word is found whole, as its letters and
the marks on them end; a phrase also where hyphens join it. Scripts written without spaces have no such ends: there any
place in the text will do.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = "\u2019\u2018\u201b\u02bc\u02bb\u0060\u00b4\u02b9\u055a\uff07"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
# Soft hyphen, joiners, marks of direction, the tatweel that only stretches; the vowel signs of Arabic and the points of
# Hebrew, which newsrooms write or leave out; the dot that an upper-case dotted i leaves when it is made lower case.
_UNSEEN = (
    "\u00ad\u034f\u061c\u0640\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u0307"
    + "".join(map(chr, (*range(0x064B, 0x0653), 0x0670, *range(0x05B0, 0x05BE), 0x05BF, 0x05C1, 0x05C2)))
)
_BEFORE = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_HYPHENS, "-"))
_AFTER = str.maketrans(dict.fromkeys(_UNSEEN, "") | {"ı": "i"})
# Thai and Lao, Burmese, Khmer, Japanese, Chinese.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)


_RUN = re.compile(r"\w+")


def tidy(words: str) -> str:
    """The one form of a word or phrase to look for; "" if nothing is left of it."""
    folded = _composed(_composed(words.translate(_BEFORE)).casefold())
    # Once more, as what was unseen may have kept a letter and its mark apart.
    return " ".join(_composed(folded.translate(_AFTER)).split())


def says(text: str, words: str) -> bool:
    """Whether `text` has these words, which are `tidy`, as whole words."""
    within, wanted = _spaced(text), _parted(words)
    at = within.find(wanted) if wanted else -1
    while at >= 0:
        if _ends(within, at, at - 1) and _ends(within, at + len(wanted) - 1, at + len(wanted)):
            return True
        at = within.find(wanted, at + 1)
    return False


def pieces(text: str) -> set[str]:
    """What a text can be found by: of each word that it says (`says`), `piece` is among these."""
    return {"", *_RUN.findall(_UNSPACED.sub(" ", _spaced(text)))}


def piece(words: str) -> str:
    """The longest run of letters in words that are `tidy`, which stands alone in each text that says them; "" where
    they are of a script without spaces, in which nothing stands alone.
    """
    parted = _parted(words)
    return "" if _UNSPACED.search(parted) else max(_RUN.findall(parted), key=len, default="")


@lru_cache(maxsize=2048)
def _spaced(text: str) -> str:
    """Remembered, as each release is compared with the words of many people."""
    return _parted(tidy(text))


def _parted(words: str) -> str:
    return " ".join(words.replace("-", " ").split())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_BEFORE)


def _ends(text: str, inside: int, outside: int) -> bool:
    """Whether a word may end between these two neighbouring places, the one in it and the one beyond."""
    if not 0 <= outside < len(text) or _UNSPACED.match(text[inside]) or _UNSPACED.match(text[outside]):
        return True
    beyond = text[outside]
    return not (beyond.isalnum() or beyond == "_" or unicodedata.category(beyond).startswith("M"))

"""What a failure means, by its enhanced status code (RFC 3463) and, where that says too little, by its words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notifier.models import Reply

Kind = Reply.Kind


@dataclass(frozen=True, slots=True)
class Meaning:
    """`status` is an enhanced code such as 5.1.1, or empty."""

    kind: Reply.Kind
    status: str = ""


# There is no such mailbox: nobody, bad syntax, moved, a domain that takes no mail. A domain that is not found (5.1.2,
# 5.4.4) is not among them: for a relay whose name server fails, that is every domain.
_NOBODY = frozenset({"5.1.1", "5.1.3", "5.1.6", "5.1.10"})
# Codes that makers use for anything: the words decide.
_ANYTHING = re.compile(r"5\.(0\.0|1\.0|2\.0|3\.0|4\.1|5\.0|5\.4|7\.0|7\.509)|")
_WORDS = re.compile(
    r"(user|recipient|mailbox|account|address|addressee)\b.{0,60}?\b(unknown|(does|do|did) ?n[o']t exist|not found|"
    r"doesn't have an? |is invalid|no longer (valid|exists)|not known)"
    r"|no such (user|recipient|mailbox|person|account|address)|unknown (user|recipient|local)"
    r"|invalid (recipient|mailbox)|no mailbox (here )?by that name|this user doesn't have"
    r"|recipient ?not ?found|unrouteable address",
    re.I,
)
# Words of something else that such a sentence may be about: us, our domain, a mailbox that is there.
_ELSE = re.compile(
    r"quota|mailbox (is )?full|over ?size|blocked|spam|policy|reputation|temporar|relay(ing)?\b"
    r"|sender('s)? (address|domain|verif|denied|rejected|unknown)"
    r"|(domain|host)( ?name)? (was )?(not found|lookup|does not exist)",
    re.I,
)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_AFTER_REPLY = re.compile(
    r"\b[45]\d\d[ \-]+(?:#)?([45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)|\(#([45]\.\d{1,3}\.\d{1,3})\)"
)
_REPLY = re.compile(r"(?<![\d.])([45])\d\d[ \-](?=\D)")


def of_failure(status: str, words: str) -> Meaning:
    """HARD or SOFT, of a delivery that was given up. `status` may be empty or junk; `words` are the other side's."""
    status = status_in(status) or status_in(words)
    if status in _NOBODY:
        return Meaning(Kind.HARD, status)
    unclear = _ANYTHING.fullmatch(status) is not None and _WORDS.search(words) is not None
    return Meaning(Kind.HARD if unclear and not _ELSE.search(words) else Kind.SOFT, status)


def status_in(text: str) -> str:
    """The first enhanced code in `text`, one that stands after a reply code before all others; else empty."""
    found = _AFTER_REPLY.search(text)
    if found:
        return found[1] or found[2]
    plain = _STATUS.search(text)
    if plain:
        return plain[1]
    reply = _REPLY.search(text)
    return f"{reply[1]}.0.0" if reply else ""


def together(meanings: list[Meaning], *, reached_somebody: bool = False) -> Meaning:
    """Of several recipients that one address became on its way: the mildest, as it is not known which was ours."""
    mildest = min(meanings, key=lambda meaning: meaning.kind == Kind.HARD)
    if reached_somebody and mildest.kind == Kind.HARD:
        return Meaning(Kind.SOFT, mildest.status)
    return mildest

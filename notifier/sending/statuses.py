"""What a reply of a relay means for the message, the person and the relay itself. Pure.

Judged by the enhanced status code first (RFC 3463, RFC 2034), where there is one, and then by the reply code (RFC 5321
section 4.2). Where the two disagree on whether it is for good, it is not: nobody is given up for a relay's slip.

    reply                                        at MAIL, DATA    at RCPT                       at the dot
    421                                          LEAVING          LEAVING                       LEAVING
    530, 534, 535, 538                           OURS             OURS                          ABOUT_US
    5.7.x that speaks of us                      OURS             ABOUT_US                      ABOUT_US
    5.7.0, 5.7.1, 5.7.7, 554 and 571 without     OURS             POLICY                        POLICY
    other 5.7.x (5.7.2, 5.7.13x, 5.7.17, 5.7.18) OURS             FINAL                         FINAL
    5.3.4, 5.2.3, and 552 at MAIL or the dot     FINAL            FINAL                         FINAL
    any other 5.x.x, 5xx                         OURS             FINAL                         FINAL
    4.7.x                                        BUSY             SLOWER                        SLOWER
    any other 4.x.x, 4xx                         BUSY (DATA: LATER)  LATER                      LATER
"""

from __future__ import annotations

import re
from enum import Enum, auto

from notifier.sending.wire import Reply


class Meaning(Enum):
    GOOD = auto()
    LATER = auto()  # this message, by the retry schedule
    SLOWER = auto()  # as LATER, and less at a time for this domain
    POLICY = auto()  # refused by policy, which may be theirs or about us: once more, then for good
    FINAL = auto()  # this message to this person, for good
    BUSY = auto()  # the relay takes nothing just now, whoever it is for
    LEAVING = auto()  # the relay closes the connection
    OURS = auto()  # the relay refuses us before it knows who the message is for
    ABOUT_US = auto()  # the message was refused for what we are: no recipient is to blame


Code = tuple[int, int, int]

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_UNSIGNED = {530, 534, 535, 538}  # RFC 4954, 3207: sign in, encrypt
_TOO_LARGE = {(5, 3, 4), (5, 2, 3)}
_UNCLEAR = {(5, 7, 0), (5, 7, 1), (5, 7, 7)}
# Registered (IANA "SMTP Enhanced Status Codes"): credentials, encryption and trust of ours (3 to 16), a password that
# must be changed, SPF, DKIM, DMARC, reverse DNS, authentication in sum, floods, REQUIRETLS (20 to 30).
_ABOUT_US = {3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, *range(20, 31)}
_MICROSOFT_ABOUT_US = range(
    500, 1000
)  # a banned sender or address, DMARC; 5.7.1xx are rules of the recipient's


def enhanced(reply: Reply) -> Code | None:
    """The enhanced status code that the reply begins with."""
    found = _ENHANCED.match(reply.text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def meaning(verb: str, reply: Reply) -> Meaning:
    """What `reply` to `verb` ("MAIL", "RCPT", "DATA", or "." for the body) means."""
    if reply.code == 421:
        return Meaning.LEAVING
    if reply.code < 400:
        return Meaning.GOOD
    code = enhanced(reply)
    if reply.code < 500 or (code is not None and code[0] == 4):
        return _for_now(verb, code)
    return _for_good(verb, reply, code)


def _for_now(verb: str, code: Code | None) -> Meaning:
    if verb == "MAIL":
        return Meaning.BUSY
    slower = code is not None and code[1] == 7
    if verb == "DATA":
        return Meaning.BUSY if slower else Meaning.LATER
    return Meaning.SLOWER if slower else Meaning.LATER


def _for_good(verb: str, reply: Reply, code: Code | None) -> Meaning:
    if code in _TOO_LARGE or (code is None and reply.code == 552 and verb in {"MAIL", "."}):
        return Meaning.FINAL
    if verb in {"MAIL", "DATA"} or (reply.code in _UNSIGNED and verb != "."):
        return Meaning.OURS
    if reply.code in _UNSIGNED or _is_about_us(code):
        return Meaning.ABOUT_US
    unclear = code in _UNCLEAR or (code is None and reply.code in {554, 571})
    return Meaning.POLICY if unclear else Meaning.FINAL


def _is_about_us(code: Code | None) -> bool:
    return (
        code is not None and code[:2] == (5, 7) and (code[2] in _ABOUT_US or code[2] in _MICROSOFT_ABOUT_US)
    )

"""What a message that came back says. Pure: bytes in, a Reading out; junk is OTHER.

    complaint (RFC 5965)? -> delivery status (RFC 3464)? -> a mailer's own words (flufl.bounce)? -> challenge?
                          -> automatic answer (RFC 3834)? -> something else

The order matters: mailers mark their failures as automatic, too, and people quote failures in what they write.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from notifier.models import Reply
from notifier.replies import automatic, meaning, parsing
from notifier.replies.meaning import Meaning

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it writes down what it fails to read
Kind = Reply.Kind
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = (
    "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers",
)  # fmt: skip
# Where our own message begins in a bounce that is all one text: its words are not the mailer's.
_OURS = re.compile(
    r"^-{2,}.*\b(copy|original|header|returned|below)\b|^(return-path|received|message-id|subject): ",
    re.I | re.M,
)
_REACHED = frozenset({"delivered", "relayed", "expanded"})


@dataclass(frozen=True, slots=True)
class Returned:
    """What a report says of our message; each to be believed only as far as it is signed (`identity`)."""

    return_path: str = ""
    unsubscribe: str = ""
    message_id: str = ""
    feedback_id: str = ""
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """`digest` is the same whenever the same reply is read."""

    meaning: Meaning
    digest: str
    returned: Returned | None = None  # of complaints


def read(data: bytes) -> Reading:
    message = parsing.parse(data)
    name = parsing.value(message, "Message-ID") if message is not None else ""
    digest = hashlib.sha256(name.encode() if name else data).hexdigest()
    if message is None:
        return Reading(Meaning(Kind.OTHER), digest)
    report = next(parsing.parts(message, "message/feedback-report"), None)
    if report is not None:
        return Reading(_complaint(report), digest, _returned(message, report))
    return Reading(_meaning(message), digest)


def _meaning(message: Message) -> Meaning:
    status = next(parsing.parts(message, *_STATUS_PARTS), None)
    found = _of_status(status, _words_of(message)) if status is not None else None
    if found is not None:
        return found
    if automatic.is_from_a_mailer(message) and (failure := _of_words(message)):
        return failure
    if automatic.is_challenge(message):
        return Meaning(Kind.CHALLENGE)
    return Meaning(Kind.AUTO if automatic.is_answer(message) else Kind.OTHER)


def _of_status(part: Message, words: str) -> Meaning | None:
    """None for a report that tells of no recipient. `words` are those before it, which alone say why where a mailer has
    given up before it spoke to another one: then there is no diagnostic code (Exim).
    """
    said = [(_action(block), block) for block in parsing.blocks(part)]
    actions = {action for action, _ in said}
    failed = [block for action, block in said if action == "failed"]
    words = words if len(failed) == 1 else ""  # of several it is not known about whom they are
    failures = [
        meaning.of_failure(parsing.value(block, "Status"), parsing.value(block, "Diagnostic-Code") or words)
        for block in failed
    ]
    if failures:
        return meaning.together(failures, reached_somebody=bool(actions & _REACHED))
    if "delayed" in actions:
        delayed = next(block for action, block in said if action == "delayed")
        return Meaning(Kind.DELAYED, meaning.status_in(parsing.value(delayed, "Status")))
    return Meaning(Kind.DELIVERED) if actions & _REACHED else None


def _action(block: Message) -> str:
    """In lower case, without the comment that some write after it (RFC 3464 section 2.1.1)."""
    return parsing.value(block, "Action").lower().partition("(")[0].strip()


def _of_words(message: Message) -> Meaning | None:
    """What mailers say that know no RFC 3464. That they fail is flufl.bounce's finding; why, their words'."""
    try:
        for_now, for_good = all_failures(message)
    except Exception:
        return None  # its detectors raise all sorts of errors at junk; and junk is no bounce
    words = _words_of(message)
    if for_good:
        return meaning.of_failure("", words)
    return Meaning(Kind.DELAYED, meaning.status_in(words)) if for_now else None


def _words_of(message: Message) -> str:
    """The mailer's own."""
    return _OURS.split(parsing.said(message), maxsplit=1)[0]


def _complaint(report: Message) -> Meaning:
    kinds = {parsing.value(block, "Feedback-Type").lower() for block in parsing.blocks(report)}
    if kinds & _COMPLAINTS:
        return Meaning(Kind.COMPLAINT)
    return Meaning(Kind.NOT_SPAM if "not-spam" in kinds else Kind.OTHER)


def _returned(message: Message, report: Message) -> Returned:
    fields = parsing.blocks(report)
    original = next(map(parsing.headers, parsing.parts(message, *_RETURNED)), Message())
    return Returned(
        return_path=next(_all(fields, "Original-Mail-From"), "") or parsing.value(original, "Return-Path"),
        unsubscribe=parsing.value(original, "List-Unsubscribe"),
        message_id=parsing.value(original, "Message-ID"),
        feedback_id=parsing.value(original, "Feedback-ID"),
        recipients=(*_all(fields, "Original-Rcpt-To"), *_all(fields, "Removal-Recipient"), *_all([original], "To")),
    )  # fmt: skip


def _all(fields: list[Message], name: str) -> Iterator[str]:
    for block in fields:
        for raw in block.get_all(name, [])[:20]:
            if found := " ".join(str(raw).split()):
                yield found

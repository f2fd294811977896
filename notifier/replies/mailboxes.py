"""Replies from files: one message, as a mail server's pipe gives it, or a maildir."""

from __future__ import annotations

import mailbox
from collections import Counter
from datetime import datetime
from pathlib import Path

from notifier.replies import parsing, receiving
from notifier.replies.receiving import Outcome

# Who delivers writes in one of these to whom; the rest is what was written by whoever sent it. All are signed alike.
_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To")


def take(content: bytes, to: str, now: datetime) -> Outcome:
    """One message. Without `to`, the address it was brought to is looked for in its headers."""
    return receiving.receive(content, to or _addressee(content, now), now)


def is_maildir(path: Path) -> bool:
    return all((path / name).is_dir() for name in ("new", "cur", "tmp"))


def empty(path: Path, now: datetime) -> Counter[str]:
    """All that is new in a maildir; how many came to each outcome. What is recorded is moved to `cur`, as seen."""
    box = mailbox.Maildir(path, create=False)
    outcomes: Counter[str] = Counter()
    for key in sorted(box.keys()):
        message = box.get_message(key)
        if message.get_subdir() != "new":
            continue
        with box.get_file(key) as file:
            content = file.read(parsing.SIZE_LIMIT)
        outcomes[take(content, "", now).value] += 1
        message.set_subdir("cur")
        message.add_flag("S")
        box[key] = message
    return outcomes


def _addressee(content: bytes, now: datetime) -> str:
    message = parsing.parse(content)
    if message is None:
        return ""
    for name in _TO:
        for raw in message.get_all(name, [])[:20]:
            for word in str(raw).replace(",", " ").split()[:50]:
                if receiving.is_ours(word.strip("<>"), now):
                    return word.strip("<>")
    return ""

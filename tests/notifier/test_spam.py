"""What SpamAssassin's local rules say of every kind of message in every language. Skipped where it is not installed."""

import mailbox
import re
import shutil
import subprocess

import pytest
from django.conf import settings as project

from feeds.models import Newsroom
from notifier import letters, samples

NEWSROOM = Newsroom(
    name="OSCE newsroom", publisher="Organization for Security and Co-operation in Europe", sender_name="OSCE newsroom",
    sender_address="newsroom@news.example.org", list_domain="news.example.org", postal_address="Wallnerstr. 6, Vienna",
)  # fmt: skip
RECEIVED = (
    b"Received: from mail.example.org (mail.example.org [93.184.215.14])\r\n"
    b"\tby mx.example.net (Postfix) with ESMTPS id 4YzN\r\n\tfor <ada@example.net>; Mon, 17 Feb 2025 06:00:05 +0000\r\n"
)
MOST = 2.0


def arrived(kind, language):
    """A message as the recipient's server has it."""
    letter = samples.letter(kind, language)
    pattern = letters.compose(letter, NEWSROOM)
    choice = "Border management or Countering terrorism, from OSCE Centre in Ashgabat"
    return RECEIVED + pattern.fill(
        letters.values(pattern, 7, letter.made_at.date(), 11, "ada@example.net", choice)
    )


@pytest.mark.holds("M8")
@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="SpamAssassin is not installed")
def test_no_message_looks_like_spam(tmp_path, settings):
    """All in one process, which takes ten seconds; one each would take minutes."""
    settings.BASE_URL = "https://news.example.org"  # a port in a link is held against it
    box = mailbox.mbox(tmp_path / "messages.mbox")
    kinds = [(kind, language) for kind in samples.KINDS for language in project.HERALD_LANGUAGES]
    for kind, language in kinds:
        box.add(arrived(kind, language))
    box.close()
    judged = subprocess.run(
        ["spamassassin", "--local", "--mbox", f"--prefspath={tmp_path}/prefs", str(tmp_path / "messages.mbox")],
        capture_output=True, check=True, timeout=240, text=True, errors="replace",
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    found = re.findall(
        r"^X-Spam-Status: \w+, score=(-?[\d.]+) .*?tests=(\S+(?:\n\t\S+)*)", judged.stdout, re.M | re.S
    )
    assert len(found) == len(kinds)
    scores = {pair: (float(score), tests) for pair, (score, tests) in zip(kinds, found, strict=True)}
    assert {pair: said for pair, said in scores.items() if said[0] >= MOST} == {}
    assert any("HTML_MESSAGE" in tests for _, tests in scores.values())  # the rules did run

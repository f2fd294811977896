import asyncio
import os
import smtplib
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from notifier.demo import catcher
from notifier.demo.mail import Mailbox

MESSAGE = (
    b"From: newsroom@example.org\r\nTo: a@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <1@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n..first\r\nsecond\r\n"
)


@contextmanager
def catching(folder):
    listening = catcher.listen()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(catcher.catch(folder, listening, stop)))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def test_what_comes_over_smtp_is_kept_byte_for_byte(tmp_path):
    with catching(tmp_path) as port, smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail("bounce@example.org", ["a@example.org", "b@example.org"], MESSAGE)
    mailbox = Mailbox(tmp_path)
    second, first = mailbox.envelopes()
    assert (first.to, second.to) == ("a@example.org", "b@example.org")
    assert first.sender == "bounce@example.org"
    assert first.subject == "Grüße"
    assert first.message_id == "<1@example.org>"
    letter = mailbox.letter(first.id)
    assert letter.source == MESSAGE
    assert letter.part("plain").splitlines() == ["..first", "second"]
    assert letter.part("html") == ""


def test_it_listens_on_the_loopback_alone_and_takes_another_port_if_one_is_taken():
    first = catcher.listen()
    second = catcher.listen(first.getsockname()[1])
    assert first.getsockname()[0] == second.getsockname()[0] == "127.0.0.1"
    assert first.getsockname()[1] != second.getsockname()[1]
    first.close()
    second.close()


def test_a_worker_that_drains_is_still_served(tmp_path):
    with catching(tmp_path) as port:
        smtp = smtplib.SMTP("127.0.0.1", port)
        smtp.ehlo()
        draining = threading.Timer(0.3, lambda: (smtp.sendmail("", ["a@example.org"], MESSAGE), smtp.quit()))
        draining.start()
    draining.join()
    assert len(Mailbox(tmp_path).envelopes()) == 1


@pytest.fixture
def box(tmp_path):
    found = Mailbox(tmp_path)
    found.repair()
    return found


def test_a_message_that_a_crash_left_out_of_the_index_is_listed_again(box):
    (first,) = box.put(["a@example.org"], "", MESSAGE)
    (second,) = box.put(["b@example.org"], "", MESSAGE)
    index = box.folder / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-20])
    assert box.envelopes() == [first]
    assert box.repair() == 1
    assert box.envelopes() == [second, first]
    assert box.repair() == 0


def test_what_is_being_written_is_not_shown(box):
    (box.folder / "00000000000000000001.new").write_bytes(b"half")
    assert box.repair() == 0
    assert box.envelopes() == []


def test_duplicates_are_counted_by_recipient_and_message_id(box):
    box.put(["a@example.org", "b@example.org"], "", MESSAGE)
    assert box.duplicates() == 0
    box.put(["a@example.org"], "", MESSAGE)
    assert box.duplicates() == 1


def test_a_subject_that_no_parser_likes_is_kept(box):
    box.put(["a@example.org"], "", b"Subject: =?utf-8?b?=ff?= \x00\xff\r\nMessage-ID: <\r\n\r\nx")
    assert len(box.envelopes()) == 1
    assert box.letter(box.envelopes()[0].id).part("plain") == "x"


@pytest.mark.parametrize("id", ["", "..", "../index", "1", "0" * 20, "x" * 20])
def test_there_is_no_way_out_of_the_folder(box, id):
    assert box.letter(id) is None


def test_the_demo_begins_before_there_are_settings() -> None:
    """It marks its home first, so nothing that it imports may ask Django for anything."""
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    made = subprocess.run(
        [sys.executable, "-c", "import notifier.demo.start"],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode, made.stderr) == (0, "")

"""Patterns with slots: whatever is put into them, a message reads as if it had been built whole."""

import email
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import parseaddr
from html import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifier import mime, splice
from notifier.splice import BadValue, Encoding, Pattern, Slot, mark

BOUNDARY = "=_x"
LINES = st.text(
    st.sampled_from(". =\t-Aaé€😀<&>\"'\n") | st.characters(exclude_categories=["Cs"]), max_size=200
)
LONG = st.text(st.sampled_from("ab .é=.\n"), min_size=200, max_size=600)
WORDS = st.one_of(LINES, LONG)
few = settings(max_examples=50, deadline=None)
ADDRESSES = st.from_regex(r"\A[a-z.]{1,30}@[a-z.]{1,60}\Z")


def built(text, html, values=None):
    pattern = mime.build([("To", mark("to")), ("Subject", "x")], text, html, BOUNDARY)
    return pattern.fill({"to": "a@b.c", **(values or {})})


def bodies(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()]


@few
@given(before=WORDS, value=WORDS, between=WORDS, other=WORDS, after=WORDS)
@example(before="", value=".", between=".", other=".", after=".")
@example(before="x ", value=" ", between=" ", other="", after=" ")
@example(before="x", value="\n.\n", between="--=_x--\n", other="=", after=".\n")
@example(before="a" * 75, value="b" * 75, between="c" * 76, other="é" * 40, after="." * 80)
def test_spliced_reads_as_whole(before, value, between, other, after):
    before, between, after = map(splice.clean, (before, between, after))
    template = f"{before}{mark('a')}{between}{mark('b')}{after}\n"
    html = f"<p>{mark('b')}</p>\n"
    raw = built(template, html, {"a": value, "b": other})
    whole = f"{before}{splice.clean(value)}{between}{splice.clean(other)}{after}\n"
    escaped = splice.clean(other).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = escaped.replace('"', "&quot;").replace("'", "&#x27;")
    assert bodies(raw) == [whole, f"<p>{escaped}</p>\n"]
    assert bodies(built(whole, "x\n"))[0] == whole
    check_wire(raw)


@settings(max_examples=20, deadline=None)
@given(
    to=ADDRESSES,
    token=st.from_regex(r"\A[A-Za-z0-9_-]{46}\Z"),
    message_id=st.from_regex(r"\A[0-9a-f]{40}\Z"),
    choice=WORDS,
    around=LINES,
)
def test_a_spliced_message_parses_as_one_built_whole(to, token, message_id, choice, around):
    """Headers, structure and texts: Python's parser cannot tell which of the two had slots."""
    values = {"to": to, "unsubscribe": token, "message_id": message_id, "choice": splice.clean(choice)}
    around = splice.clean(around)

    def parsed(write, escaped):
        headers = [
            ("From", mime.mailbox("Пресс-служба", "news@example.org")),
            ("To", write("to")),
            ("Subject", mime.unstructured("Три сообщения", "Subject")),
            ("Message-ID", f"<{write('message_id')}@example.org>"),
            ("List-Unsubscribe", f"<https://example.org/unsubscribe/{write('unsubscribe')}>"),
        ]
        text = f"{around}{write('choice')}{around}\nhttps://x.org/{write('unsubscribe')}\n"
        html = f"<p>{escaped('choice')}</p><a href='https://x.org/{write('unsubscribe')}'>x</a>\n"
        raw = mime.build(headers, text, html, BOUNDARY).fill(values)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        parts = [(part.get_content_type(), part.get_content()) for part in message.iter_parts()]
        return [(name, str(value)) for name, value in message.items()], parts, message.defects

    def inline(name):
        return escape(values[name])

    assert parsed(mark, mark) == parsed(values.__getitem__, inline)


def check_wire(raw):
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    lines = raw.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(line.startswith(b".") for line in lines)
    assert max(map(len, lines)) <= 76
    assert not any(line.endswith((b" ", b"\t")) for line in lines)
    assert sum(line.startswith(b"--" + BOUNDARY.encode()) for line in lines) == 3


@few
@given(to=ADDRESSES)
def test_a_header_slot_is_written_as_it_is(to):
    assert built("x\n", "y\n", {"to": to}).startswith(b"To: %s\r\n" % to.encode())


@pytest.mark.holds("S4")
@pytest.mark.parametrize("value", ["a\r\nBcc: x@y.z", "a\nb", "a\0", "a b", "é", "x" * 901, "\u2028"])
def test_no_value_makes_a_second_header(value):
    with pytest.raises(BadValue):
        built("x\n", "y\n", {"to": value})


def test_a_missing_value_is_an_error():
    with pytest.raises(KeyError):
        built(f"{mark('a')}\n", "x\n")


@few
@given(
    st.lists(
        st.binary(max_size=300)
        | st.builds(Slot, st.from_regex(r"\A[a-z_]{1,20}\Z"), st.sampled_from(Encoding))
    )
)
def test_packing_and_unpacking(parts):
    pattern = Pattern(tuple(parts))
    assert Pattern.unpack(pattern.pack()) == pattern


@pytest.mark.parametrize("stored", [b"", b"\x02abc", b"junk"])
def test_what_is_no_pattern_is_not_unpacked(stored):
    with pytest.raises(ValueError, match="not a packed pattern"):
        Pattern.unpack(stored)


def test_slots_by_name():
    pattern = mime.build([("To", mark("to"))], f"{mark('a')}{mark('b')}\n", f"{mark('a')}\n", BOUNDARY)
    assert pattern.slots == {"to", "a", "b"}


def test_no_line_is_what_a_mailbox_in_one_file_or_a_narrow_reader_would_change():
    pattern = mime.build(
        [("To", mark("to"))], f"From Vienna\n{mark('a')}", f"{mark('a')}From you\n", "b" * 34
    )
    raw = pattern.fill({"to": "x", "a": "From here\n"})
    assert not re.search(rb"(?m:^From )", raw)
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    text, html = bodies(raw)
    assert (text, html) == ("From Vienna\nFrom here\n", "From here\nFrom you\n")


@few
@given(subject=st.text(max_size=300))
@example(subject="=?utf-8?q?not_an_encoded_word?=")
@example(subject="x" * 200)
@example(subject="Пресс-релиз " * 20)
@example(subject="OSCE welcomes Spain’s efforts")
@example(
    subject="plain ascii that is long enough to be folded over more than one line of a header, is it not"
)
def test_subjects_survive(subject):
    value = mime.unstructured(subject, "Subject")
    lines = f"Subject: {value}".split("\r\n")
    assert all(len(line) <= 76 or "=?" not in line for line in lines)
    assert all(len(word) <= 75 for word in value.split() if word.startswith("=?"))
    assert all(line.startswith(" ") for line in lines[1:])
    assert value.isascii()
    assert not re.search(r"(?<!\r)\n|\r(?!\n)", value)
    parsed = email.message_from_string(f"Subject: {value}\r\n\r\n", policy=email.policy.default)
    assert str(parsed["subject"]) == mime.one_line(subject)


@pytest.mark.parametrize(
    "name",
    [
        "OSCE newsroom",
        "",
        'The "Office", Vienna',
        "Presse, OSZE",
        "Пресс-служба ОБСЕ",
        "a\r\nBcc: x@y.z",
        "=?utf-8?q?x?=",
    ],
)
def test_a_name_stays_a_name(name):
    parsed = email.message_from_string(f"From: {mime.mailbox(name, 'news@example.org')}\r\n\r\n")
    assert parsed.keys() == ["From"]
    found, address = parseaddr(parsed["From"])
    assert address == "news@example.org"
    decoded = str(make_header(decode_header(found)))
    assert decoded == mime.one_line(name)


@pytest.mark.parametrize("bad", ["\n", "\r", "\n.\n"])
def test_a_fault_of_ours_is_not_handed_to_a_relay(bad):
    with pytest.raises(AssertionError):
        mime.build([("X", f"a{bad}b")], "x\n", "y\n", BOUNDARY)

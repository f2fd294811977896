from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import files
from config.revisions import Refused
from config.sections import faults, sections
from tests.config.samples import DEFAULTS, shipped

LINES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40
).filter(str.strip)


def faults_of(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as caught:
        files.read(folder)
    return caught.value.reasons


def test_what_ships_is_read_with_its_defaults():
    document = files.read(DEFAULTS)
    assert {name: len(rows) for name, rows in document.items()} == {
        "newsroom": 1, "type": 5, "office": 37, "topic": 27, "source": 1, "schedule": 5, "text": 32,
    }  # fmt: skip
    assert document["office"][6] == {
        "slug": "osce-centre-in-ashgabat", "name": "OSCE Centre in Ashgabat", "former": [],
        "names": {"ru": "Центр ОБСЕ в Ашхабаде"}, "aliases": [], "kind": "field-operation",
        "country": "TM", "region": "central-asia", "closed": False, "grace_seconds": 0, "position": 0,
    }  # fmt: skip


def test_what_is_written_is_read_back(tmp_path):
    document = files.read(DEFAULTS)
    files.write(tmp_path, document)
    assert files.read(tmp_path) == document
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in DEFAULTS.glob("*.toml")
    )


def test_writing_the_same_over_a_file_leaves_its_bytes(tmp_path):
    shutil.copytree(DEFAULTS, tmp_path, dirs_exist_ok=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    files.write(tmp_path, files.read(tmp_path))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_comments_and_order_stay_and_going_back_gives_the_same_bytes(tmp_path):
    path = tmp_path / "offices.toml"
    path.write_text(
        '# Ours.\n\n[[office]]\nslug = "b"  # the first\nname = "B"\ncountry = "AT"\n\n'
        '# second\n[[office]]\nslug = "a"\nname = "A"\n',
        encoding="utf-8",
    )
    first = path.read_bytes()
    document = files.read(tmp_path)
    a, b = document["office"]
    files.write(tmp_path, {"office": [a | {"name": "Ä"}, b, a | {"slug": "c", "name": "C", "closed": True}]})
    assert path.read_text() == (
        '# Ours.\n\n[[office]]\nslug = "b"  # the first\nname = "B"\ncountry = "AT"\n\n'
        '# second\n[[office]]\nslug = "a"\nname = "Ä"\n\n[[office]]\nslug = "c"\nname = "C"\nclosed = true\n'
    )
    files.write(tmp_path, {"office": [a, b | {"country": ""}]})
    files.write(tmp_path, document)
    assert files.read(tmp_path) == document
    assert path.read_bytes().startswith(b"# Ours.")
    files.write(tmp_path, {"office": [a | {"name": "Other"}, b]})
    again = path.read_bytes()
    files.write(tmp_path, document)
    files.write(tmp_path, {"office": [a | {"name": "Other"}, b]})
    assert path.read_bytes() == again != first


@settings(max_examples=40, deadline=None)
@given(
    name=LINES,
    alias=LINES,
    options=st.dictionaries(LINES, st.integers(-9, 9) | LINES | st.booleans(), max_size=3),
)
def test_any_text_survives(tmp_path_factory, name, alias, options):
    folder = tmp_path_factory.mktemp("any")
    document = {name: [dict(row) for row in rows] for name, rows in shipped().items()}
    document["office"][0] |= {"name": name, "aliases": [alias]}
    document["newsroom"][0]["description"] = f"\"\"\"{name}\n\\{alias}'''"
    document["source"][0]["options"] = options
    files.write(folder, document)
    if not faults(document):
        assert files.read(folder) == document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[office]]\nslug = "x"\nname = "X"\n\ncountry = "Austria"\n', "5: office 'x': country must be two letters"),
        ('[[office]]\nname = "X"\n', "1: office '': slug is missing"),
        ('[[office]]\nslug = "x"\nname = "X"\ncuontry = "AT"\n', "4: office 'x': cuontry is no field here; there are"),
        ('[[office]]\nslug = "x"\nname = 7\n', "3: office 'x': name must be text"),
        ('[[office]]\nslug = "X y"\nname = "X"\n', "2: office 'X y': slug must be lower-case letters"),
        ('[[office]]\nslug = "untagged"\nname = "X"\n', "2: office 'untagged': slug must not be 'untagged'"),
        ('[[office]]\nslug = "x"\nname = "X"\nclosed = "yes"\n', "4: office 'x': closed must be true or false"),
        ('[[office]]\nslug = "x"\nname = "X"\nposition = -1\n', "4: office 'x': position must be a whole number"),
        ('[[office]]\nslug = "x"\nname = "X"\naliases = "Y"\n', "4: office 'x': aliases must be a list of texts"),
        ('[[office]]\nslug = "x"\nname = "a\\r\\nBcc: b"\n', "3: office 'x': name must be one line of text"),
        ('[[office]]\nslug = "x"\nname = "X"\n[[office]]\nslug = "x"\nname = "Y"\n', "5: office 'x': is given twice"),
        ('[[office]]\nslug = "x"\nname = "X"\n[[office]]\nslug = "y"\nname = "x "\n',
         "6: office 'y': name 'x ' is a label of 'x' already"),
        ('note = """\n[[office]]\n"""\n[[office]]\nslug = "x"\n', "4: office 'x': name is missing"),
        ('[[ofice]]\nslug = "x"\n', "1: ofice does not belong here; expected office"),
        ('office = [{slug = "x", name = "X", country = "A"}]\n', "1: office 'x': country must be two letters"),
        ('[office]\nslug = "x"\n', "1: office: must be a list of tables"),
        ('[[office]]\nslug = "x\n', "2: is not TOML: Illegal character '\\n'"),
    ],
)  # fmt: skip
def test_a_fault_in_a_file_is_named_with_its_line(tmp_path, text, expected):
    found = faults_of(tmp_path, "offices.toml", text)
    assert any(reason.startswith(f"offices.toml:{expected}") for reason in found), found


@pytest.mark.parametrize(
    ("name", "field", "value", "expected"),
    [
        ("newsroom", "zone", '"Europe/Wien"', "newsroom: zone must be an IANA time zone"),
        ("newsroom", "brand", '"blue"', "newsroom: brand must be a colour, such as #0b4a8f"),
        ("newsroom", "sender_address", '"nobody"', "newsroom: sender_address must be an e-mail address"),
        (
            "newsroom",
            "sender_address",
            '"a\\r\\nb@c.d"',
            "newsroom: sender_address must be an e-mail address",
        ),
        (
            "newsroom",
            "home_url",
            '"javascript:alert(1)"',
            "newsroom: home_url must be an address that begins with https",
        ),
        ("newsroom", "language", '"English"', "newsroom: language must be a language tag"),
        (
            "newsroom",
            "tag_authority",
            '"example.org"',
            "newsroom: tag_authority must be a host name and a year",
        ),
        ("newsroom", "list_domain", '"a b"', "newsroom: list_domain must be a host name"),
        ("newsroom", "feed_content", '"some"', "newsroom: feed_content must be one of full, summary"),
        ("sources", "kind", '"ftp"', "source 'newsroom': kind must be one of listing,"),
        ("sources", "options", "3", "source 'newsroom': options must be a table"),
        (
            "subscriptions",
            "times",
            '["25:00"]',
            "schedule 'monthly': times must be a time between 00:00 and 23:59",
        ),
        (
            "subscriptions",
            "weekdays",
            '["Monday"]',
            "schedule 'monthly': weekdays must be a list of some of monday,",
        ),
        (
            "subscriptions",
            "settling_seconds",
            "true",
            "schedule 'monthly': settling_seconds must be a whole number",
        ),
        (
            "topics",
            "broader",
            '"nowhere"',
            "topic 'safety-of-journalists': broader names no topic: 'nowhere'",
        ),
        (
            "topics",
            "broader",
            '"safety-of-journalists"',
            "topic 'safety-of-journalists': broader leads back",
        ),
    ],
)
def test_each_field_says_what_it_expects(tmp_path, name, field, value, expected):
    text = (DEFAULTS / f"{name}.toml").read_text(encoding="utf-8")
    lines = [
        line
        for line in text.splitlines()
        if name in {"subscriptions", "topics"} or not line.startswith(f"{field} =")
    ]
    if name == "newsroom":
        lines.insert(lines.index("[newsroom]") + 1, f"{field} = {value}")
    else:
        last = len(lines) - next(i for i, line in enumerate(reversed(lines)) if line.startswith("[["))
        lines = lines[:last] + [line for line in lines[last:] if not line.startswith(f"{field} =")]
        lines.append(f"{field} = {value}")
    number = next(n for n, line in enumerate(lines, 1) if line == f"{field} = {value}")
    found = faults_of(tmp_path, f"{name}.toml", "\n".join(lines))
    assert len(found) == 1
    assert found[0].startswith(f"{name}.toml:{number}: {expected}")


def test_all_faults_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "office.toml").write_text("")
    (tmp_path / "topics.toml").write_text('[[topic]]\nslug = "a"\n')
    (tmp_path / "newsroom.toml").write_bytes(b'[newsroom]\nname = "\xff"\n')
    found = faults_of(
        tmp_path, "offices.toml", '[[office]]\nslug = "x"\nname = "X"\ncountry = "A"\nposition = 1.5\n'
    )
    assert found == [
        "newsroom.toml: is not UTF-8 (byte 19)",
        "office.toml: is no part of the configuration; there are "
        "feeds.toml, newsroom.toml, offices.toml, sources.toml, subscriptions.toml, texts.toml, topics.toml",
        "offices.toml:4: office 'x': country must be two letters",
        "offices.toml:5: office 'x': position must be a whole number from 0 to 100000",
        "topics.toml:1: topic 'a': name is missing",
    ]


def test_a_newsroom_file_without_a_newsroom_is_a_fault(tmp_path):
    assert faults_of(tmp_path, "newsroom.toml", '[[type]]\nslug = "news"\nname = "News"\n') == [
        "newsroom.toml: [newsroom] is missing"
    ]


def test_topics_that_go_round_in_a_circle_are_a_fault(tmp_path):
    text = "".join(f'[[topic]]\nslug = "{a}"\nname = "{a}"\nbroader = "{b}"\n' for a, b in ("ab", "bc", "ca"))
    assert len(faults_of(tmp_path, "topics.toml", text)) == 3


def test_every_section_has_defaults_its_own_kinds_accept():
    for section in sections():
        for field in section.fields:
            assert field.default is None or field.kind(field.default) is None, (section.name, field.name)

"""Markdown, JSON, NDJSON and CSV: what pairs of files cannot show."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds.sources import files, rows, tables
from feeds.sources.files import Manner
from feeds.sources.item import RawItem, Reading

DATA = Path(__file__).parent.parent / "data"


def read(data: bytes | str, name: str = "x", key: str = "") -> Reading:
    data = data.encode() if isinstance(data, str) else data
    return files.read_open(io.BytesIO(data), name, Manner(key=key))


def said(reading: Reading) -> list[str]:
    return [str(fault) for fault in reading.faults]


def titles(reading: Reading) -> list[str]:
    return [item.title for item in reading.items]


def a_release(title: str, **values) -> str:
    return json.dumps({"title": title, "date": "2025-02-17", **values})


# dispatch


@pytest.mark.parametrize(
    "name",
    [
        "release.md",
        "windows-lines.md",
        "one.json",
        "list.json",
        "wrapped.json",
        "lines.ndjson",
        "semicolons.csv",
    ],
)
def test_the_kind_of_a_file_shows_in_its_content(name):
    data = (DATA / name).read_bytes()
    assert titles(read(data)) == titles(read(data, name)) != []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x.md", 'between two lines "---"'),
        ("x.json", "JSON object"),
        ("x.ndjson", "JSON"),
        ("x.csv", "header row"),
    ],
)
def test_a_name_decides_where_the_content_could_be_anything(name, expected):
    reading = read("Some words", name)
    assert not reading.items
    assert expected in said(reading)[-1]


def test_a_listing_may_begin_with_a_bracket():
    assert titles(read("[Update] A title\nPublishing date: 2 March 2025\nSaid.")) == ["[Update] A title"]


def test_one_row_of_ndjson_is_one_release_either_way():
    assert titles(read(a_release("A"))) == titles(read(a_release("A") + "\n\n")) == ["A"]


# keys


def test_a_file_that_is_one_release_takes_the_key_it_is_given():
    markdown = "---\ntitle: A\ndate: 2025-02-17\n---\n"
    assert [item.key for item in read(markdown, key="news/a").items] == ["news/a"]
    assert [item.key for item in read(a_release("A"), key="news/a").items] == ["news/a"]
    assert [item.key for item in read(a_release("A", id="own"), key="news/a").items] == ["own"]


@pytest.mark.parametrize("text", [f"[{a_release('A')}]", f'{{"releases": [{a_release("A")}]}}'])
def test_a_list_of_one_is_a_list(text):
    assert [item.key for item in read(text, key="news/a").items] == [""]


# YAML


def test_words_that_yaml_has_a_meaning_for_stay_words():
    text = (
        "---\ntitle: 2025\ndate: 2025-02-17\nlanguage: no\nkey: 1e3\nauthor: 12:30:00\nsummary: null\n---\n"
    )
    (item,) = read(text).items
    assert (item.title, item.language, item.key, item.author, item.summary) == (
        "2025",
        "no",
        "1e3",
        "12:30:00",
        "",
    )


@pytest.mark.parametrize(
    "yaml",
    ["a: " + "[" * 20_000, "- " * 20_000, "a: &x [*x]", "? [a]\n: b", "title: !!python/object:os.system x", "a: \x01",
     "x" * 70_000, "...", "a: 'b", "%YAML 9.9"],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_odd_front_matter_is_one_fault(yaml):
    reading = read(f"---\n{yaml}\n---\n", "odd.md")
    assert not reading.items
    assert said(reading)


# JSON


@pytest.mark.parametrize(
    "text", ["[" * 50_000, '{"title":' * 50_000, "[" + "1" * 5000 + "]", "[NaN]", '{"a" 1}', "{1:2}"]
)
def test_json_that_goes_wrong_is_one_fault_with_its_place(text):
    reading = read(text, "odd.json")
    assert not reading.complete
    (fault,) = reading.faults
    assert fault.line == 1


def test_what_stands_before_a_mistake_is_kept():
    reading = read(f"[{a_release('A')},\n{a_release('B')}\n{a_release('C')}]", "cut.json")
    assert titles(reading) == ["A", "B"]
    assert said(reading)[0].startswith("cut.json:3: no comma")


# NDJSON and CSV


def test_a_very_long_line_costs_itself(monkeypatch):
    monkeypatch.setattr(rows, "LONGEST_LINE", 200)
    long = a_release("B", body="x" * 1000)
    reading = read("\n".join([a_release("A"), long, a_release("C")]), "x.ndjson")
    assert titles(reading) == ["A", "C"]
    assert [fault.line for fault in reading.faults] == [2]


def test_a_quotation_mark_that_does_not_end_costs_its_row():
    text = 'title,date,body\nA,2025-02-17,"begun\n' + "".join(f"R{n},2025-02-17,plain\n" for n in range(50))
    reading = read(text)
    assert titles(reading) == [f"R{n}" for n in range(50)]
    assert [fault.line for fault in reading.faults] == [2]


def test_a_cell_holds_a_long_release():
    body = "<p>" + "word " * 60_000 + "</p>"
    (item,) = read(f'title,date,body\nA,2025-02-17,"{body}"\n').items
    assert item.body == body


def test_a_row_can_be_read_again_by_its_place():
    for name in ("semicolons.csv", "commas.csv", "lines.ndjson"):
        found = files.rows_of(io.BytesIO((DATA / name).read_bytes()), name)
        for row in reversed(list(found)):
            if isinstance(row.found, RawItem):
                assert found.at(row.at, row.line) == row


def test_a_large_file_is_read_row_by_row_or_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1000)
    many = "\n".join(a_release(f"R{n}", key=str(n)) for n in range(100))
    assert len(read(many).items) == 100
    assert said(read(f"[{many.replace(chr(10), ',')}]", "x.json")) == [
        "x.json: a very large file; expected at most 0 MB"
    ]


# whatever is given

SEEDS = {
    name: (DATA / name).read_bytes() for name in ("release.md", "list.json", "lines.ndjson", "semicolons.csv")
}
PIECES = [mark.encode() for mark in ("---\n", '"', *"{[]},<*\n\r\0", ": ", "&a ", "\\ud800")] + [b"\xff"]
MUTATED = st.builds(
    lambda name, at, length, put: (
        name,
        SEEDS[name][: at % len(SEEDS[name])] + put + SEEDS[name][at % len(SEEDS[name]) + length :],
    ),
    st.sampled_from(sorted(SEEDS)),
    st.integers(0, 2000),
    st.integers(0, 100),
    st.sampled_from(PIECES) | st.binary(max_size=10),
)
NAMED = st.tuples(st.sampled_from(["a.md", "a.json", "a.ndjson", "a.csv", "a"]), st.binary(max_size=200))


@settings(max_examples=250, deadline=None)
@given(MUTATED | NAMED)
@example(("a.csv", b'title,date\n"'))
@example(("a.csv", b"title,date\n\r"))
@example(("a.md", b"---\n---\n"))
@example(("a.json", b'{"releases": 1}'))
@example(("a.ndjson", b"\xef\xbb\xbf"))
def test_whatever_is_given_only_faults_come_back(given_file):
    name, data = given_file
    reading = read(data, name)
    assert all(isinstance(item, RawItem) and item.title.strip() and item.whole for item in reading.items)
    assert all("\n" not in str(fault) and "expected" in str(fault) for fault in reading.faults)
    assert reading.items or reading.faults or not data.strip() or reading.complete


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1, max_size=5))
def test_what_csv_writes_is_read_again(pairs):
    import csv

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["title", "date", "summary"])
    writer.writerows((f"T{title}", "2025-02-17", summary) for title, summary in pairs)
    data = out.getvalue().encode("utf-8", "replace")
    reading = read(data, "x.csv")
    if b"\0" not in data and "\r" not in "".join(map("".join, pairs)):
        assert len(reading.items) == len(pairs)
        assert [replace(item, line=None).title for item in reading.items] == [
            f"T{title}".encode("utf-8", "replace").decode() for title, _ in pairs
        ]


def test_a_header_is_known_by_its_names():
    assert tables.opens("Title,Date")
    assert tables.opens('"published on";"TITLE"')
    assert not tables.opens("Title: of a listing, and a date")

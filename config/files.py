"""A configuration document from and to a folder of TOML files.

Each section says which file it lies in: a `[newsroom]` table where there is one row, `[[office]]` tables where there
are many. A file that is there says all about its sections; a file that is missing says nothing. Fields that have their
default are left out. Writing over files that exist keeps their comments and the order of their rows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Item

from config import toml_lines
from config.sections import Document, Fault, Refused, Row, Section, faults, sections


def read(folder: Path) -> Document:
    """The document in the TOML files of `folder`, defaults filled in.

    Raises Refused with every fault of every file at once: "offices.toml:12: office 'x': country must be two letters".
    """
    wrong: list[str] = []
    document: Document = {}
    expected = {section.file for section in sections()}
    for path in sorted(folder.glob("*.toml")):
        if path.stem not in expected:
            names = ", ".join(f"{name}.toml" for name in sorted(expected))
            wrong.append(f"{path.name}: is no part of the configuration; there are {names}")
            continue
        rows, reasons = _read_file(path)
        wrong += reasons
        document |= rows
    if wrong:
        raise Refused(wrong)
    return document


def write(folder: Path, document: Mapping[str, list[Row]]) -> list[Path]:
    """Write the sections of `document` to `folder`, a file at a time and atomically; returns the files.

    The same document over the same files (or none) gives the same bytes. Raises Refused for a file that is no TOML.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    by_file = sorted((s for s in sections() if s.name in document), key=lambda section: section.file)
    for name, group in groupby(by_file, key=lambda section: section.file):
        path = folder / f"{name}.toml"
        text = _parsed(path)[0] if path.exists() else ""
        draft = path.with_suffix(".toml.new")
        draft.write_text(_rewritten(text, {s: document[s.name] for s in group}), encoding="utf-8")
        draft.replace(path)
        written.append(path)
    return written


def _read_file(path: Path) -> tuple[Document, list[str]]:
    try:
        text, toml = _parsed(path)
    except Refused as error:
        return {}, error.reasons
    here = {section.name: section for section in sections() if section.file == path.stem}
    rows, wrong = {}, []
    for name in toml.keys() - here.keys():
        line = toml_lines.line_of(text, name, 0, name)
        wrong.append(f"{path.name}:{line}: {name} does not belong here; expected {', '.join(here)}")
    for name, section in here.items():
        value = toml.get(name, [])
        if section.single and name not in toml:
            wrong.append(f"{path.name}: [{name}] is missing")
        elif section.single:
            value = [value]
        rows[name] = value
    found = faults(rows)
    wrong += [f"{path.name}:{_line(text, fault)}: {fault}" for fault in sorted(found, key=_order(text))]
    if wrong:
        return {}, wrong
    return {name: _complete(here[name], value) for name, value in rows.items()}, []


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise Refused([f"{path.name}: is not UTF-8 (byte {error.start})"]) from None
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = place[1] if place and place[1] else text.count("\n") + 1
        raise Refused([f"{path.name}:{line}: is not TOML: {_PLACE.sub('', str(error))}"]) from None


def _complete(section: Section, rows: list[Row]) -> list[Row]:
    return section.sorted(section.complete(row) for row in rows)


def _order(text: str) -> Any:
    return lambda fault: (_line(text, fault), str(fault))


def _line(text: str, fault: Fault) -> int:
    return toml_lines.line_of(text, fault.section, fault.index, fault.field)


_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")


def _rewritten(text: str, wanted: Mapping[Section, list[Row]]) -> str:
    """`text` with its tables made to say what is wanted: those that stay in their place, new ones at the end."""
    here = {section.name: section for section in wanted}
    rows = {section.name: {section.key_of(row): row for row in rows} for section, rows in wanted.items()}
    blocks = list(toml_lines.blocks(text))
    if any(not name and here.keys() & tomllib.loads(block).keys() for name, block in blocks):
        blocks = []  # rows written in line, which no one but tomllib reads well: write it all anew
    kept = []
    for name, block in blocks:
        section = here.get(name)
        if section is None:
            kept.append(block)
        elif row := rows[name].pop(section.key_of(_only(tomllib.loads(block)[name])), None):
            kept.append(_block(block, section, row))
    text = "".join(kept)
    for section in wanted:
        for row in rows[section.name].values():
            text = f"{text.rstrip()}\n\n" if text.strip() else ""
            text += _new_block(section, row)
    return text


def _block(block: str, section: Section, row: Row) -> str:
    """`block` made to say `row`; if that takes another set of fields, in the section's order and without comments."""
    toml = tomlkit.parse(block)
    table: Any = _only(toml[section.name])
    if section.complete(table.unwrap()) == row:
        return block
    said = _said(section, row)
    if table.keys() == said.keys():
        for name, value in said.items():
            if table[name].unwrap() != value:
                table[name] = _item(value)
        return tomlkit.dumps(toml)
    above = "".join(toml_lines.split(block)[: toml_lines.line_of(block, section.name, 0, "") - 1])
    after = block[len(block.rstrip()) :] or "\n"
    return above + _new_block(section, row).rstrip() + after


def _new_block(section: Section, row: Row) -> str:
    table = tomlkit.table()
    for name, value in _said(section, row).items():
        table[name] = _item(value)
    header = f"[{section.name}]" if section.single else f"[[{section.name}]]"
    return f"{header}\n{table.as_string()}"


def _said(section: Section, row: Row) -> Row:
    return {f.name: row[f.name] for f in section.fields if f.default is None or row[f.name] != f.default}


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _item(value: Any) -> Item:
    if isinstance(value, str):
        return tomlkit.string(value, multiline="\n" in value)
    if isinstance(value, dict):
        inline: InlineTable = tomlkit.inline_table()
        for key in sorted(value):
            inline.append(key, _item(value[key]))
        return inline
    if isinstance(value, list):
        array = tomlkit.array()
        array.extend(_item(item) for item in value)
        return array
    item: Item = tomlkit.item(value)
    return item

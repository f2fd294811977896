"""The YAML at the head of a Markdown file: names with a text or a list of texts each, and the lines they stand on.

Every value is text as it was written, so that `language: no`, `key: 007` and `title: 2025` say what they seem to.
Read from the parser's events: building a tree recurses (a page of brackets ends the process), and expands aliases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from feeds.sources.item import Fault, excerpt

LARGEST = 64 * 1024
EXPECTED = 'lines such as "title: A title" between two lines "---"'
QUOTED = 'quotation marks around a value with a colon in it: title: "One: two"'
_FRONT = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_NOTHING = {"", "~", "null"}
# The parser in C, where the wheel has it, takes a fifteenth of the time; both give the same events.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Value = str | list[str]


@dataclass(frozen=True, slots=True)
class Front:
    """`values` by name as written, `lines` likewise (from 1, in the whole file), and what follows it in the file."""

    values: dict[str, Value] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    rest: str = ""


class _Odd(Exception):
    """What front matter may not hold: (line, what was found)."""


def opens(text: str) -> bool:
    """Whether a text begins with front matter."""
    return text[:64].split("\n", 1)[0].rstrip() == "---"


def read(text: str, file: str) -> Front | Fault:
    """The front matter of a text, whose lines end in "\\n"."""
    found = _FRONT.match(text)
    if found is None:
        what = "front matter that does not end" if opens(text) else "no front matter"
        return Fault(file, 1, what, EXPECTED)
    if len(found["yaml"]) > LARGEST:
        return Fault(file, 1, "front matter of more than 64 kB", EXPECTED)
    front = Front(rest=text[found.end() :])
    try:
        for name, line, value in _pairs(found["yaml"]):
            if name in front.values:
                raise _Odd(line, f'"{excerpt(name)}" twice')
            front.values[name], front.lines[name] = value, line + 2
    except _Odd as odd:
        return Fault(file, odd.args[0] + 2, odd.args[1], EXPECTED)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        problem = error.problem or "something odd"
        expected = QUOTED if problem.startswith("mapping values") else EXPECTED
        return Fault(file, line + 2, f"{problem} (YAML)", expected)
    except (yaml.YAMLError, UnicodeError):
        return Fault(file, 2, "a character that YAML cannot hold", EXPECTED)
    return front


def _pairs(text: str) -> Iterator[tuple[str, int, Value]]:
    """(name, line from 0, value) of the one mapping there is."""
    events = _events(text)
    first = next(events, None)
    if first is None:
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise _Odd(_line(first), "no field")
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        name = _scalar(event)
        yield name, _line(event), _value(next(events), events, name)
    for event in events:
        raise _Odd(_line(event), "something after the fields")


def _events(text: str) -> Iterator[yaml.Event]:
    around = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
    return (event for event in yaml.parse(text, Loader=_Loader) if not isinstance(event, around))


def _value(event: yaml.Event, events: Iterator[yaml.Event], name: str) -> Value:
    if not isinstance(event, yaml.SequenceStartEvent):
        return _scalar(event, name)
    listed = []
    for one in events:
        if isinstance(one, yaml.SequenceEndEvent):
            break
        listed.append(_scalar(one, name))
    return listed


def _scalar(event: yaml.Event, name: str = "") -> str:
    if not isinstance(event, yaml.ScalarEvent):
        kind = "an alias" if isinstance(event, yaml.AliasEvent) else "a nested value"
        raise _Odd(_line(event), f'{kind} in "{excerpt(name)}"' if name else kind)
    plain = event.implicit[0]
    return "" if plain and event.value in _NOTHING else str(event.value)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0

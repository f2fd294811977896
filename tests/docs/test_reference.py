"""docs/reference is what `scripts/reference` makes of this code."""

from __future__ import annotations

import pytest

from config.sections import sections
from notifier.reference import configuration, pages
from notifier.reference.commands import commands
from notifier.reference.examples import EXAMPLES
from notifier.reference.words import plain, table
from tests.docs.commandline import faults
from tests.docs.manual import DOCS

REFERENCE = DOCS / "reference"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages.everything()


def test_the_pages_are_what_the_code_says(made: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    stale = sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))
    assert stale == [], "run scripts/reference"


def test_each_command_says_what_it_is_for() -> None:
    assert [path for path, (command, _) in commands().items() if not command.help] == []


def test_each_option_says_what_it_is_for() -> None:
    silent = [
        f"{path} {'/'.join(one.opts)}"
        for path, (command, _) in commands().items()
        for one in command.params
        if one.param_type_name == "option" and not one.help
    ]
    assert silent == []


def test_each_field_of_the_configuration_says_what_it_is_for() -> None:
    silent = [
        f"{section.name}.{field.name}"
        for section in sections()
        for field in section.fields
        if not configuration.about(section, field)
    ]
    assert silent == []


def test_examples_are_of_commands_that_there_are_and_would_run() -> None:
    assert set(EXAMPLES) - set(commands()) == set()
    wrong = {
        line: said
        for command, lines in EXAMPLES.items()
        for line in lines
        if (said := faults(line[line.index("herald ") :]))
    }
    assert wrong == {}


def test_words_of_the_code_are_no_markup() -> None:
    assert plain("a <time> of\n  `x <y>` and [Test], SMTP_URL, _so_\n\nthen") == (
        "a \\<time> of `x <y>` and \\[Test\\], SMTP_URL, \\_so\\_\n\nthen"
    )
    assert table(("a", "b"), [("1|2", "two\nlines")]).splitlines()[-1] == "| 1\\|2 | two lines |"

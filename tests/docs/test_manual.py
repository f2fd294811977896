"""What the documentation names is there: pages and headings, commands and options, settings, targets of make."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from config.environment import Environment
from tests.docs import manual
from tests.docs.commandline import faults, is_mentioned
from tests.docs.manual import DOCS, ROOT

PAGES = manual.pages()
NOT_OURS = {
    "PGPASSWORD", "SOURCE_DATE_EPOCH",  # what libraries and PostgreSQL's programs read
    "TEST_PROCESSES", "HERALD_DRILL",  # what tests read
    "NAME_FILE",  # any setting, from a file
}  # fmt: skip
_SETTING = re.compile(r"([A-Z]{3,}(?:_[A-Z]+)+)(?:=.*)?")


def navigation() -> list[str]:
    """The pages that the site's navigation leads to."""

    def leaves(item: object) -> list[str]:
        if isinstance(item, str):
            return [item]
        inner = item.values() if isinstance(item, dict) else item
        return [leaf for one in inner for leaf in leaves(one)]  # type: ignore[attr-defined]

    return leaves(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])


def nothing_at(page: Path, link: str) -> bool:
    place, _, anchor = link.partition("#")
    target = (page.parent / place).resolve() if place else page
    if not target.exists():
        return True
    return bool(anchor) and (target.suffix != ".md" or anchor not in manual.read(target).anchors)


def test_each_link_leads_somewhere() -> None:
    wrong = [
        f"{manual.name(page)}: {link}"
        for page in PAGES
        for link in manual.read(page).links
        if not re.match(r"https?://|mailto:", link) and nothing_at(page, link)
    ]
    assert wrong == []


def test_each_command_is_one_that_there_is() -> None:
    typed = {(manual.name(page), line): faults(line) for page in PAGES for line in manual.typed(page)}
    mentioned = [
        (manual.name(page), line)
        for page in PAGES
        for line in manual.mentioned(page)
        if not is_mentioned(line)
    ]
    assert {where: said for where, said in typed.items() if said} == {}
    assert mentioned == []
    assert len(typed) > 50


def asked_by_compose() -> set[str]:
    """What the compose files ask of the environment for other services than Herald."""
    files = manual.ROOT.glob("docker-compose*.yml")
    return {name for file in files for name in re.findall(r"\$\{([A-Z_]+)", file.read_text(encoding="utf-8"))}


def test_each_setting_is_one_that_there_is() -> None:
    known = {name.upper() for name in Environment.model_fields} | NOT_OURS | constants()
    known |= {f"{name}_FILE" for name in known} | asked_by_compose()
    wrong = [
        f"{manual.name(page)}: {found[1]}"
        for page in PAGES
        for span in manual.read(page).spans
        if (found := _SETTING.fullmatch(span)) and found[1] not in known
    ]
    assert wrong == []


def constants() -> set[str]:
    """Names in capitals in our code, which pages for developers speak of as well."""
    found: set[str] = set()
    for package in ("config", "feeds", "notifier"):
        for path in (ROOT / package).rglob("*.py"):
            found.update(re.findall(r"^([A-Z]{2,}(?:_[A-Z]+)+)\b", path.read_text(encoding="utf-8"), re.M))
    return found


def test_each_target_of_make_is_one_that_there_is() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    wrong = [
        f"{manual.name(page)}: {line}"
        for page in PAGES
        for line in (*manual.read(page).spans, *manual.lines(page))
        if (found := re.search(r"(?:^|&& )make ([a-z-]+)", line)) and found[1] not in targets
    ]
    assert wrong == []


def test_lists_stand_as_both_readers_of_markdown_want_them() -> None:
    """The site's builder begins a list after an empty line alone, and puts a list into another from four spaces on."""
    wrong = []
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        wrong += re.findall(r"^(?![-*#|>\s]|\d+\. ).+\n((?:[-*]|\d+\.) .*)$", text, re.M)
        wrong += re.findall(r"^ {1,3}(?:[-*]|\d+\.) .*$", text, re.M)
    assert wrong == []


def test_each_page_is_found_by_the_navigation() -> None:
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    led = {name for name in there if not name.startswith("decisions/") or name == "decisions/README.md"}
    assert sorted(navigation()) == sorted(led)


def test_each_decision_is_in_the_list_of_decisions() -> None:
    folder = DOCS / "decisions"
    listed = {link.partition("#")[0] for link in manual.read(folder / "README.md").links}
    assert {path.name for path in folder.glob("[0-9]*.md")} - listed == set()


def test_nothing_is_fetched_from_elsewhere_to_show_a_page() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert site["theme"]["font"] is False
    assert any("iframe-worker" in path and "://" not in path for path in site["extra"]["polyfills"])
    assert "url(" not in (DOCS / "herald.css").read_text(encoding="utf-8")
    assert [
        link for page in PAGES for link in manual.read(page).links if re.match(r"https?:.*\.(png|svg)$", link)
    ] == []


def test_the_checks_see_what_they_look_for() -> None:
    assert faults("herald build --every")
    assert faults("herald digest nothing")
    assert faults("herald import")
    assert faults("herald build --all && true") == ""
    assert is_mentioned("herald import")
    assert not is_mentioned("herald importing")
    assert nothing_at(DOCS / "README.md", "install.md#nowhere")
    assert not nothing_at(DOCS / "README.md", "install.md#4-dns")

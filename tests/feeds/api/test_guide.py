"""docs/api.md: each of its examples is sent to a real server, and answered as it says."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from feeds.api.problems import PROBLEMS
from feeds.models import Office, ReleaseType, Topic
from tests.feeds.api.kit import program
from tests.feeds.api.live import Live, serving

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
HOST = "https://herald.example.org"
EXAMPLE = re.compile(r"^```sh\n(curl .*?)^```\n+```http\n(.*?)^```$", re.M | re.S)
ANY = "…"


@dataclass
class Request:
    """What a curl command sends, as far as the guide uses curl."""

    method: str = "GET"
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


def request_of(command: str, variables: dict[str, str]) -> Request:
    found, words = Request(), iter(shlex.split(command.replace("\\\n", " "))[1:])
    explicit = ""
    for word in words:
        match word:
            case "-i":
                continue
            case "-X":
                explicit = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                found.headers[name.replace("-", "_")] = re.sub(
                    r"\$(\w+)", lambda one: variables[one[1]], value
                )
            case "-d":
                found.body = next(words).encode()
            case _:
                assert word.startswith(HOST), word
                found.path = word.removeprefix(HOST)
    found.method = explicit or ("POST" if found.body else "GET")
    return found


def examples() -> Iterator[tuple[str, str, dict[str, str], Any]]:
    """(command, status line, headers, JSON) of each."""
    for command, answer in EXAMPLE.findall(GUIDE):
        head, _, body = answer.partition("\n\n")
        first, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        yield command, first, headers, json.loads(body)


def agrees(told: Any, got: Any) -> bool:
    """Whether an answer is as the guide has it: members it leaves out may be there, and "…" is any text."""
    if isinstance(told, dict):
        return isinstance(got, dict) and all(
            name in got and agrees(value, got[name]) for name, value in told.items()
        )
    if isinstance(told, list):
        return isinstance(got, list) and len(told) == len(got) and all(map(agrees, told, got))
    if isinstance(told, str) and isinstance(got, str):
        pattern = re.escape(told.replace(HOST, "http://localhost:8000")).replace(ANY, ".+")
        return re.fullmatch(pattern, got, re.S) is not None
    return bool(told == got)


def test_the_examples_are_found_and_compared():
    assert len(list(examples())) == GUIDE.count("```sh\ncurl") == GUIDE.count("```http") == 10
    assert agrees({"a": ["x…"]}, {"a": ["xyz"], "b": 1})
    assert not agrees({"a": 1}, {"b": 1})
    assert not agrees([], [1])
    assert not agrees("x…", "y")


@pytest.mark.django_db(transaction=True)
def test_every_example_of_the_guide_is_answered_as_it_says():
    Office.objects.bulk_create([Office(slug="osce-centre-in-ashgabat", name="OSCE Centre in Ashgabat")])
    Topic.objects.bulk_create([Topic(slug="border-management", name="Border management")])
    ReleaseType.objects.bulk_create([ReleaseType(slug="news", name="News")])
    desk = program()
    variables = {"TOKEN": desk.secret, "ETAG": ""}
    with serving() as live:
        for command, first, headers, body in examples():
            check(live, request_of(command, variables), first, headers, body, variables)


def check(
    live: Live, request: Request, first: str, headers: dict[str, str], body: Any, variables: dict[str, str]
) -> None:
    status, got, content = live.ask(request.method, request.path, request.body, **request.headers)
    where = f"{request.method} {request.path}: {content!r}"
    assert first == f"HTTP/1.1 {status} {HTTPStatus(status).phrase.replace('Content', 'Entity')}", where
    for name, value in headers.items():
        assert agrees(value, got.get(name.lower(), "")), (where, name, got)
    assert agrees(body, json.loads(content)), where
    variables["ETAG"] = got.get("etag", variables["ETAG"])


def test_the_guide_lists_every_problem():
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)` \| (.*) \|$", GUIDE, re.M)
    assert rows == [
        (str(problem.status), problem.name, f"{problem.title}. {problem.meaning}")
        for problem in PROBLEMS.values()
    ]


def test_the_guide_names_every_member_of_a_release():
    from feeds.api.schemas import Release

    assert [name for name in Release.model_fields if f"`{name}`" not in GUIDE] == []

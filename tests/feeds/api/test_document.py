"""The OpenAPI document: whether it is one (3.1), and whether what it says is what happens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator, FormatChecker

from config.bodies import LONGEST
from feeds.api import document, tokens
from feeds.api.problems import PROBLEMS
from feeds.models import Source
from tests.feeds.api.kit import LEAST, NOW, PROBLEM, WHOLE, Program, at

Situation = Callable[[Program], Any]
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return document.make()


def operations(whole: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def validator(whole: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({"components": whole["components"], **schema}, format_checker=FormatChecker())


def test_it_is_served_to_everybody_and_loads_nothing_from_elsewhere(whole):
    answer = Client().get("/api/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert json.loads(answer.content) == whole
    for path in ("/api/docs", "/api/redoc", "/api/swagger"):
        assert Client().get(path).status_code == 404


def test_it_has_what_the_standard_demands(whole):
    """OpenAPI 3.1.0: 4.8.1 (root), 4.8.2 (info), 4.8.8 (paths), 4.8.10 (operations)."""
    assert re.fullmatch(r"3\.1\.\d+", whole["openapi"])
    assert set(whole) <= {
        "openapi",
        "info",
        "servers",
        "paths",
        "components",
        "security",
        "tags",
        "externalDocs",
    }
    assert {"title", "version"} <= set(whole["info"])
    assert all(set(server) <= {"url", "description"} for server in whole["servers"])
    assert all(path.startswith("/") for path in whole["paths"])
    ids = [operation["operationId"] for _, _, operation in operations(whole)]
    assert len(ids) == len(set(ids))
    names = {tag["name"] for tag in whole["tags"]}
    allowed = {
        "operationId",
        "summary",
        "description",
        "parameters",
        "requestBody",
        "responses",
        "tags",
        "security",
    }
    for _, method, operation in operations(whole):
        assert method in METHODS
        assert set(operation) <= allowed
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= names
        for use in operation.get("security", []):
            assert set(use) <= set(whole["components"]["securitySchemes"])
    assert whole["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"
    for reference in (node["$ref"] for node in nodes(whole) if "$ref" in node):
        assert reference.removeprefix("#/components/schemas/") in whole["components"]["schemas"]


def test_its_parameters_are_complete(whole):
    """4.8.12: each has a name and a place, once; one in the path is required and stands in it."""
    for path, _, operation in operations(whole):
        found = [(one["in"], one["name"]) for one in operation["parameters"]]
        assert len(found) == len(set(found))
        assert {name for place, name in found if place == "path"} == set(re.findall(r"\{(\w+)\}", path))
        for one in operation["parameters"]:
            assert one["in"] in {"query", "header", "path", "cookie"}
            assert one["required"] or one["in"] != "path"
            assert one.get("description"), one
            Draft202012Validator.check_schema(one["schema"])
            assert not {"example", "examples"} <= set(one)
            assert isinstance(one.get("examples", {}), dict), "a schema has a list of them, a parameter a map"


def test_its_answers_are_complete(whole):
    """4.8.16-4.8.21: each has a description; headers and media types have schemas; problems their media type."""
    for _, _, operation in operations(whole):
        for status, told in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d|default", status)
            assert told["description"]
            assert all(
                set(header) <= {"description", "schema", "example"}
                for header in told.get("headers", {}).values()
            )
            [*kinds] = told.get("content", {})
            expected = [] if status == "304" else ["application/json"] if status < "300" else [PROBLEM]
            assert kinds == expected


def test_its_schemas_and_examples_hold(whole):
    for name, schema in whole["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert schema["description"], name
        if name not in {"Record", "Withdrawal"}:
            assert all(one.get("description") for one in schema["properties"].values()), name
        for example in schema.get("examples", []):
            validator(whole, schema).validate(example)
    for node in nodes(whole["paths"]):
        for media in node.get("content", {}).values() if isinstance(node.get("content"), dict) else ():
            for example in media.get("examples", {}).values():
                validator(whole, media["schema"]).validate(example["value"])


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        here = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, here)
        else:
            yield here, entry


def test_it_names_every_route_and_no_other(whole):
    found = {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
        for route, _ in routes(get_resolver())
        if route.startswith("api/")
    }
    assert found - {"/api/openapi.json", "/api/", "/api/{rest}"} == set(whole["paths"])
    for path, item in whole["paths"].items():
        options = Client().options(path.replace("{key}", "x").replace("{name}", "invalid"))
        assert {method.lower() for method in options["Allow"].split(", ")} - {"head", "options"} == set(item)


def big(desk: Program, method: str, path: str) -> Any:
    return desk.ask(method, path, raw=b" " * (LONGEST + 1))


def nobody(method: str, path: str) -> Situation:
    return lambda desk: Client().generic(method, path)


def revoked(method: str, path: str) -> Situation:
    def ask(desk: Program) -> Any:
        tokens.revoke(desk.token, "command:test", "command", NOW)
        return desk.ask(method, path, LEAST)

    return ask


def on_all(method: str, path: str) -> dict[int, Situation]:
    return {
        401: nobody(method, path),
        403: revoked(method, path),
        406: lambda desk: desk.ask(method, path, LEAST, Accept="text/html"),
    }


def on_writes(method: str, path: str) -> dict[int, Situation]:
    return {
        400: lambda desk: desk.ask(method, path, raw=b"{"),
        413: lambda desk: big(desk, method, path),
        415: lambda desk: desk.ask(method, path, LEAST, **{"Content-Type": "text/plain"}),
        422: lambda desk: desk.ask(method, path, {"no": "field"}),
    }


A, ALL = at("a"), "/api/releases"
SITUATIONS: dict[str, dict[int, Situation]] = {
    "listReleases": {
        **on_all("GET", ALL),
        200: lambda desk: desk.ask("GET", ALL + "?limit=1"),
        304: lambda desk: desk.ask("GET", ALL, If_None_Match="*"),
        412: lambda desk: desk.ask("GET", ALL, If_Match='"x"'),
        422: lambda desk: desk.ask("GET", ALL + "?limit=0"),
    },
    "createRelease": {
        **on_all("POST", ALL),
        **on_writes("POST", ALL),
        200: lambda desk: desk.post(WHOLE | {"key": "a"}),
        201: lambda desk: desk.post(WHOLE | {"key": "new"}),
        409: lambda desk: desk.post(LEAST | {"key": "a"}),
    },
    "getRelease": {
        **on_all("GET", A),
        200: lambda desk: desk.get("a"),
        304: lambda desk: desk.get("a", If_None_Match="*"),
        404: lambda desk: desk.get("nobody"),
        412: lambda desk: desk.get("a", If_Match='"x"'),
    },
    "putRelease": {
        **on_all("PUT", A),
        **on_writes("PUT", A),
        200: lambda desk: desk.put("a", LEAST),
        201: lambda desk: desk.put("new", LEAST),
        412: lambda desk: desk.put("a", LEAST, If_None_Match="*"),
    },
    "withdrawRelease": {
        **on_all("DELETE", A),
        **on_writes("DELETE", A),
        200: lambda desk: desk.delete("a", {"reason": "By mistake."}),
        404: lambda desk: desk.delete("nobody"),
        412: lambda desk: desk.delete("a", If_Match='"x"'),
    },
    "getProblem": {
        200: lambda desk: Client().get("/api/problems/invalid"),
        404: lambda desk: Client().get("/api/problems/nobody"),
        406: lambda desk: Client().get("/api/problems/invalid", headers={"Accept": "text/html"}),
    },
}  # fmt: skip


def test_each_answer_it_documents_is_among_those_tried(whole):
    documented = {
        operation["operationId"]: {int(status) for status in operation["responses"] if status != "default"}
        for _, _, operation in operations(whole)
    }
    assert documented == {name: set(tried) for name, tried in SITUATIONS.items()}


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "status"), [(name, status) for name, tried in SITUATIONS.items() for status in tried]
)
def test_each_answer_is_as_documented(desk, whole, name, status):
    desk.post(WHOLE | {"key": "first", "visible_at": "2099-01-01T00:00:00Z"})
    desk.post(WHOLE | {"key": "a"})
    answer = SITUATIONS[name][status](desk)
    assert answer.status_code == status, answer.content
    [operation] = [operation for _, _, operation in operations(whole) if operation["operationId"] == name]
    told = operation["responses"][str(status)]
    assert set(told.get("headers", {})) <= set(answer.headers)
    if status == 304:
        assert answer.content == b""
        return
    [(media_type, media)] = told["content"].items()
    assert answer["Content-Type"] == media_type
    strict = {"unevaluatedProperties": False, **media["schema"]}
    validator(whole, strict).validate(json.loads(answer.content))


@pytest.mark.django_db
def test_what_can_be_read_can_be_sent_by_the_document_too(desk, whole):
    desk.post(WHOLE)
    read = json.loads(desk.get("2025/31").content)
    validator(whole, {"$ref": "#/components/schemas/Record"}).validate(read)
    assert Source.objects.count() == 1


def test_every_problem_has_an_example_or_is_any_other(whole):
    named = {
        name
        for _, _, operation in operations(whole)
        for told in operation["responses"].values()
        for name in told.get("content", {}).get(PROBLEM, {}).get("examples", {})
    }
    assert set(PROBLEMS) - named == {"fault", "method-not-allowed", "unavailable"}

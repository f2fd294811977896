"""The OpenAPI 3.1 document: what django-ninja makes of the routes, and what it has no words for."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from pydantic import BaseModel

from feeds.api.problems import MEDIA_TYPE, PROBLEMS, of_status
from feeds.api.schemas import EXAMPLE, READ_ONLY, ProblemDetails, Withdrawal
from feeds.sources.record import Record

ABOUT = (
    "Pushes releases into Herald, and withdraws them. Each token belongs to one source and sees that source's releases "
    "alone. Every request may be repeated. Errors are problem details (RFC 9457)."
)
_SCHEMAS = "#/components/schemas/{model}"
_A_TAG = '"0f343b0931126a20f133d67c2b018a3b"'
_TAG = {"schema": {"type": "string"}, "example": _A_TAG}
_HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"description": "Names exactly this answer (RFC 9110, 8.8.3); send it back as If-Match.", **_TAG},
    "Location": {
        "description": "Where the new release is.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/api/releases/2025%2F31",
    },
    "Content-Location": {
        "description": "Where this representation is to be had.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/api/releases/2025%2F31",
    },
    "Link": {
        "description": 'The next page, rel="next" (RFC 8288); not on the last one.',
        "schema": {"type": "string"},
        "example": '</api/releases?cursor=NDE>; rel="next"',
    },
    "WWW-Authenticate": {"schema": {"type": "string"}, "example": 'Bearer realm="Herald"'},
}


def _header(name: str, about: str, example: str) -> dict[str, Any]:
    return {
        "in": "header", "name": name, "required": False, "description": about, "schema": {"type": "string"},
        "example": example,
    }  # fmt: skip


_IN_THE_PATH = {
    "key": {"description": "The key, encoded wholly: `/` in it is `%2F`.", "example": "2025/31"},
    "name": {"description": "The last part of a problem's type.", "example": "invalid"},
}
_IF_MATCH = _header("If-Match", "Only if the release is still as it was with this ETag.", _A_TAG)
_IF_NONE_MATCH = _header("If-None-Match", "`*`: only if there is nothing yet.", "*")
_UNLESS_SAME = _header("If-None-Match", "304 without a body if it is still as with this ETag.", _A_TAG)
_IDEMPOTENCY = _header("Idempotency-Key", "The key, where the body has none.", "2025/31")
_A_RELEASE = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Record"},
            "examples": {
                "release": {"summary": "A release", "value": {"key": "2025/31", **EXAMPLE}},
                "embargo": {
                    "summary": "One under embargo",
                    "value": {"key": "2025/32", **EXAMPLE, "visible_at": "2025-02-18T10:00:00+01:00"},
                },
            },
        }
    },
}
CREATES: dict[str, Any] = {"parameters": [_IDEMPOTENCY], "requestBody": _A_RELEASE}
REPLACES: dict[str, Any] = {"parameters": [_IF_MATCH, _IF_NONE_MATCH], "requestBody": _A_RELEASE}
READS: dict[str, Any] = {"parameters": [_IF_MATCH, _UNLESS_SAME]}
WITHDRAWS: dict[str, Any] = {
    "parameters": [_IF_MATCH, _IF_NONE_MATCH],
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Withdrawal"}}},
    },
}


def answers(
    model: type[BaseModel], *statuses: int, but: Collection[int], unchanged: bool = False
) -> dict[int, Any]:
    """What a route answers with: `model` where it goes well, problems `but` where not; 304 too where `unchanged`."""
    return {
        **dict.fromkeys(statuses, model), **({304: None} if unchanged else {}), **dict.fromkeys(but, ProblemDetails),
    }  # fmt: skip


@csrf_exempt
@require_safe
def serve(_request: HttpRequest) -> HttpResponse:
    """`/api/openapi.json`, for everybody."""
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return HttpResponse(served(), content_type="application/json", headers=headers)


@lru_cache(maxsize=1)
def served() -> bytes:
    """As it is served, for as long as the process lives."""
    return json.dumps(make(), ensure_ascii=False).encode()


def make() -> dict[str, Any]:
    """The document as plain JSON."""
    from feeds.api.views import api  # the routes name what is documented here

    whole: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/")))
    whole["servers"] = [{"url": settings.BASE_URL}]
    whole["tags"] = [
        {"name": "Releases", "description": "What your source has brought."},
        {"name": "Problems", "description": "What the `type` of a problem leads to."},
    ]
    schemas = whole["components"]["schemas"]
    schemas |= _written()
    del schemas["Listing"]  # its members are parameters
    for operations in whole["paths"].values():
        operations.pop("head", None)  # HEAD follows from GET (RFC 9110, 9.3.2)
        for operation in operations.values():
            _describe(operation)
    return whole


def _written() -> dict[str, Any]:
    """What bodies hold. They may repeat what is only read, so that an answer can be sent back."""
    release = Record.model_json_schema(ref_template=_SCHEMAS)
    release["description"] = (
        "A release as you push it; what is left out is empty. Names are taken whatever their case. Members that are "
        "only read are not taken from it, so an answer can be changed and sent back."
    )
    properties = release["properties"]
    for name in ("offices", "topics"):
        properties[name]["items"] = {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Label"}]}
    properties["type"] = {
        "anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Label"}, {"type": "null"}],
        "description": properties["type"].get("description", ""),
    }
    properties["translation_of"] = {**properties["translation_of"], "type": ["string", "null"]}
    properties["withdrawn_reason"] = {
        "type": "string",
        "description": "As `withdrawn`, under the name answers have.",
    }
    properties |= {
        name: {"readOnly": True, "description": "As answers have it; not taken from a body."}
        for name in sorted(READ_ONLY)
    }
    properties["state"]["description"] = (
        "Not taken from a body, but refused where the rest does not bear it out."
    )
    release["examples"] = [{"key": "2025/31", **EXAMPLE}]
    return {"Record": release, "Withdrawal": Withdrawal.model_json_schema(ref_template=_SCHEMAS)}


def _describe(operation: dict[str, Any]) -> None:
    for parameter in operation["parameters"]:
        parameter.pop("examples", None)  # ninja copies the schema's list, where OpenAPI has a map
        if parameter["in"] == "path":
            parameter.update(_IN_THE_PATH[parameter["name"]])
    for status, told in operation["responses"].items():
        code = int(status)
        if code < 300:
            _describe_success(operation["operationId"], code, told)
        elif code == 304:
            told["description"] = "It is as it was with the ETag in If-None-Match."
            told["headers"] = {"ETag": _HEADERS["ETag"]}
        else:
            _describe_problem(code, told)
    operation["responses"]["default"] = {
        "description": "Any other problem.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }


def _describe_success(operation: str, status: int, told: dict[str, Any]) -> None:
    words = {
        ("listReleases", 200): "A page of releases.",
        ("createRelease", 200): "The same was pushed before: the release as it is.",
        ("putRelease", 200): "Replaced: the release as it is now.",
        ("withdrawRelease", 200): "Withdrawn: the release as it is now.",
        ("getProblem", 200): "What the problem is and what to do.",
    }
    told["description"] = words.get(
        (operation, status), "Made: the new release." if status == 201 else "The release."
    )
    if operation == "getProblem":
        return
    wanted = ["ETag"]
    if operation == "listReleases":
        wanted.append("Link")
    elif operation != "getRelease":
        wanted.append("Content-Location")
    if status == 201:
        wanted.append("Location")
    told["headers"] = {name: _HEADERS[name] for name in wanted}


def _describe_problem(status: int, told: dict[str, Any]) -> None:
    kinds = [problem for problem in PROBLEMS.values() if problem.status == status]
    told["description"] = " ".join(f"{problem.title}. {problem.meaning}" for problem in kinds)
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    examples = {
        problem.name: {"value": {"type": problem.address, "title": problem.title, "status": status}}
        for problem in kinds
    }
    told["content"] = {MEDIA_TYPE: {"schema": schema, "examples": examples}}
    wanted = {401: ["WWW-Authenticate"], 412: ["ETag"]}.get(of_status(status).status, [])
    if wanted:
        told["headers"] = {name: _HEADERS[name] for name in wanted}

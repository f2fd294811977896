"""From the bytes of a request to a release as intake takes it. Raises problems.Refusal, whatever the bytes are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, RawPostDataException, UnreadablePostError
from pydantic import ValidationError

from config.bodies import LONGEST
from feeds import limits, normalise
from feeds.api.problems import BAD_REQUEST, MALFORMED_JSON, TOO_LARGE, UNSUPPORTED, Refusal, invalid, pointer
from feeds.api.schemas import READ_ONLY, Withdrawal
from feeds.sources import record
from feeds.sources.record import Record

_TWICE = object()
_LABELS = frozenset({"type", "offices", "topics"})


def record_of(request: HttpRequest) -> Record:
    """The release that the body is."""
    body = _read(request)
    if not body:
        raise _malformed("", "There is no body")
    _must_be_json(request)
    try:
        values = {name: _plain(name, value) for name, value in _object(body).items()}
        faults = list(_contradictions(values))
        given = record.read({name: value for name, value in values.items() if name not in READ_ONLY})
    except RecursionError:
        raise Refusal(MALFORMED_JSON, "Lists within lists without end.", line=1, column=1) from None
    if isinstance(given, Record) and not faults:
        return given
    if not isinstance(given, Record):
        faults += [
            {
                "pointer": pointer(*filter(None, [wrong.field])),
                "detail": f"{wrong.found}; expected {wrong.expected}",
            }
            for wrong in given
        ]
    raise invalid(*faults)


def withdrawal_of(request: HttpRequest) -> Withdrawal:
    """What the body of a DELETE says; it need not have one."""
    body = _read(request)
    if not body.strip():
        return Withdrawal()
    _must_be_json(request)
    try:
        return Withdrawal.model_validate(_object(body))
    except RecursionError:
        raise Refusal(MALFORMED_JSON, "Lists within lists without end.", line=1, column=1) from None
    except ValidationError as error:
        raise invalid(
            *({"pointer": pointer(*map(str, one["loc"])), "detail": one["msg"]} for one in error.errors())
        ) from None


def key_of(written: str, **where: str) -> str:
    """A key as it is kept. `where` says for a fault what it came from: pointer, parameter or header."""
    key = normalise.line(written[: limits.ROOM * limits.KEY])
    if not key or len(key) > limits.KEY or len(written) > limits.ROOM * limits.KEY:
        raise invalid({**where, "detail": f"a key has 1 to {limits.KEY} characters"})
    if key in {".", ".."} or "\N{REPLACEMENT CHARACTER}" in key:
        raise invalid(
            {**where, "detail": "a key must survive in an address: not . or .., and UTF-8 throughout"}
        )
    return key


def _read(request: HttpRequest) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > LONGEST:
        raise Refusal(TOO_LARGE, TOO_LARGE.meaning)
    try:
        body: bytes = request.read(LONGEST + 1)
    except (UnreadablePostError, RawPostDataException, OSError):
        raise Refusal(BAD_REQUEST, "The body ended before it was whole.") from None
    if len(body) > LONGEST:
        raise Refusal(TOO_LARGE, TOO_LARGE.meaning)
    return body


def _must_be_json(request: HttpRequest) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8").strip("\"'").lower()
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if request.content_type != "application/json":
        raise Refusal(UNSUPPORTED, "The body must be application/json.")
    if charset not in {"utf-8", "utf8"}:
        raise Refusal(UNSUPPORTED, "JSON is UTF-8 (RFC 8259, 8.1); leave the charset away.")
    if encoding not in {"", "identity"}:
        raise Refusal(UNSUPPORTED, "The body must not be compressed.")


def _object(body: bytes) -> Mapping[str, Any]:
    """The JSON object that `body` is. One name twice is a fault: `json` would keep one and lose the other."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _malformed(body[: error.start].decode("utf-8", "replace"), "a byte that is no UTF-8") from None
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise _malformed(text[: error.pos], error.msg) from None
    except ValueError as error:  # NaN, or a number of thousands of digits
        raise Refusal(MALFORMED_JSON, str(error).split(";", 1)[0]) from None
    if not isinstance(value, dict):
        raise invalid({"pointer": "#", "detail": "not an object; expected a JSON object"})
    twice = [
        {"pointer": pointer(name), "detail": "a name that stands twice"}
        for name in value
        if value[name] is _TWICE
    ]
    if twice:
        raise invalid(*twice)
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        values[name] = _TWICE if name in values else value
    return values


def _no_number(written: str) -> Any:
    raise ValueError(f"{written} is no number of JSON")


def _malformed(before: str, what: str) -> Refusal:
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Refusal(MALFORMED_JSON, f"{what}, at line {line}, column {column}.", line=line, column=column)


def _plain(name: str, value: Any) -> Any:
    """A label as an answer shows it ({"slug": …, "name": …}) stands for the text that names it."""
    if record.name_of(name) not in _LABELS:
        return value
    return [_label(one) for one in value] if isinstance(value, list) else _label(value)


def _label(value: Any) -> Any:
    if not isinstance(value, dict) or not value.keys() <= {"slug", "name"}:
        return value
    return value.get("slug") or value.get("name") or value


def _contradictions(values: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """`state` is not taken from a body, but one that the rest does not bear out is a mistake: nobody may believe that a
    release is scheduled while it is being published.
    """
    ours = {record.name_of(name): value for name, value in values.items()}
    state, reason = ours.get("state"), ours.get("withdrawn")
    if state not in (None, "", "published", "scheduled", "withdrawn"):
        yield {"pointer": "#/state", "detail": "no state; expected published, scheduled or withdrawn"}
    if state == "scheduled" and not ours.get("visible_at"):
        yield {
            "pointer": "#/state",
            "detail": "scheduled without visible_at; expected the end of the embargo",
        }
    if state == "withdrawn" and not reason:
        yield {
            "pointer": "#/state",
            "detail": "withdrawn without withdrawn_reason; expected why it is withdrawn",
        }
    if state in ("published", "scheduled") and reason:
        yield {"pointer": "#/state", "detail": f"{state} with withdrawn_reason; expected withdrawn"}

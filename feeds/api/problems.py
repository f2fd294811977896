"""Every way in which a request to /api/ can fail, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from config.databases import AGAIN_SECONDS

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem. `name` is the last part of its address, which never changes; `meaning` says what to do."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def address(self) -> str:
        """Its `type`: an address that tells about it."""
        return f"{settings.BASE_URL}/api/problems/{self.name}"


BAD_REQUEST = Problem(
    "bad-request", 400, "The request cannot be understood",
    "Something about the request as a whole is wrong; the detail says what. Mend it before you send it again.",
)  # fmt: skip
MALFORMED_JSON = Problem(
    "malformed-json", 400, "The body is no JSON",
    "The body must be one JSON object in UTF-8. `line` and `column` (from 1) say where it goes wrong.",
)  # fmt: skip
UNAUTHORIZED = Problem(
    "unauthorized", 401, "A token is needed",
    "Send `Authorization: Bearer herald_…` with a token that an admin has made for you.",
)  # fmt: skip
TOKEN_REVOKED = Problem(
    "token-revoked", 403, "This token was revoked",
    "An admin has ended this token. Ask for another one.",
)  # fmt: skip
SOURCE_INACTIVE = Problem(
    "source-inactive", 403, "This token's source takes nothing in",
    "An admin has switched the source off, or made it one of another kind. Nothing was read or written.",
)  # fmt: skip
NOT_FOUND = Problem(
    "not-found", 404, "There is nothing here",
    "There is no such address, or your source has brought no release under this key.",
)  # fmt: skip
NOT_ALLOWED = Problem(
    "method-not-allowed", 405, "This address does not take that method",
    "The header `Allow` names the methods that it takes.",
)  # fmt: skip
NOT_ACCEPTABLE = Problem(
    "not-acceptable", 406, "There is only JSON here",
    "Send `Accept: application/json`, or none.",
)  # fmt: skip
CONFLICT = Problem(
    "conflict", 409, "This key has another release already",
    "A release was pushed under this key before, with other content, or has been replaced or withdrawn since. To "
    "replace it, PUT it to the address in `put`.",
)  # fmt: skip
PRECONDITION_FAILED = Problem(
    "precondition-failed", 412, "The release is not as you expected it",
    "What If-Match or If-None-Match asked for does not hold: somebody has changed the release since you read it. Read "
    "it again, make your change anew, and send it with the new ETag.",
)  # fmt: skip
TOO_LARGE = Problem(
    "too-large", 413, "The body is too large",
    "A body may have 10 MB at most. Link to pictures instead of putting them into the text.",
)  # fmt: skip
UNSUPPORTED = Problem(
    "unsupported-media-type", 415, "The body is of another kind than is read here",
    "Send it as `Content-Type: application/json`, in UTF-8, and not compressed.",
)  # fmt: skip
INVALID = Problem(
    "invalid", 422, "Something in the request does not hold",
    "`errors` lists all that is wrong, each with a `pointer` into the body (RFC 6901), or the name of the `parameter` "
    "or `header`.",
)  # fmt: skip
FAULT = Problem(
    "fault", 500, "Something went wrong here",
    "It is no fault of yours. Trying again does no harm: each request may be repeated. Tell an admin the `id`, which "
    "stands in the log.",
)  # fmt: skip
UNAVAILABLE = Problem(
    "unavailable", 503, "The store cannot be reached just now",
    "Nothing is known to have been written. Send the same again after the seconds in `Retry-After`, until you get "
    "another answer: each request may be repeated.",
)  # fmt: skip

PROBLEMS: Mapping[str, Problem] = {
    problem.name: problem
    for problem in (
        BAD_REQUEST, MALFORMED_JSON, UNAUTHORIZED, TOKEN_REVOKED, SOURCE_INACTIVE, NOT_FOUND, NOT_ALLOWED,
        NOT_ACCEPTABLE, CONFLICT, PRECONDITION_FAILED, TOO_LARGE, UNSUPPORTED, INVALID, FAULT, UNAVAILABLE,
    )
}  # fmt: skip
_HEADERS: Mapping[Problem, Mapping[str, str]] = {
    UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="Herald"'},
    UNSUPPORTED: {"Accept": "application/json", "Accept-Encoding": "identity"},
    UNAVAILABLE: {"Retry-After": str(AGAIN_SECONDS)},
}


class Refusal(Exception):
    """Raised anywhere below a view to answer with a problem. `members` are its further members, by name."""

    def __init__(
        self, problem: Problem, detail: str = "", *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(problem.name)
        self.problem, self.detail, self.members, self.headers = problem, detail, members, headers or {}

    def answer(self) -> HttpResponse:
        return answer(self.problem, self.detail, self.headers, **self.members)


def invalid(*errors: Mapping[str, str]) -> Refusal:
    """A refusal with 422. Each error has a `detail` and a `pointer`, `parameter` or `header`."""
    count = "One thing is" if len(errors) == 1 else f"{len(errors)} things are"
    return Refusal(INVALID, f"{count} wrong; see errors.", errors=list(errors))


def pointer(*names: str) -> str:
    """Where in a body: a JSON pointer as a fragment (RFC 6901, 6), such as "#/title"."""
    return "#" + "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


def answer(
    problem: Problem, detail: str = "", headers: Mapping[str, str] | None = None, **members: Any
) -> HttpResponse:
    """The answer that tells of a problem."""
    content = {"type": problem.address, "title": problem.title, "status": problem.status}
    if detail:
        content["detail"] = detail
    response = HttpResponse(
        json.dumps(content | members, ensure_ascii=False).encode("utf-8", "replace"),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **_HEADERS.get(problem, {}), **(headers or {})},
    )
    # Django would log the path, and with it the key of a release that may be under embargo.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def of_status(status: int) -> Problem:
    """The problem that stands for a status which another part of the way answered with."""
    found = next((problem for problem in PROBLEMS.values() if problem.status == status), None)
    return found or (FAULT if status >= 500 else BAD_REQUEST)

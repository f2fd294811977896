"""The routes of `/api/`."""

from __future__ import annotations

import secrets
import traceback
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from config import clock, databases
from config.without import unopened
from feeds import drafting, normalise
from feeds.api import bodies, document, listing, preconditions, representation, writing
from feeds.api.auth import Token
from feeds.api.problems import (
    FAULT,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    PRECONDITION_FAILED,
    PROBLEMS,
    UNAVAILABLE,
    Refusal,
    answer,
    invalid,
    of_status,
)
from feeds.api.representation import Representation
from feeds.api.schemas import Listing, Page, ProblemKind, Withdrawal
from feeds.api.schemas import Release as Shown
from feeds.models import Source

with unopened(
    "django.test"
):  # ninja wants its signals, which are a module of it; the rest is a tenth of all memory
    from ninja import NinjaAPI, Query, Router
    from ninja.errors import HttpError, ValidationError

log = structlog.stdlib.get_logger("herald.api")
router = Router(tags=["Releases"])
READ = ["GET", "HEAD"]


@router.api_operation(
    READ, "/releases", auth=Token(), operation_id="listReleases", summary="List your releases",
    response=document.answers(Page, 200, but=(401, 403, 406, 412, 422), unchanged=True),
    openapi_extra=document.READS,
)  # fmt: skip
def releases(request: HttpRequest, wish: Query[Listing]) -> HttpResponse:
    """What your source has brought, what it brought last first, a page at a time. Pages stay in step while releases are
    added: each one is seen once. A release that is known under two keys of your source is listed under both.
    """
    page = listing.page(_source(request), wish)
    response = _read(request, representation.of(page))
    if page.next:
        response["Link"] = f'<{page.next}>; rel="next"'
    return response


@router.post(
    "/releases", auth=Token(), operation_id="createRelease", summary="Push a release",
    response=document.answers(Shown, 200, 201, but=(400, 401, 403, 406, 409, 413, 415, 422)),
    openapi_extra=document.CREATES,
)  # fmt: skip
def create(request: HttpRequest) -> HttpResponse:
    """Makes a release. Its key is the `key` of the body; else the header Idempotency-Key; else its `url`; else one made
    of title and date. The same key with the same content again answers 200 with the release as it is, and changes
    nothing: repeat the request until you get an answer. The same key with other content is a conflict: PUT it.
    """
    source = _source(request)
    record = bodies.record_of(request)
    key = _key(request, record.key, record.url)
    item = writing.with_key(record.to_item(), key)
    return _written(request, writing.create(item, source, _actor(request), clock.now()))


@router.api_operation(
    READ, "/releases/{path:key}", auth=Token(), operation_id="getRelease", summary="Read a release",
    response=document.answers(Shown, 200, but=(401, 403, 404, 406, 412), unchanged=True),
    openapi_extra=document.READS,
)  # fmt: skip
def release(request: HttpRequest, key: str) -> HttpResponse:
    """The release under this key of your source, embargoed and withdrawn ones included. Encode the key wholly: `/` in
    it becomes `%2F`.
    """
    source = _source(request)
    held = representation.find(source, normalise.line(key))
    if held is None:
        raise Refusal(NOT_FOUND)
    return _read(request, representation.of(representation.show([held], source)[0]))


@router.put(
    "/releases/{path:key}", auth=Token(), operation_id="putRelease", summary="Create or replace a release",
    response=document.answers(Shown, 200, 201, but=(400, 401, 403, 406, 412, 413, 415, 422)),
    openapi_extra=document.REPLACES,
)  # fmt: skip
def put(request: HttpRequest, key: str) -> HttpResponse:
    """Makes the release what the body says; what the body leaves out is emptied. A withdrawn release is published again
    unless the body says that it is withdrawn. With `If-Match` it replaces exactly what you have read, what an editor
    changed in the meantime included; without, a field that you say as you said it last stays as an editor made it.
    """
    source = _source(request)
    name = bodies.key_of(key, parameter="key")
    record = bodies.record_of(request)
    if record.key and bodies.key_of(record.key, pointer="#/key") != name:
        raise invalid(
            {"pointer": "#/key", "detail": "another key than in the address; leave it out, or send the same"}
        )
    item = writing.with_key(record.to_item(), name)
    conditions = preconditions.of(request)
    return _written(request, writing.put(item, source, conditions, _actor(request), clock.now()))


@router.delete(
    "/releases/{path:key}", auth=Token(), operation_id="withdrawRelease", summary="Withdraw a release",
    response=document.answers(Shown, 200, but=(400, 401, 403, 404, 406, 412, 413, 415, 422)),
    openapi_extra=document.WITHDRAWS,
)  # fmt: skip
def withdraw(request: HttpRequest, key: str, why: Query[Withdrawal]) -> HttpResponse:
    """Takes the release away from readers, who are told when and why, and answers with it. Nothing is deleted: its key
    stays taken, and a PUT publishes it again. Repeating it changes nothing.
    """
    source = _source(request)
    reason = normalise.line(bodies.withdrawal_of(request).reason or why.reason)
    conditions = preconditions.of(request)
    done = writing.withdraw(normalise.line(key), reason, source, conditions, _actor(request), clock.now())
    return _written(request, done)


@router.api_operation(
    READ, "/problems/{name}", operation_id="getProblem", summary="What a problem's type means", tags=["Problems"],
    response=document.answers(ProblemKind, 200, but=(404, 406)),
)  # fmt: skip
def problem(request: HttpRequest, name: str) -> HttpResponse:
    """Where the `type` of a problem leads to."""
    _must_take_json(request)
    known = PROBLEMS.get(name)
    if known is None:
        raise Refusal(NOT_FOUND)
    kind = ProblemKind(type=known.address, title=known.title, status=known.status, meaning=known.meaning)
    return HttpResponse(kind.model_dump_json(), content_type="application/json")


@csrf_exempt
def nothing(_request: HttpRequest, **_: str) -> HttpResponse:
    """Every other address under /api/."""
    return answer(NOT_FOUND)


def _source(request: HttpRequest) -> Source:
    """The source of the token."""
    _must_take_json(request)
    source: Source = request.auth.source  # type: ignore[attr-defined] # django-ninja puts the token there
    return source


def _actor(request: HttpRequest) -> str:
    """Who writes, as the audit log names it."""
    return f"token:{request.auth.pk}"  # type: ignore[attr-defined] # django-ninja puts the token there


def _must_take_json(request: HttpRequest) -> None:
    if request.headers.get("Accept") and not request.accepts("application/json"):
        raise Refusal(NOT_ACCEPTABLE, NOT_ACCEPTABLE.meaning)


def _key(request: HttpRequest, key: str, url: str) -> str:
    """What a new release is called: see `create`. Empty: by its title and date."""
    if key:
        return bodies.key_of(key, pointer="#/key")
    header = request.headers.get("Idempotency-Key", "").strip()
    if header:
        quoted = len(header) > 1 and header[0] == header[-1] == '"'
        return bodies.key_of(header[1:-1] if quoted else header, header="Idempotency-Key")
    address = normalise.url(url)
    return drafting.short(address) if address else ""


def _headers(held: Representation) -> dict[str, str]:
    return {"ETag": held.tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}


def _read(request: HttpRequest, held: Representation) -> HttpResponse:
    """200, 304 or 412, as the request's conditions have it."""
    conditions = preconditions.of(request)
    if not conditions.matched(held.tag):
        raise Refusal(PRECONDITION_FAILED, PRECONDITION_FAILED.meaning, headers={"ETag": held.tag})
    if not conditions.unmatched(held.tag):
        return HttpResponse(status=304, headers=_headers(held))
    return HttpResponse(held.content, content_type="application/json", headers=_headers(held))


def _written(request: HttpRequest, done: writing.Written) -> HttpResponse:
    """200 or 201 with the release. Content-Location says that this is what a GET would give (RFC 9110, 8.7)."""
    place = representation.address(done.key)
    headers = {**_headers(done.representation), "Content-Location": place}
    if done.created:
        headers["Location"] = place
    status = 201 if done.created else 200
    token = request.auth  # type: ignore[attr-defined]
    log.info("a release was written", method=request.method, caller=token.pk, release=done.release)
    return HttpResponse(
        done.representation.content, status=status, content_type="application/json", headers=headers
    )


def _refused(_request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return refusal.answer()


def _not_valid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What django-ninja found wrong with parameters."""
    errors = [{"parameter": str(one["loc"][-1]), "detail": str(one["msg"])} for one in error.errors]
    return invalid(*errors).answer()


def _http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """What django-ninja refuses by itself."""
    return answer(of_status(error.status_code))


def _fault(_request: HttpRequest, error: Exception) -> HttpResponse:
    """A database that is away, or a fault of ours. The log gets where, not what: the words of an error may quote a
    release under embargo.
    """
    if databases.is_away(error):
        log.warning("a request needs the database, which is away", error=type(error).__name__)
        return answer(UNAVAILABLE, UNAVAILABLE.meaning)
    name = secrets.token_hex(6)
    where = traceback.format_tb(error.__traceback__)
    log.error("a fault was answered", fault=name, error=type(error).__name__, where=where)
    return answer(FAULT, FAULT.meaning, id=name)


api = NinjaAPI(
    title="Herald", version="1", description=document.ABOUT, urls_namespace="api", openapi_url=None, docs_url=None,
)  # fmt: skip
api.add_router("", router)
for kind, handler in (
    (Refusal, _refused), (ValidationError, _not_valid), (HttpError, _http_error), (Exception, _fault),
):  # fmt: skip
    handlers: Any = api
    handlers.add_exception_handler(kind, handler)

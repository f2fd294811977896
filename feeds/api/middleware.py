"""What holds for every answer under /api/, whichever part of the way it came from."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.middleware import API
from feeds.api.problems import MEDIA_TYPE, UNAVAILABLE, answer, of_status

_log = structlog.stdlib.get_logger("herald.api")


class ApiAnswers:
    """Faults found by Django itself (a wrong host, another method) become problems too; OPTIONS says what goes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)  # nobody is known by a cookie here, and none is set or cleared
        response = self.get_response(request)
        if response.status_code == 405:
            return _not_allowed(request, response)
        if response.status_code < 400 or response.headers.get("Content-Type") == MEDIA_TYPE:
            return response
        return _of_another(response)


def _not_allowed(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    allowed = {name.strip() for name in response.headers.get("Allow", "").split(",")} - {""}
    headers = {"Allow": ", ".join(sorted(allowed | {"OPTIONS"}))}
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=headers)
    return answer(of_status(405), headers=headers)


def _of_another(response: HttpResponseBase) -> HttpResponse:
    problem = of_status(response.status_code)
    if problem.status < 500:
        return answer(problem)
    if problem is UNAVAILABLE:
        return answer(problem, problem.meaning)
    name = secrets.token_hex(6)
    _log.error("a fault was answered; what it was stands before", fault=name)
    return answer(problem, problem.meaning, id=name)

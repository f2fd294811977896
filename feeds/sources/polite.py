"""One page of somebody's website, asked for as its host wants it: robots.txt is kept, and pauses are made."""

from __future__ import annotations

import re

from feeds.sources.files import decode
from feeds.sources.item import Fault
from feeds.web.answer import Answer, FetchError, Refused, Unreachable, Validators, Web
from feeds.web.guard import place

ACCEPT = "text/html, application/xhtml+xml, text/plain;q=0.8, */*;q=0.1"
PAUSING = frozenset({429, 503})
"""Answers after which a host is left alone for a while."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)


def ask(web: Web, url: str, validators: Validators | None = None) -> Answer:
    """An answer of any status. Raises FetchError; Refused where robots.txt forbids it."""
    if not web.allowed(url):
        raise Refused(f"{shown(url)}: robots.txt there forbids it to robots")
    web.pause(url)
    return web.get(url, validators=validators or Validators(), accept=ACCEPT)


def refusal(answer: Answer, expected: str) -> FetchError:
    """The error that an answer other than 200 is."""
    error = Unreachable(f"{shown(answer.url)}: answered {answer.status}; expected {expected}")
    error.not_before = answer.not_before
    return error


def why(error: FetchError, url: str) -> str:
    """What it says, without the address in front."""
    return str(error).removeprefix(f"{shown(url)}: ")


def text_of(answer: Answer, file: str) -> str | Fault:
    """A page as text: in the charset its headers name, or else as a file is decoded. Faults name `file`."""
    named = _CHARSET.search(answer.headers.get("content-type", ""))
    if named and named[1].lower() not in {"utf-8", "utf8"} and b"\0" not in answer.body:
        try:
            return answer.body.decode(named[1])
        except (LookupError, ValueError):
            pass  # headers are often wrong; the page may know better
    if not answer.body.strip():
        return Fault(file, None, "an empty page", "a page in HTML or text")
    return decode(answer.body, file)


def shown(url: str) -> str:
    """An address for messages: without its query, in which secrets may stand."""
    try:
        return place(url).shown
    except Refused:
        return "a page"

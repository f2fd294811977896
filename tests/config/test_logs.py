"""Lines of the log: events with named values, whoever says them, and nothing of anybody in them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from django.http import HttpResponse
from django.test import RequestFactory

from config import logs, redaction, requestids
from config.middleware import AccessLog

ADDRESS, TOKEN, SECRET = (
    "ada.canary@example.net",
    "herald_Canary0123456789abcdefABCDEF",
    "canary of a password",
)
log = structlog.stdlib.get_logger("herald.canary")


@pytest.fixture(autouse=True)
def nameless():
    """This process has run no command yet, as far as its lines tell; tests of the command line leave their names."""
    logs.play("")
    yield
    logs.play("")


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setattr(redaction, "_known", set())
    monkeypatch.setattr(redaction, "_secrets", [])
    redaction.hide(SECRET)


@contextmanager
def written(form: logs.Format):
    """What is logged meanwhile at any level, in `form`, with the filters of an installation."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Line(form))
    for kept in (logs.SaidByReadiness(), logs.WithoutTraceback()):
        handler.addFilter(kept)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield out
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def fail(who: str) -> None:
    held = {"to": who}  # what a traceback with locals would show
    raise ValueError(f"no mail for {held['to']}")


def say_all() -> None:
    """Canaries by every way into the log."""
    canaries = f"{ADDRESS} /manage/{TOKEN} {SECRET}"
    log.warning(
        "ours", to=ADDRESS, nested={ADDRESS: [canaries, {"deep": (canaries,)}]}, it=ValueError(canaries)
    )
    for name in (
        "django.request",
        "django.db.backends",
        "procrastinate",
        "uvicorn.error",
        "asyncio",
        "py.warnings",
    ):
        logging.getLogger(name).error(
            "says %s and %r", canaries, {"to": canaries}, extra={"request": canaries}
        )
    try:
        try:
            fail(canaries)
        except ValueError as error:
            error.add_note(canaries)
            raise RuntimeError(canaries) from error
    except RuntimeError:
        log.exception("failed", why=canaries)
        logging.getLogger("other").exception("failed: %s", canaries)
    with structlog.contextvars.bound_contextvars(job=canaries):
        log.info("bound")


@pytest.mark.holds("S7", "S10")
@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("form", ["json", "console"])
def test_no_canary_gets_through_by_whatever_logger_it_comes(form):
    with written(form) as out:
        say_all()
    said = out.getvalue()
    assert said.count("failed") >= 2, "the lines are there"
    assert not [word for word in ("canary@", "ada.c", TOKEN, SECRET, "Canary0") if word in said]


def test_a_line_that_cannot_be_made_is_told_of_without_what_it_would_say():
    record = logging.LogRecord("other", logging.INFO, "", 0, "one too few: %s %s", (ADDRESS,), None)
    assert json.loads(logs.Line("json").format(record)) == {
        "event": "a line could not be made", "logger": "other", "error": "TypeError",
    }  # fmt: skip


def test_such_a_line_is_json_whatever_its_logger_is_called():
    record = logging.LogRecord(f'"\n{ADDRESS}', logging.INFO, "", 0, "%d", ("x",), None)
    assert json.loads(logs.Line("json").format(record))["logger"] == '"\n…'


@pytest.mark.usefixtures("secret")
def test_every_line_is_an_event_with_its_time_place_and_values():
    logs.play("worker")
    with written("json") as out:
        log.warning("a relay cannot be used", relay="relay.example", why=None)
        logging.getLogger("django.request").warning("Not Found: %s", "/x", extra={"status_code": 404})
        say_all()
    ours, theirs, *others = lines(out)
    assert (ours["event"], ours["relay"], ours["why"]) == ("a relay cannot be used", "relay.example", None)
    assert (theirs["event"], theirs["status_code"], theirs["logger"]) == (
        "Not Found: /x",
        404,
        "django.request",
    )
    for line in (ours, theirs, *others):
        assert {"timestamp", "level", "logger", "event", "host", "process"} <= set(line)
        assert line["role"] == "worker"


def test_a_traceback_is_in_parts_as_json_and_without_what_variables_held():
    with written("json") as out:
        try:
            fail(ADDRESS)
        except ValueError:
            log.exception("failed")
    [line] = lines(out)
    [error] = line["exception"]
    assert (error["exc_type"], error["exc_value"]) == ("ValueError", "no mail for …")
    assert error["frames"][-1]["name"] == "fail"
    assert "locals" not in error["frames"][-1]


def test_for_the_eye_a_line_is_short_and_its_traceback_stands_below():
    with written("console") as out:
        log.info("sent in the last minute", count=12)
        try:
            fail("nobody")
        except ValueError:
            log.exception("failed")
    first, *rest = out.getvalue().splitlines()
    assert first.endswith("[info] sent in the last minute [herald.canary] count=12")
    assert rest[-1] == "ValueError: no mail for nobody"


@pytest.mark.parametrize(("form", "terminal", "as_json"), [
    ("", False, True), ("", True, False), ("console", False, False), ("json", True, True),
])  # fmt: skip
def test_without_a_word_it_is_for_the_eye_on_a_terminal_alone(form, terminal, as_json, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    line = logs.Line(form).format(logging.LogRecord("x", logging.INFO, "", 0, "said", (), None))
    assert line.startswith("{") == as_json


def test_what_nobody_caught_and_warnings_are_lines_as_well(monkeypatch):
    monkeypatch.setattr(logging, "_warnings_showwarning", None)  # whoever captured them before
    for module, name in ((sys, "excepthook"), (threading, "excepthook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, name, getattr(module, name))
    logs.take_all()
    try:
        with written("json") as out:
            thread = threading.Thread(target=fail, args=(ADDRESS,))
            thread.start()
            thread.join()
            ending = threading.Thread(target=sys.exit, args=(1,))
            ending.start()
            ending.join()
            warnings.showwarning(UserWarning(ADDRESS), UserWarning, "x.py", 1)
    finally:
        logging.captureWarnings(capture=False)
    uncaught, warning = lines(out)
    assert (uncaught["level"], uncaught["exception"][0]["exc_value"]) == ("critical", "no mail for …")
    assert (warning["logger"], "UserWarning: …" in warning["event"]) == ("py.warnings", True)


def test_what_a_task_is_about_stands_in_its_lines_alone():
    class About:
        def for_log(self):
            return {"dispatch": 7, "subscriber": 8}

    async def work() -> None:
        logs.ABOUT.set(About())
        log.warning("within")
        logging.getLogger("other").warning("within")

    async def both() -> None:
        await asyncio.create_task(work())
        log.warning("beside")

    with written("json") as out:
        asyncio.run(both())
    said = [line.get("dispatch") for line in lines(out) if line["logger"] != "asyncio"]
    assert said == [7, 7, None]


def asked(peer: str, *headers: tuple[bytes, bytes]) -> tuple[dict[bytes, bytes], list[dict[str, Any]]]:
    """Headers of the answer to a request that came from `peer`, and what was logged of it."""
    sent: list[dict[str, Any]] = []

    async def application(_scope, _receive, send) -> None:
        respond = AccessLog(lambda _request: HttpResponse())
        await asyncio.to_thread(respond, RequestFactory().get("/x"))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b""})

    async def send(event) -> None:
        sent.append(event)

    scope = {"type": "http", "client": (peer, 5), "headers": list(headers)}
    whole = requestids.RequestIds(application, {"127.0.0.1"}.__contains__)  # type: ignore[arg-type]
    with written("json") as out:
        asyncio.run(whole(scope, None, send))  # type: ignore[arg-type]
    return dict(sent[0]["headers"]), [line for line in lines(out) if line["logger"] != "asyncio"]


@pytest.mark.parametrize(
    ("peer", "said", "kept"),
    [
        ("127.0.0.1", b"a1b2c3d4-e5f6", True),
        ("198.51.100.7", b"a1b2c3d4-e5f6", False),
        ("127.0.0.1", b"short", False),
        ("127.0.0.1", b"ada@example.net", False),
        ("127.0.0.1", b"a" * 65, False),
        ("127.0.0.1", b"", False),
    ],
    ids=["a believed proxy's", "a stranger's", "too short", "no id", "too long", "empty"],
)
def test_a_request_has_the_id_of_a_believed_proxy_or_one_of_ours(peer, said, kept):
    headers, [line] = asked(peer, (b"x-request-id", said))
    given = headers[b"x-request-id"]
    assert (given == said) == kept
    assert line["request_id"] == given.decode()
    assert headers[b"a"] == b"b"
    assert kept or len(given) == 16


def test_no_two_requests_have_the_same_id():
    assert len({asked("198.51.100.7")[0][b"x-request-id"] for _ in range(5)}) == 5

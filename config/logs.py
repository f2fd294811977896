"""Each line of the log is an event with named values, as JSON or for the eye. See decision 86.

    log = structlog.stdlib.get_logger(__name__)
    log.warning("a relay cannot be used", relay=name, why=words)

Lines of the standard library, of Django and of all else go the same way. The last step before a line is written takes
addresses, tokens and secrets out of it (`config.redaction`).
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Iterable
from contextvars import ContextVar
from functools import lru_cache
from types import TracebackType
from typing import Any, Literal, Protocol

from config import redaction
from config.without import without

with without("rich", "greenlet"):  # for tracebacks in colours, and for a kind of threads: we use neither
    import structlog
    from structlog import dev, processors, stdlib
    from structlog.contextvars import merge_contextvars
    from structlog.tracebacks import ExceptionDictTransformer
    from structlog.typing import EventDict, Processor

READINESS = "/readyz"
Format = Literal["", "console", "json"]

_log = stdlib.get_logger(__name__)
_role = [""]
ABOUT: ContextVar[Subject | None] = ContextVar("about", default=None)
"""What the task at hand is about, where binding names for each would cost as much as the task: looked at when a line
is written, and not before."""
_ALSO = [
    "status_code"
]  # of what other programs' lines bear beside their words; a request has a whole person in it


class Subject(Protocol):
    def for_log(self) -> dict[str, Any]:
        """Its ids, by name."""


def _about(_logger: Any, _method: str, event: EventDict) -> EventDict:
    subject = ABOUT.get()
    return event if subject is None else {**subject.for_log(), **event}


_SHARED: list[Processor] = [
    merge_contextvars,
    _about,
    stdlib.add_logger_name,
    stdlib.add_log_level,
    processors.TimeStamper(fmt="iso", utc=True),
]


def configured(level: str, form: Format, secrets: Iterable[str]) -> dict[str, Any]:
    """Tells structlog how lines are made, and says it for `logging.config.dictConfig`. `form` "": for the eye where
    stderr is a terminal, else JSON. `secrets` stand in no line.
    """
    for secret in secrets:
        redaction.hide(secret)
    structlog.configure(
        processors=[stdlib.filter_by_level, *_SHARED, stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=stdlib.BoundLogger,
        logger_factory=stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "config.logs.Line", "form": form}},
        "filters": {
            "readiness": {"()": "config.logs.SaidByReadiness"},
            "refusals": {"()": "config.logs.WithoutTraceback"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["readiness", "refusals"],
            },
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"apscheduler": {"level": "ERROR"}, "procrastinate": {"level": "WARNING"}},
    }


class Line(stdlib.ProcessorFormatter):
    """A record of whatever origin as one line of JSON, or as one for the eye with its traceback below."""

    def __init__(self, form: Format = "json") -> None:
        eye = form == "console" or (not form and sys.stderr.isatty())
        super().__init__(
            foreign_pre_chain=[*_SHARED, stdlib.ExtraAdder(allow=_ALSO)],
            processors=[stdlib.ProcessorFormatter.remove_processors_meta, *(_FOR_THE_EYE if eye else _JSON)],
        )

    def format(self, record: logging.LogRecord) -> str:
        try:
            return super().format(record)
        except Exception as error:  # logging would print the record, with whatever it bears
            said = {"event": "a line could not be made", "logger": redaction.clean(record.name)}
            return json.dumps({**said, "error": type(error).__name__})


class SaidByReadiness(logging.Filter):
    """Django would log each answer "not ready" as an error of ours; what is wrong is logged where it is found."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return getattr(request, "path_info", "") != READINESS or getattr(record, "status_code", 0) != 503


class WithoutTraceback(logging.Filter):
    """That somebody may not do something (403) is no fault of ours: where it was found says nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 0) == 403:
            record.exc_info = None
        return True


def play(role: str) -> None:
    """What this process is called in its lines: the command, or the part of one that runs in it."""
    _role[0] = role


def take_all() -> None:
    """What this process would say past the log goes through it as well: warnings, and errors that nobody caught."""
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_a_thread


def _uncaught_in_a_thread(args: threading.ExceptHookArgs) -> None:
    """One that ends by SystemExit does so silently, as without us."""
    if not issubclass(args.exc_type, SystemExit):
        _uncaught(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, where)
    else:
        _log.critical("an error that nobody caught", exc_info=(kind, error, where))


@lru_cache(maxsize=1)
def _host() -> str:
    return socket.gethostname()


def _placed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {**event, "role": _role[0], "process": os.getpid(), "host": _host()}


def _named(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {"role": _role[0], **event} if _role[0] else event


def _clean(_logger: Any, _method: str, event: EventDict) -> EventDict:
    cleaned: EventDict = redaction.cleaned(event)
    return cleaned


# Never with what variables held: a traceback would bring the addresses that a frame was at work on.
_JSON: list[Processor] = [
    _placed,
    processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=40)),
    _clean,
    processors.JSONRenderer(ensure_ascii=False),
]
_FOR_THE_EYE: list[Processor] = [
    _named,
    processors.format_exc_info,
    _clean,
    dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=dev.plain_traceback, pad_event_to=0, pad_level=False
    ),
]

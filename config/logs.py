"""What a line in the log looks like, and what never stands in one."""

from __future__ import annotations

import logging
import re

READINESS = "/readyz"

# A token in an address is a long path segment with capitals or underscores in it, which no slug has; one of a program
# says itself what it is, wherever it stands.
_TOKEN = re.compile(r"(?<=/)(?=[a-z0-9=-]*[A-Z_])[\w=-]{20,}|herald_[\w-]{20,}", re.A)


class Line(logging.Formatter):
    """Django logs the path of what failed, and other libraries may too: tokens in it become "…"."""

    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


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


def without_tokens(text: str) -> str:
    return _TOKEN.sub("…", text)

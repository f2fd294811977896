"""Rows taken out of Herald, as CSV that no spreadsheet takes for formulas, or as NDJSON; a piece at a time.

rows (mappings) --lines(form, columns, …)--> text --answer(request, …)--> a download that is never in memory whole
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

FORMS = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_AT_ONCE = 500
Row = Mapping[str, Any]


def lines(form: str, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """A line for each row, CSV (RFC 4180) with a head. Instants are ISO 8601. Raises KeyError for an unknown form."""
    return {"csv": _csv, "ndjson": _ndjson}[form](columns, rows)


def neutral(cell: Any) -> Any:
    """A text that begins as a formula does, blanks before it or not, with an apostrophe before it; else as it is."""
    if not isinstance(cell, str):
        return cell
    risky = cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)
    return f"'{cell}" if risky else cell


def meant(cell: str) -> str:
    """The text that `neutral` was given, if it made this of it."""
    return cell[1:] if cell.startswith("'") and neutral(cell[1:]) == cell else cell


def answer(
    request: HttpRequest, name: str, form: str, columns: Sequence[str], rows: Iterable[Row]
) -> StreamingHttpResponse:
    """A download of this name, kept by nobody on its way."""
    found = lines(form, columns, rows)
    content = _aside(found) if isinstance(request, ASGIRequest) else found
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(content, content_type=FORMS[form], headers=headers)


def by_number(found: QuerySet[Any], *values: str) -> Iterator[Row]:
    """All rows in the order of their primary key, some at a time, so that no cursor is held while somebody reads."""
    last = 0
    while some := list(found.filter(pk__gt=last).order_by("pk").values("pk", *values)[:_AT_ONCE]):
        yield from some
        last = some[-1]["pk"]


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield _line(columns)
    for row in rows:
        yield _line([_cell(row[name]) for name in columns])


def _ndjson(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        values = {name: _plain(row[name]) for name in columns}
        yield json.dumps(values, ensure_ascii=False) + "\n"


def _line(cells: Iterable[Any]) -> str:
    file = io.StringIO()
    csv.writer(file).writerow([neutral(cell) for cell in cells])
    return file.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else _plain(value)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


async def _aside(found: Iterator[str]) -> AsyncIterator[str]:
    """The same for a server that answers others meanwhile: each piece is put together in a thread."""
    while some := await sync_to_async(lambda: "".join(islice(found, _AT_ONCE)))():
        yield some

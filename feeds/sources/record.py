"""One release as a person or a program writes it down: the names of its fields, and what each accepts.

Files (Markdown, JSON, NDJSON, CSV) and the API share it. A record says everything: what it leaves out is meant to be
empty. Names are taken whatever their case, with blanks or dashes for "_", and under their other names (`ALIASES`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from feeds import normalise
from feeds.sources.item import RawItem, excerpt
from feeds.sources.listing_dates import YEARS, parse_date

ALIASES = {
    "date": "published_on", "id": "key", "image": "image_url", "embargo": "visible_at",
    "withdrawn_reason": "withdrawn",
}  # fmt: skip
EXPECTED = {
    "title": "a title",
    "published_on": "a date such as 2025-02-17",
    "url": "an http or https address",
    "image_url": "an http or https address",
    "offices": 'a list, or names with "; " between them',
    "topics": 'a list, or names with "; " between them',
    "language": "a language tag such as en or pt-BR",
    "visible_at": "an instant with its offset such as 2025-02-17T10:00:00+01:00",
    "silent": "true or false",
    "withdrawn": "the reason, in words",
}
TEXT = "a text"
_APART = re.compile(r"[\s_-]+")
_LIST = re.compile(r"[;|]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def _title(value: str) -> str:
    if not normalise.line(value):
        raise ValueError
    return value


def _day(value: Any) -> date:
    """A date, or the date of an instant as it was written, whatever its offset."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        day: date | None = datetime.fromisoformat(_text(value).strip()).date()
    except ValueError:
        day = parse_date(_text(value))
    if day is None or day.year not in YEARS:
        raise ValueError
    return day


def _instant(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value).strip())
    if moment.tzinfo is None:
        raise PydanticCustomError("no_offset", "an instant without an offset")
    if moment.year not in YEARS:
        raise ValueError
    return moment.astimezone(UTC)


def _address(value: str) -> str:
    if normalise.url(value) is None:
        raise ValueError
    return value


def _language(value: str) -> str:
    if not normalise.language(value):
        raise ValueError
    return value


def _reason(value: Any) -> Any:
    """Why it is withdrawn. A plain yes is no reason; a plain no says that it is not withdrawn."""
    plain = str(value).strip().lower() if isinstance(value, str | bool | int) else ""
    if plain in _YES:
        raise ValueError
    return "" if plain in _NO else value


def _labels(value: Any) -> Any:
    return [one for part in _LIST.split(value) if (one := part.strip())] if isinstance(value, str) else value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError  # pydantic makes no fault of a TypeError
    return value


Address = Annotated[str, AfterValidator(_address)]
Labels = Annotated[tuple[str, ...], BeforeValidator(_labels)]


class Record(BaseModel):
    """A release, written down. `to_item` makes of it what intake takes."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    title: Annotated[str, AfterValidator(_title)]
    published_on: Annotated[date, BeforeValidator(_day)] = Field(
        description="Its date; of an instant, the date as it is written there. Also: date."
    )
    key: str = Field("", description="Its name at the source, which never changes. Also: id.")
    url: Address = Field("", description="Address of the original.")
    summary: str = Field("", description="Plain text.")
    body: str = Field("", description="HTML; what runs or tracks is removed.")
    type: str = Field("", description="Press release, News, …")
    offices: Labels = Field((), description="Names, slugs or aliases.")
    topics: Labels = Field((), description="Names, slugs or aliases.")
    language: Annotated[str, AfterValidator(_language)] = Field(
        "", description="BCP 47; empty: the source's."
    )
    author: str = ""
    image_url: Address = Field("", description="Also: image.")
    visible_at: Annotated[AwareDatetime, BeforeValidator(_instant)] | None = Field(
        None, description="Embargo: nothing of it shows before this instant. Also: embargo."
    )
    silent: bool = Field(False, description="In feeds, but never announced by mail.")
    editors_note: str = Field("", description="Why it was corrected; shown to readers.")
    withdrawn: Annotated[str, BeforeValidator(_reason)] = Field(
        "", description="Why it is withdrawn, in words; empty: it is not. Also: withdrawn_reason."
    )
    translation_of: str = Field("", description="Key or address, at the same source, of the original.")

    @model_validator(mode="before")
    @classmethod
    def _as_named_here(cls, values: Any) -> Any:
        return under_our_names(values) if isinstance(values, Mapping) else values

    def to_item(self, line: int | None = None) -> RawItem:
        """As intake takes it: a whole item, so that what is empty is meant to be empty."""
        return RawItem(**dict(self), whole=True, line=line)

    def with_key(self, key: str) -> Self:
        """The same under `key`, where it has none of its own."""
        return self if self.key else self.model_copy(update={"key": key})


NAMES = tuple(Record.model_fields)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one field, named as it was written ("" for the record as a whole). No title is quoted:
    a record may be under embargo."""

    field: str
    found: str
    expected: str


def read(values: Mapping[str, Any]) -> Record | tuple[Wrong, ...]:
    """The record that `values` are, or all that is wrong with them. Values are what JSON has, or text throughout."""
    try:
        return Record.model_validate(values)
    except ValidationError as error:
        written = {name_of(name): name for name in values}
        return tuple(_wrong(one, written) for one in error.errors(include_url=False))


def name_of(written: str) -> str:
    """Which field is meant by a name as it was written; the name itself, made plain, where it is none of ours."""
    plain = _APART.sub("_", re.sub("['’]", "", written).strip()).casefold()
    return ALIASES.get(plain, plain)


def under_our_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something, under the names they have here. Two names of one field are a fault."""
    ours: dict[str, Any] = {}
    for written, given in values.items():
        name, value = name_of(written), _cleaned(given)
        if value is None or value in ("", []):
            continue
        if name in ours:
            raise PydanticCustomError("twice", "{name} twice", {"name": name})
        ours[name] = value
    return ours


def nearest(unknown: str) -> str:
    """What to write instead of a name that is no field's."""
    close = get_close_matches(name_of(unknown), [*NAMES, *ALIASES], 1)
    return f'"{close[0]}"' if close else f"one of {', '.join(NAMES)}"


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):  # JSON can spell half a character, which nothing can hold
        value = _LONE_SURROGATE.sub("", value)
        return value if value.strip() else ""
    return [_cleaned(one) for one in value] if isinstance(value, list) else value


def _wrong(error: ErrorDetails, written: Mapping[str, str]) -> Wrong:
    name = str(error["loc"][0]) if error["loc"] else ""
    field = written.get(name, name)
    expected = EXPECTED.get(name, TEXT)
    match error["type"]:
        case "twice":
            return Wrong("", error["msg"], f"one value for it ({_names_of(error['msg'].split()[0])})")
        case "extra_forbidden":
            return Wrong(field, f'an unknown field "{excerpt(field)}"', nearest(field))
        case "missing":
            return Wrong(field, f"no {_names_of(name)}", expected)
        case "no_offset":
            return Wrong(field, f"{field} {seen(error['input'])} without an offset", expected)
        case _:
            return Wrong(field, f"{field} {seen(error['input'])}", expected)


def _names_of(field: str) -> str:
    return " or ".join([field, *(alias for alias, name in ALIASES.items() if name == field)])


def seen(value: Any) -> str:
    """A value as a fault names it."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{excerpt(str(value))}"'

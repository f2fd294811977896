"""What answers hold, for programs and for the OpenAPI document. Instants are in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

State = Literal["published", "scheduled", "withdrawn"]


class Label(BaseModel):
    """An office, topic or type."""

    slug: str | None = Field(
        description="Its name in addresses of feeds; null where Herald does not know it yet. Such a label is kept and "
        "resolved as soon as an admin has said what it means."
    )
    name: str = Field(
        description="Its name in Herald, or the label as you gave it where that is not known yet."
    )


class Release(BaseModel):
    """A release as Herald holds it. What you sent was cleaned; `warnings` says what had to be cut."""

    key: str = Field(description="Its name at your source.", examples=["2025/31"])
    title: str = Field(description="One line.", examples=["Border officers meet in Ashgabat"])
    published_on: date = Field(description="Its date.", examples=["2025-02-17"])
    url: str = Field(description="Address of the original; empty if there is none.")
    summary: str = Field(description="Plain text.")
    body: str = Field(description="HTML, cleaned.")
    type: Label | None = Field(description="What kind of release it is.")
    offices: list[Label] = Field(description="The places that publish it.")
    topics: list[Label] = Field(description="The thematic areas it belongs to.")
    language: str = Field(description="BCP 47; empty: the source's.")
    author: str = Field(description="Whom feeds name as its author.")
    image_url: str = Field(description="Address of its picture; empty if there is none.")
    visible_at: datetime | None = Field(description="The end of its embargo, if it has or had one.")
    silent: bool = Field(description="In feeds, but never announced by mail.")
    editors_note: str = Field(description="Why it was corrected; shown to readers.")
    withdrawn_reason: str = Field(description="Why it was withdrawn; shown to readers. Empty: it is not.")
    translation_of: str | None = Field(description="Key or address of the release it translates.")
    state: State = Field(
        description="Scheduled while its embargo lasts; only what is published is shown anywhere."
    )
    corrected: bool = Field(
        description="Whether it was changed for readers, with a note, after they could see it."
    )
    page: str | None = Field(description="Its page for readers; null while nobody may see it.")
    guid: str | None = Field(description="Its id in feeds, which never changes.")
    created_at: datetime | None = Field(description="When Herald learnt of it.")
    updated_at: datetime | None = Field(
        description="When it last changed for readers, as feeds say; an old release begins with its own date."
    )
    changed_at: datetime | None = Field(description="When anything of it last changed; see `changed_since`.")
    announced_at: datetime | None = Field(description="When it was announced to subscribers.")
    silence: str = Field(
        description="Why it was not announced: silent, too_old, first_fetch, import; empty: it was, or will be."
    )
    warnings: list[str] = Field(description="What had to be cut or left out, in words.")


class Page(BaseModel):
    """Some of your releases."""

    releases: list[Release] = Field(description="The one you pushed last comes first.")
    next: str | None = Field(
        description="Address of the next page, as in the header `Link`; null on the last one."
    )


class Withdrawal(BaseModel):
    """What a DELETE may say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str = Field(
        "", max_length=1000, description="Why, for readers.", examples=["Published by mistake."]
    )


class ProblemError(BaseModel):
    """One thing that is wrong: in the body (`pointer`), in the address (`parameter`) or in a header."""

    pointer: str | None = Field(
        None, description="Where in the body: a JSON pointer (RFC 6901).", examples=["#/title"]
    )
    parameter: str | None = Field(None, description="Which part of the address.")
    header: str | None = Field(None, description="Which header.")
    detail: str = Field(description="What was found and what is expected.")


class ProblemDetails(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(description="An address that tells about this kind of problem; it never changes.")
    title: str = Field(description="What kind of problem it is, in words.")
    status: int = Field(description="The HTTP status.")
    detail: str | None = Field(None, description="What is wrong with this request.")
    line: int | None = Field(None, description="malformed-json: the line of the body, from 1.")
    column: int | None = Field(None, description="malformed-json: the column in that line, from 1.")
    errors: list[ProblemError] | None = Field(None, description="invalid: all that is wrong.")
    put: str | None = Field(None, description="conflict: where to PUT the release to replace it.")
    id: str | None = Field(None, description="fault: what to look for in the log.")


class ProblemKind(BaseModel):
    """What a problem's `type` tells."""

    type: str = Field(description="Its address.")
    title: str = Field(description="What kind of problem it is, in words.")
    status: int = Field(description="The HTTP status it comes with.")
    meaning: str = Field(description="What it means and what to do.")


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("an instant outside of the calendar") from None


class Listing(BaseModel):
    """Which releases to list."""

    state: State | None = Field(None, description="Only releases in this state.")
    changed_since: Annotated[AwareDatetime, AfterValidator(_utc)] | None = Field(
        None,
        description="Only what changed at or after this instant; with its offset, such as 2025-02-17T10:00:00Z.",
    )
    limit: int = Field(50, ge=1, le=200, description="How many to a page.")
    cursor: str = Field("", max_length=40, description="From the `next` of the page before.")


READ_ONLY = frozenset({
    "state", "corrected", "page", "guid", "created_at", "updated_at", "changed_at", "announced_at", "silence",
    "warnings",
})  # fmt: skip
"""Members of an answer that a body may repeat, so that what was read can be sent back; they are not taken from it."""
EXAMPLE: dict[str, Any] = {
    "title": "Border officers meet in Ashgabat",
    "published_on": "2025-02-17",
    "url": "https://newsroom.example.org/releases/31",
    "summary": "Officers of five countries trained together.",
    "body": "<p>Officers of five countries trained together for a week.</p>",
    "type": "News",
    "offices": ["OSCE Centre in Ashgabat"],
    "topics": ["Border management"],
    "language": "en",
}

"""What may stand in the options of a source of kind listing. The defaults fit the newsroom's page that ships as sample.

[source.options.select]         where things stand on the list, as CSS selectors
[source.options.labels]         or the words before them
[source.options.release_page]   where things stand on a release's own page, with `pages = true`
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from feeds.sources import listing_dates, way
from feeds.sources.listing_dates import Writing
from feeds.sources.listing_values import Labels
from feeds.sources.selectors import compiled

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
_CODES = re.compile(
    r"\(((?:[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)(?:\|[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)+)\)"
)


def _selector(css: str) -> str:
    if css.strip():
        compiled(css)
    return css.strip()


def _selector_at_all(css: str) -> str:
    if not css.strip():
        raise ValueError("is empty; expected a CSS selector")
    return _selector(css)


def _base(address: str) -> str:
    if address and not address.startswith(("http://", "https://")):
        raise ValueError(f"{address!r} is no web address; expected one that begins with https:// or http://")
    return address


def _language(tag: str) -> str:
    if why := listing_dates.unknown_language(tag):
        raise ValueError(why)
    return tag


Css = Annotated[str, AfterValidator(_selector)]
"""A CSS selector; empty: not used."""


class Select(BaseModel):
    """Where things stand on the list; all but `result`, `next` and `empty` are looked for within a result."""

    model_config = _STRICT

    result: Annotated[str, AfterValidator(_selector_at_all)] = Field(
        ".search-result-news", description="Each release of the list."
    )
    spans: bool = Field(
        False,
        description="What follows a result, up to the next one, belongs to it: lists of dt and dd, of h3 and p.",
    )
    title: Css = Field(".search-title", description="Its title; empty: the result itself.")
    link: Css = Field("", description="The link to its own page; empty: the one in the title or around it.")
    summary: Css = Field(".search-snippet", description="Its summary; each paragraph is a line.")
    date: Css = Field(
        "",
        description="Its date, as text or as <time datetime>; empty: by its label, or else the first <time>.",
    )
    type: Css = Field("", description="Its type; empty: by its label.")
    offices: Css = Field("", description="Each of its offices; empty: by their label.")
    topics: Css = Field("", description="Each of its topics; empty: by their label.")
    image: Css = Field("img", description="Its picture.")
    next: Css = Field(
        "li.pager-next a, a[rel~='next'], link[rel~='next']",
        description="The link to the next page of the list; empty: there is one page.",
    )
    empty: Css = Field(
        "", description="What a list shows that has no release. Without it, no result is always a fault."
    )


class LabelOptions(BaseModel):
    """The words before each value, with or without their colon; empty: as is usual."""

    model_config = _STRICT

    date: str = Field("", description='Usually "Publishing date".')
    type: str = Field("", description='Usually "Content type".')
    offices: str = Field("", description='Usually "Where we are".')
    topics: str = Field("", description='Usually "What we do".')


class DateOptions(BaseModel):
    """How dates are written."""

    model_config = _STRICT

    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = Field(
        listing_dates.LANGUAGES,
        strict=False,
        description="Of the names of months; where two have the same word, the first counts.",
    )
    first: Literal["", "day", "month"] = Field(
        "", description="Which figure comes first in 03/02/2025; empty: such a date is a fault."
    )


class ReleasePage(BaseModel):
    """Where things stand on a release's own page."""

    model_config = _STRICT

    body: Annotated[str, AfterValidator(_selector_at_all)] = Field("article", description="Its full text.")
    without: Css = Field(
        "h1, nav, form, aside, script, style, noscript, template",
        description="What of the full text is left out.",
    )
    image: Css = Field("", description="Its picture; empty: the page's og:image.")
    author: Css = Field("", description='Its author; empty: <meta name="author">.')
    language: Css = Field(
        "",
        description="What has its language, as an attribute lang or content or as text; empty: <html lang>.",
    )
    alternates: Css = Field(
        "link[rel~='alternate'][hreflang], a[rel~='alternate'][hreflang]",
        description="Links to its other language versions.",
    )


class Versions(BaseModel):
    """Addresses that are equal but for one part are language versions of one another."""

    model_config = _STRICT

    pattern: str = Field(
        "",
        description='A regular expression with that part as a choice of language tags: "/(en|fr|ru)/". With it, '
        "hreflang is not looked at.",
    )

    @field_validator("pattern")
    @classmethod
    def _has_languages(cls, pattern: str) -> str:
        if not pattern:
            return pattern
        try:
            groups = re.compile(pattern).groups
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"{pattern!r} is no regular expression ({error})") from None
        if groups != 1 or len(_CODES.findall(pattern)) != 1:
            raise ValueError(f"{pattern!r} has no choice of languages; expected one such as /(en|fr|ru)/")
        return pattern

    @property
    def languages(self) -> tuple[str, ...]:
        found = _CODES.search(self.pattern)
        return tuple(found[1].split("|")) if found else ()


class Options(way.Options):
    """All of it."""

    format: Literal["auto", "html", "text"] = Field(
        "auto", description="What the page is; auto: HTML if it begins with a tag."
    )
    base_url: Annotated[str, AfterValidator(_base)] = Field(
        "", description="What links of releases are relative to; empty: the page they stand on."
    )
    select: Select = Field(default_factory=Select, description="Where things stand on the list.")
    labels: LabelOptions = Field(default_factory=LabelOptions, description="The words before each value.")
    dates: DateOptions = Field(default_factory=DateOptions, description="How dates are written.")
    end_tag: bool = Field(
        True, description="Pages end with </body> or </html>; one without was cut off on its way."
    )
    max_pages: int = Field(
        50, ge=1, le=1000, description="So many pages of the list are read at most in one fetch."
    )
    max_seconds: int = Field(
        300,
        ge=1,
        le=3000,
        description="After this time a fetch begins no further page; the rest follows next time.",
    )
    pages: bool = Field(False, description="Whether each release's own page is fetched, for its full text.")
    release_page: ReleasePage = Field(
        default_factory=ReleasePage, description="Where things stand on a release's own page."
    )
    max_release_pages: int = Field(
        50, ge=1, le=1000, description="So many of them in one fetch; the rest follows next time."
    )
    refresh: int = Field(
        0,
        ge=0,
        le=1000,
        description="The pages of so many of the newest releases are fetched again every time.",
    )
    versions: Versions = Field(default_factory=Versions, description="Language versions by their addresses.")

    @property
    def words(self) -> Labels:
        """The labels as a page is searched for them."""
        return Labels(**{name: text for name, text in self.labels.model_dump().items() if text.strip(": ")})

    @property
    def writing(self) -> Writing:
        """How dates are written."""
        return Writing(self.dates.languages, self.dates.first)

"""If-Match and If-None-Match (RFC 9110, 13.1). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.http import parse_etags

ANY = "*"


@dataclass(frozen=True, slots=True)
class Preconditions:
    """The entity tags of both headers, quoted; None where a header was not sent. What is no tag matches nothing."""

    match: tuple[str, ...] | None = None
    none_match: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        return self.match is not None or self.none_match is not None

    @property
    def names_what_was_read(self) -> bool:
        """Whether the client says which representation it has read."""
        return self.match is not None and ANY not in self.match

    def matched(self, tag: str) -> bool:
        """Whether If-Match lets the request go on, where `tag` is the present one, "" for none. Compared strongly."""
        return self.match is None or (bool(tag) and (ANY in self.match or tag in self.match))

    def unmatched(self, tag: str) -> bool:
        """Whether If-None-Match lets it go on. Compared weakly."""
        if self.none_match is None or not tag:
            return True
        return ANY not in self.none_match and tag not in {held.removeprefix("W/") for held in self.none_match}


def of(request: HttpRequest) -> Preconditions:
    def tags(header: str) -> tuple[str, ...] | None:
        value = request.headers.get(header)
        return None if value is None else tuple(parse_etags(value))

    return Preconditions(tags("If-Match"), tags("If-None-Match"))

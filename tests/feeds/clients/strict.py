"""A client that follows the standards to the letter: RFC 9110 (conditions), 3229 (differences), 5005 (archives) and
6721 (tombstones). It is what a reader should be who misses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import requests
from lxml import etree

from tests.feeds.formats.judges import atom_faults

A = {"a": "http://www.w3.org/2005/Atom", "at": "http://purl.org/atompub/tombstones/1.0"}
Seen = Callable[[], None]


@dataclass
class StrictReader:
    """`entries`: (updated, title) by id. `read`: the ids in the order in which the last walk met them."""

    address: str
    entries: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    _tag: str = ""
    _archives: set[str] = field(default_factory=set)

    def look(self, between: Seen = lambda: None) -> None:
        """The current document or what is new in it, then archive documents not read yet, the newest first."""
        self.read, self.statuses = [], []
        headers = {"A-IM": "feed", **({"If-None-Match": self._tag} if self._tag else {})}
        answer = self._get(self.address, headers)
        if answer.status_code == 304:
            return
        assert answer.status_code in {200, 226}
        assert (answer.headers.get("IM") == "feed") is (answer.status_code == 226)
        self._tag = answer.headers["ETag"]
        current = etree.fromstring(answer.content)
        older = []
        address = _beside(current, "prev-archive")
        while address and address not in self._archives:
            between()
            document = etree.fromstring(self._get(address, {}).content)
            assert _beside(document, "current") == self.address
            older.append(document)
            self._archives.add(address)
            address = _beside(document, "prev-archive")
        self._take(current, older)

    def _take(self, current: etree._Element, older: list[etree._Element]) -> None:
        """The last word on an entry counts: a page shows it as it was when the page was closed (RFC 5005, 4)."""
        for document in (current, *older):
            for entry in document.findall("a:entry", A):
                name, title = (entry.findtext(f"a:{part}", "", A) for part in ("id", "title"))
                updated = datetime.fromisoformat(entry.findtext("a:updated", "", A))
                self.read.append(name)
                self.entries[name] = max(self.entries.get(name, (updated, title)), (updated, title))
        for stone in current.findall("at:deleted-entry", A):
            self.entries.pop(stone.get("ref", ""), None)

    @property
    def titles(self) -> list[str]:
        return sorted(title for _, title in self.entries.values())

    def _get(self, address: str, headers: dict[str, str]) -> requests.Response:
        answer = requests.get(address, headers=headers, timeout=10)
        self.statuses.append(answer.status_code)
        if answer.content:
            assert atom_faults(answer.content) == [], address
        return answer


def _beside(document: etree._Element, rel: str) -> str:
    link = document.find(f"a:link[@rel='{rel}']", A)
    return link.get("href", "") if link is not None else ""

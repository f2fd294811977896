"""What may be kept from one batch of documents to the next: entries, what they look like in each format, and the
documents themselves.
"""

from __future__ import annotations

from feeds.catalogue import Catalogue
from feeds.entries import Presentation
from feeds.folder import Lying
from feeds.kept import Kept
from feeds.library import Library
from feeds.press import Press

KEPT = 600  # entries
DOCUMENTS = 32 * 2**20  # bytes of published documents
MEMORY = 12 * 2**20  # bytes of rendered entries


class Workshop:
    """A process that publishes again and again keeps one. Not for several threads at once."""

    def __init__(self, kept: int = KEPT, memory: int = MEMORY, documents: int = DOCUMENTS) -> None:
        self._kept, self._memory = kept, memory
        self.documents: Kept[Lying] = Kept(documents)
        self._tools: tuple[Library, Press] | None = None

    def tools(self, show: Presentation) -> tuple[Library, Press]:
        """Those of last time, unless the newsroom or the names of its terms have changed since."""
        if self._tools is None or not self._tools[0].follows(show, Catalogue()):
            self._tools = Library(show, self._kept), Press(self._memory)
        return self._tools

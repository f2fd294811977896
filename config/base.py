"""Which configuration a folder of TOML files was exported from, so that applying them takes nobody's change back.

`base.txt` in the folder names it by a digest of its document, not by a number: the same configuration gives the same
bytes, whichever revision it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config import revisions, threeway
from config.differences import Difference, canonical
from config.models import Revision
from config.sections import ConfigurationError, Document, document

FILE = "base.txt"
_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$", re.MULTILINE)
_TEXT = """\
# The configuration from which these files were exported. `herald config apply` looks here whether it has changed since,
# so keep this file with the others; `herald config export` writes it.
{digest}
"""


class Stale(ConfigurationError):
    """Applying the files would take back or overwrite what changed since they were exported: `undone`."""

    def __init__(self, folder: Path, undone: list[Difference]) -> None:
        lines = "".join(f"\n  {difference}" for difference in undone)
        super().__init__(
            f"{folder}: the configuration has changed since these files were exported, and they would undo it:{lines}\n"
            "`herald config export` brings the changes into the files; with --overwrite they are undone"
        )
        self.undone = undone


def write(folder: Path, present: Document) -> Path:
    """Say in the folder that its files are those of this document."""
    path = folder / FILE
    path.write_text(_TEXT.format(digest=_digest(present)), encoding="utf-8")
    return path


def check(folder: Path, wanted: Document) -> None:
    """Raises Stale if applying what the folder says would undo a change that was made since it was exported.

    A change that the files make as well does not count. A folder without `base.txt` says nothing of its base, and is
    taken at its word.
    """
    path = folder / FILE
    if not path.exists():
        return
    found = _DIGEST.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise ConfigurationError(f"{path}: names no configuration; `herald config export` writes it anew")
    present = document()
    if found[0] == _digest(present):
        return
    base = _named(found[0])
    if base is None:
        raise ConfigurationError(
            f"{path}: names a configuration that is no revision here; `herald config export` brings the files up to "
            "what is there, --overwrite applies them all the same"
        )
    if undone := threeway.undone(base, wanted, present):
        raise Stale(folder, undone)


def _named(digest: str) -> Document | None:
    """The newest revision with this digest, one at a time: it is one of the last as a rule."""
    for recorded in Revision.objects.order_by("-number").values_list("document", flat=True).iterator(1):
        whole = revisions.whole(recorded)
        if digest in (_digest(recorded), _digest(whole)):
            return whole
    return None


def _digest(present: Mapping[str, Any]) -> str:
    return f"sha256:{hashlib.sha256(canonical(present).encode()).hexdigest()}"

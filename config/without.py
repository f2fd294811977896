"""What a library would load besides, only because it is there, is not loaded: it would stay in the memory of every
process, and each start would wait for it.

    with without("rich"):  # for tracebacks in colours, which we do not use
        import structlog
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without(*names: str) -> Iterator[None]:
    """To import any of the top-level `names` within raises ImportError, as if it were not installed; not where it is
    loaded already. For a process that has no other threads yet.
    """
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]

"""What a library would load besides, only because it is there, is not loaded: it would stay in the memory of every
process, and each start would wait for it.

    with without("rich"):  # for tracebacks in colours, which we do not use
        import structlog
    with unopened("django.test"):  # for its signals, which are a module of it
        import ninja
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
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


@contextmanager
def unopened(package: str) -> Iterator[None]:
    """Modules of `package` can be imported within, and what the package itself would load is not; not where it is
    loaded already. Afterwards it is as if nobody had asked. For a process that has no other threads yet.
    """
    spec = None if package in sys.modules else find_spec(package)
    if spec is None:
        yield
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
            del sys.modules[name]

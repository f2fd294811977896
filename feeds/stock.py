"""What was made once and will be wanted again, in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def for_ever(_key: Hashable) -> int:
    """Nobody knows how often it will be wanted."""
    return 0


class Stock(Generic[K, V]):
    """Values by key; above `bound`, in whatever unit sizes are given, those used longest ago are dropped.

    `uses`: how often a key will be wanted in all, the first time included; it is dropped with the last. 0 for unknown.
    """

    def __init__(self, bound: int, uses: Callable[[K], int] = for_ever) -> None:
        self._bound, self._uses = bound, uses
        self._size = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._used: dict[K, int] = {}

    def get(self, key: K) -> V | None:
        held = self._values.get(key)
        if held is None:
            return None
        self._values.move_to_end(key)
        if self._was_last(key):
            self._drop(key)
        return held[0]

    def put(self, key: K, value: V, size: int = 1) -> None:
        """Keep what was just made, and used."""
        self._drop(key)
        if self._was_last(key):
            return
        self._values[key] = value, size
        self._size += size
        while self._size > self._bound:
            self._drop(next(iter(self._values)))

    def _was_last(self, key: K) -> bool:
        most = self._uses(key)
        if not most:
            return False
        used = self._used.get(key, 0) + 1
        if used < most:
            self._used[key] = used
            return False
        self._used.pop(key, None)
        return True

    def _drop(self, key: K) -> None:
        dropped = self._values.pop(key, None)
        self._size -= dropped[1] if dropped else 0

"""Herald measured beside a reference in the same, interleaved run. Absolute figures drift; ratios hold."""

from __future__ import annotations


class Unavailable(Exception):
    """What the comparison needs is not on this machine; `str()` says what, and how to get it."""

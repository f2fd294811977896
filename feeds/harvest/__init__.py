"""Fetching sources, each at its own pace and for itself.

due -> claim -> fetch -> judge (usual, or held for an admin) -> intake -> state, next time

fetch_due(now, web) -> bool     one source that is due
fetch_if_due(source, now, web)  this one, if it is due
fetch_now(source, now, …)       this one, now
"""

from feeds.harvest.run import Result, fetch_due, fetch_if_due, fetch_now

__all__ = ["Result", "fetch_due", "fetch_if_due", "fetch_now"]

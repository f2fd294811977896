"""Fetching from the web, guarded: no private address, no endless answer, no rule of the other side broken.

Web.get(url) -> Answer; raises Refused (we must not), Unreachable (the other side did not)
"""

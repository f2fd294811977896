"""Asking the web, guarded: no private address, no endless answer, no rule of the other side broken.

Web.get(url), Client.post(url, fields) -> Answer; raise Refused (we must not), Unreachable (the other side did not)
"""

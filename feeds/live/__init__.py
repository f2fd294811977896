"""Selections and feeds as streams: Server-Sent Events (WHATWG HTML, 9.2), from the same changes that make the feeds.

    wake -> steps.read (once) -> events (once for each kind, matched once for each selection) -> hub -> listeners

A stream's ids are the numbers of changes (`Change.seq`), so that any process can go on where another one stopped.
"""

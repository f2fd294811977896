"""Canaries: every quarter of an hour a hidden release goes the whole way, so that what is broken shows at once.

    written into the store -> noticed -> in the feed that a web process serves: feed seconds
                                      \\-> a message -> ledger -> worker -> relay -> back to Herald: mail seconds

    keeping    the rows: begun once in an interval by whichever scheduler is first, followed, forgotten after a day
    mailbox    where its message goes: to nobody, whose number is 0
    watching   the feed, read as a reader would
    standing   when it last came through, and what is missing; pure
    telling    the same in words, for /readyz, and in numbers

It is hidden by what it is, not by what leaves it out: see `feeds.canary`, and decisions 84 and 85.
"""

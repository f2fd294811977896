"""Is all there that Herald needs? One set of checks, for `herald check` and for the admin site's health page.

    here     settings, database, what /readyz says, keys, replies, clock, disk, backup, versions: quick, and on this host
    network  relays, and the DNS records of the sender's domain: within a time limit, when somebody asks for it
    feeds    every published feed, read back

A check gives findings and raises nothing. None is to be called within a transaction.
"""

from notifier.checkup.findings import Finding, Grade

__all__ = ["Finding", "Grade"]

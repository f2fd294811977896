"""The relay that was typed into `/setup`, in a file of its own beside the keys; SMTP_URL goes before it.

A relay's address holds a password: so it is in no table, no backup and no log, but in a file that only this account
can read. Nothing that names programs or files (`token_command`, `ca`) is ever written here.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from dotenv import dotenv_values

from config import redaction

FILE = "relay.env"
ENCRYPTIONS = {
    "starttls": "STARTTLS (usual, with port 587)",
    "tls": "TLS from the first byte (usual with port 465)",
    "offered": "What it offers, or none: for a mail server of your own, on this machine or in your network",
}
_HEAD = "# Typed into /setup. SMTP_URL in the environment goes before it; where it is set, this file does nothing.\n"


def url() -> str:
    """What SMTP_URL says or, where it says nothing, what was kept; "" where there is neither."""
    return settings.SMTP_URL or kept()


def kept() -> str:
    address = dotenv_values(path(), interpolate=False).get("SMTP_URL") or "" if path().is_file() else ""
    redaction.hide(address)
    return address


def keep(address: str) -> None:
    """Put it in the place of what was kept, whole or not at all, readable by this account alone."""
    beside = path().with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{_HEAD}SMTP_URL={address}\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path())


def path() -> Path:
    return Path(settings.HERALD_HOME) / FILE


def spelt(host: str, port: int, encryption: str, user: str, password: str) -> str:
    """The address of a relay, as `config.relays` reads it. `encryption`: one of ENCRYPTIONS."""
    who = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    place = f"[{host}]" if ":" in host else host
    scheme = "smtps" if encryption == "tls" else "smtp"
    more = {"starttls": "?tls=required", "offered": "?tls=optional"}.get(encryption, "")
    return f"{scheme}://{who}{place}:{port}{more}"

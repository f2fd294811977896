"""What never stands in a line of the log: addresses of people, tokens, and the secrets of this installation."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

GONE = "…"
_SHORTEST = 6  # of a secret that is looked for: a shorter one stands in words, too

# As people have them, and as links and paths do. A local part may have signs in it that part words elsewhere (RFC 5322,
# 3.2.3), so a word too many may go; nothing is lost by that.
_LOCAL = r"\"(?:[^\"\\]|\\.){1,80}\"|[^\s<>()\[\],;:\"\\]{1,128}"
_DOMAIN = r"\[[^\]\s]{1,64}\]|[^\s<>()\[\]{},;:\"'=/\\|&?#]+"
_ADDRESS = re.compile(rf"('?)(?:{_LOCAL})(?:@|＠|%40)(?:{_DOMAIN})")
_SIGN_IN = re.compile(r"(?<=://)[^\s/]{1,500}@")  # of an address that leads to a server
# A token in an address is a long path segment with capitals or underscores in it, which no slug has; one of a program
# says itself what it is, wherever it stands; and nothing else is that long and of capitals, small letters and digits.
_TOKEN = re.compile(
    r"(?<=/)(?=[a-z0-9=-]*[A-Z_])[\w=-]{20,}|herald_[\w-]{20,}"
    r"|(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[A-Za-z0-9_-]{40,}",
    re.ASCII,
)
_NAMED_SECRET = re.compile(r"(?:^|_)(?:password|secret|token|authorization|cookie)$")

_known: set[str] = set()
_secrets: list[re.Pattern[str]] = []


def hide(secret: str) -> None:
    """Keep this value out of every line from now on; of addresses of servers in it, the passwords as well, and the path
    where it is the web's. A database's is its name, which may be any word.
    """
    found = {secret}
    for address in secret.split() if "://" in secret else ():
        parts = urlsplit(address)
        password, path = parts.password or "", parts.path.strip("/")
        found |= {password, unquote(password), path if parts.scheme in {"http", "https"} else ""}
    if new := {text for text in found - _known if len(text) >= _SHORTEST}:
        _known.update(new)
        _secrets[:] = [
            re.compile("|".join(re.escape(text) for text in sorted(_known, key=len, reverse=True)))
        ]


def clean(text: str) -> str:
    """The same without addresses, tokens and secrets: "…" stands in their place."""
    for pattern in _secrets:
        text = pattern.sub(GONE, text)
    if "://" in text:
        text = _SIGN_IN.sub("", text)
    if "@" in text or "%40" in text or "＠" in text:
        text = _ADDRESS.sub(rf"\1{GONE}", text)
    return _TOKEN.sub(GONE, text)


def cleaned(value: Any) -> Any:
    """A value of a line as JSON knows it, however deep it is, with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {clean(str(name)): _by_name(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [cleaned(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return clean(repr(value) if isinstance(value, BaseException) else str(value))


def _by_name(name: str, value: Any) -> Any:
    return GONE if _NAMED_SECRET.search(name.lower()) else cleaned(value)

"""Where Herald's pages are: at the root of a host, or below a path of another site's (`BASE_URL` with a path).

    within("/herald/manage/") == within("/manage/") == "/manage/"       as Herald's own routes name it
    here("/manage/") == "/herald/manage/"                               as a link on a page says it
    public("/manage/") == "https://www.example.org/herald/manage/"      as it is said elsewhere: mail, feeds

Each takes a path of either kind, so no prefix is ever put twice: no route of Herald's begins with what a BASE_URL may
have as its path (`fault`). At the root all three leave a path as it is.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings

OWN = frozenset(
    {
        *("accessibility", "add", "admin", "api", "confirm", "demo", "editions", "favicon.ico", "feeds", "feeds.opml"),
        *("healthz", "icon.svg", "live", "manage", "metrics", "move", "offices", "privacy", "readyz", "releases"),
        *("robots.txt", "search", "setup", "static", "status", "status.json", "subscribe", "topics", "unsubscribe"),
        *("unwatch", "watch", "webhooks"),
    }
)  # fmt: skip
"""The first parts of Herald's own paths. A path of BASE_URL that began with one could not be told from them."""
_SUB_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def within(path: str) -> str:
    """Below Herald: without the path of BASE_URL, if it is there."""
    prefix = settings.SUB_PATH
    if prefix and path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in {"", "/", "?", "#"}:
        rest = path[len(prefix) :]
        return rest if rest.startswith("/") else f"/{rest}"
    return path


def here(path: str) -> str:
    """On this host: what stands in links, forms and redirects."""
    return f"{settings.SUB_PATH}{within(path)}"


def public(path: str) -> str:
    """Anywhere: the whole address."""
    return f"{settings.BASE_URL}{within(path)}"


def source() -> str:
    """What another site's Content-Security-Policy must name, so that its forms may be sent here (CSP 3, 6.7.2.8)."""
    return f"{settings.BASE_URL}/" if settings.SUB_PATH else str(settings.BASE_URL)


def fault(base_url: str) -> str:
    """What is wrong with a BASE_URL, as it follows its name; "" if nothing is."""
    try:
        parts = urlsplit(base_url)
        named = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named:
        return "must begin with http:// or https:// and name a host"
    if parts.query or parts.fragment or "@" in parts.netloc or base_url[-1] in "?#":
        return "must have no user, ? or #: a host, and perhaps a path below which Herald is"
    path = parts.path.rstrip("/")
    if not _SUB_PATH.fullmatch(path):
        return "its path may have letters, digits and . _ ~ - between single slashes; no part may begin with a dot"
    first = path[1:].partition("/")[0]
    if first in OWN:
        return f"its path must not begin with /{first}, which is one of Herald's own; choose another, such as /herald"
    return ""

"""Which pages there are, and the first of them."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import translation

from notifier.reference import api, commands, configuration, metrics, people, settings
from notifier.reference.words import page

PAGES: dict[str, tuple[str, str, Callable[[], str]]] = {
    "settings.md": ("Settings", "what the environment may say, with defaults", settings.body),
    "commands.md": ("Commands", "every command of `herald`, with options and examples", commands.body),
    "configuration.md": ("Configuration", "what may stand in the newsroom's TOML files", configuration.body),
    "api.md": ("API", "every request to `/api/`, and what it answers", api.body),
    "metrics.md": ("Metrics", "what `/metrics` tells Prometheus", metrics.body),
    "roles.md": ("Roles", "what each role may do in the admin site", people.roles),
    "retention.md": ("What is kept how long", "each class of data, and when it is deleted", people.retention),
}


def everything() -> dict[str, str]:
    """File name -> text of each page, in English and the same on every machine. Needs Django, and no database."""
    with translation.override("en"):
        made = {name: page(title, make()) for name, (title, _, make) in PAGES.items()}
    return {"README.md": page("Reference", _first()), **made}


def _first() -> str:
    lines = [f"- [{title}]({name}): {about}" for name, (title, about, _) in PAGES.items()]
    return (
        "These pages are made from the code, and a test keeps them so: what stands here is what this version does.\n\n"
        + "\n".join(lines)
    )

"""The Jinja2 environment of public pages and mail."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, StrictUndefined


def environment(**options: Any) -> Environment:
    options.setdefault("undefined", StrictUndefined)
    return Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"], **options)  # noqa: S701 - Django turns autoescape on

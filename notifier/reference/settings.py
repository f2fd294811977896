"""docs/reference/settings.md, from the fields of `config.environment.Environment`."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config.environment import Environment
from notifier.reference.words import code, plain, table

_INTRODUCTION = """\
From the environment, from `.env` in the working directory, or from `keys.env` in `HERALD_HOME`, the first that is
there. `NAME_FILE` in the environment may take the place of any `NAME`: the path of a file that holds the value, as
containers hand over secrets. Every fault is said at once, by name, and nothing starts.

What is marked *secret* is shown in no message and no log. Relays have options of their own: [relays](../relays.md)."""

SEE = {
    "smtp_url": "../relays.md",
    "database_direct_url": "../operating.md#on-many-machines",
    "engine": "../operating.md#on-many-machines",
    "trusted_proxies": "../nginx.md",
    "bounce_address": "../replies.md",
    "replies_bind": "../replies.md",
    "webhooks": "../replies.md",
    "herald_environment": "../restoring.md#a-copy-for-tests",
    "live_listeners": "../live.md",
    "log_format": "../operating.md#the-log",
    "canary_every": "../operating.md#the-canary",
    "database_pool": "../operating.md#postgresql-at-size",
    "ssl_cert_file": "../operating.md#certificates-of-your-own",
}
"""Setting -> the page that tells more of it."""


def body() -> str:
    fields = sorted(Environment.model_fields.items())
    rows = [(code(name.upper()), _value(field), _about(name, field)) for name, field in fields]
    return f"{_INTRODUCTION}\n\n{table(('name', 'default', 'what it is'), rows)}"


def _value(field: FieldInfo) -> str:
    """The default, and in brackets what else it takes."""
    default, takes = _default(field), _takes(field)
    return f"{default} ({takes})" if default and takes else default or takes


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return code(str(value).lower() if isinstance(value, bool) else value)


def _takes(field: FieldInfo) -> str:
    kind = field.annotation
    if kind is SecretStr:
        return "*secret*"
    if get_origin(kind) is Literal:
        return "or " + ", ".join(code(value) for value in get_args(kind) if value != field.default)
    if kind is bool:
        return f"or {code(str(not field.default).lower())}"
    return _range(field) if kind is int else ""


def _range(field: FieldInfo) -> str:
    least = next((bound.ge for bound in field.metadata if isinstance(bound, Ge)), None)
    most = next((bound.le for bound in field.metadata if isinstance(bound, Le)), None)
    if most is None:
        return f"from {least}" if least is not None else ""
    return f"{least:,} to {most:,}"


def _about(name: str, field: FieldInfo) -> str:
    text = plain(field.description or "")
    return f"{text} [More]({SEE[name]})." if name in SEE else text

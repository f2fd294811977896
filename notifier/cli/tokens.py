"""Tokens with which programs push releases."""

from __future__ import annotations

from typing import Annotated

import typer

from notifier.cli.base import Command, group, out, out_json, say, table
from notifier.cli.faults import Fault

app = group("Tokens with which programs push releases to /api/.")


@app.command(cls=Command)
def create(
    source: Annotated[str, typer.Argument(help="The source, of kind api, whose releases it may write.")],
    name: Annotated[str, typer.Option(help="Who uses it.")],
) -> None:
    """Make a token and print it, this once: only a digest of it is kept."""
    from config import clock
    from feeds.api import tokens
    from feeds.models import ApiToken, Source

    found = Source.objects.filter(slug=source).first()
    if found is None:
        known = ", ".join(Source.objects.filter(kind="api").values_list("slug", flat=True)) or "none"
        raise Fault(f"there is no source {source!r}; of kind api there is {known}")
    longest = ApiToken._meta.get_field("name").max_length or 0
    if not name.strip() or len(name) > longest:
        raise Fault(f"--name says who uses the token, in 1 to {longest} characters")
    try:
        token, secret = tokens.issue(found, name.strip(), "command:tokens create", "command", clock.now())
    except tokens.NoApi as error:
        raise Fault(str(error)) from None
    say(f"token {token.pk} for {found.slug}; keep it safe, it is not shown again")
    out(secret)


@app.command("list", cls=Command)
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False) -> None:
    """List all tokens, without what they are."""
    from feeds.models import ApiToken

    rows = [
        {
            "id": token.pk, "source": token.source.slug, "name": token.name, "created": token.created_at,
            "used": token.used_at, "revoked": token.revoked_at,
        }
        for token in ApiToken.objects.select_related("source").order_by("pk")
    ]  # fmt: skip
    if as_json:
        out_json(rows)
        return
    shown = [tuple(_shown(value) for value in row.values()) for row in rows]
    table(("id", "source", "name", "created", "used", "revoked"), shown)


@app.command(cls=Command)
def revoke(
    token: Annotated[int, typer.Argument(metavar="ID", help="Its number, from `herald tokens list`.")],
) -> None:
    """End a token, from its next request on."""
    from config import clock
    from feeds.api import tokens
    from feeds.models import ApiToken

    found = ApiToken.objects.select_related("source").filter(pk=token).first()
    if found is None:
        raise Fault(f"there is no token {token}; `herald tokens list` lists them")
    if tokens.revoke(found, "command:tokens revoke", "command", clock.now()):
        say(f"token {token} revoked")
    else:
        say(f"token {token} was revoked already")


def _shown(value: object) -> str:
    from datetime import datetime

    return (
        f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else "-" if value is None else str(value)
    )

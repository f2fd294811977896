"""Accounts of the admin site."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from notifier.cli.base import Command, group, out, say
from notifier.cli.faults import Fault

app = group("Accounts of the admin site.")


@app.command(cls=Command)
def create(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    password_file: Annotated[
        Path | None,
        typer.Option(help="A file that holds the password. [default: ask on a terminal, else make one]"),
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and print it.")] = False,
) -> None:
    """Make an account that may do everything."""
    from django.contrib.auth.models import User
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    if User.objects.filter(username=name).exists():
        raise Fault(
            f"there is an account {name} already; `python manage.py changepassword` gives it another password"
        )
    password, made = _password(password_file, generate)
    try:
        User.username_validator(name)
        validate_password(password, User(username=name))
    except ValidationError as error:
        raise Fault("\n".join(error.messages)) from None
    User.objects.create_superuser(name, password=password)
    say(f"account {name} made; sign in at /admin/")
    if made:
        out(password)


def _password(file: Path | None, generate: bool) -> tuple[str, bool]:
    """The password, and whether it was made here."""
    if file is not None:
        return file.read_text(encoding="utf-8").strip(), False
    if generate or not typer.get_text_stream("stdin").isatty():
        return secrets.token_urlsafe(18), True
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True), False

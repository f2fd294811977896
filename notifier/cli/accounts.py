"""Accounts of the admin site."""

from __future__ import annotations

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
        typer.Option(help="A file that holds the password. [default: ask on a terminal, else print a link]"),
    ] = None,
    link: Annotated[
        bool, typer.Option("--link", help="Print a link by which the password is set, once, within a week.")
    ] = False,
    role: Annotated[str, typer.Option(help="administrator, editor, desk or viewer.")] = "administrator",
) -> None:
    """Make an account, such as the first administrator's.

    Asks for a password; without a terminal, or with `--link`, prints a link by which it is set, once, within a week.
    """
    from django.contrib.auth.models import User
    from django.db import transaction

    from config import auditing, clock, roles

    if role not in list(roles.Role):
        raise Fault(f"there is no role {role}: expected {', '.join(roles.Role)}")
    if User.objects.filter(username__iexact=name).exists():
        raise Fault(
            f"there is an account {name} already; `herald admin link {name}` gives it another password"
        )
    password = None if link else _password(password_file)
    user = User(username=name, is_staff=True)
    _check(user, password)
    user.set_password(password)
    with transaction.atomic():
        user.save()
        roles.give(user, roles.Role(role))
        auditing.record(
            "command:admin create", "command", "created", f"account {user.pk}",
            before=None, after={"role": role}, now=clock.now(),
        )  # fmt: skip
    say(f"account {name} made, with the role {role}; sign in at /admin/")
    if password is None:
        out(_link(name))


@app.command("link", cls=Command)
def link_(name: Annotated[str, typer.Argument(help="The name of an account.")]) -> None:
    """Print a link by which an account gets another password, once, within a week. It ends the account's sessions."""
    out(_link(name))


def _link(name: str) -> str:
    from django.contrib.auth.models import User

    from config import clock, roles
    from config.accounts import invitations
    from notifier.invitations import link

    user = User.objects.filter(username=name).first()
    if user is None:
        raise Fault(f"there is no account {name}")
    role = roles.of(user) or roles.Role.VIEWER
    made = invitations.invite(role, "command:admin link", "command", clock.now(), account=user)
    return link(made)


def _check(user: object, password: str | None) -> None:
    from django.contrib.auth.models import User
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    assert isinstance(user, User)
    try:
        User.username_validator(user.username)
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        raise Fault("\n".join(error.messages)) from None


def _password(file: Path | None) -> str | None:
    """None: a link is to be printed, as there is nobody to ask."""
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    if not typer.get_text_stream("stdin").isatty():
        return None
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))

"""Those who work here, signed in, for tests of the admin site."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from config import roles
from config.roles import Role


def account(role: Role = Role.VIEWER, **client: bool) -> Client:
    """Somebody with this role, signed in. `client`: as Django's test client takes it."""
    user = User.objects.create_user(f"a-{role}", is_staff=True)
    roles.give(user, role)
    found = Client(**client)
    found.force_login(user)
    return found


def words(html: str) -> str:
    """What a reader reads: the text without its markup, white space as one blank."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def desk(answer: HttpResponse) -> str:
    """What a page of the desk says (`herald/desk.css`), without what stands around it."""
    return words(answer.content.decode().partition('<div class="desk">')[2])

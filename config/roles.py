"""What each role may do in the admin site: the one table, and Django's groups made from it.

Every admin class, page and button asks Django's permissions, so that this table decides over all of them. A model that
stands here for nobody is nobody's; `tests/config/test_admin_walk.py` walks all addresses with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from django.apps import AppConfig, apps
from django.db import transaction

VERBS = {"v": "view", "a": "add", "c": "change", "d": "delete"}


class Role(StrEnum):
    """Those who work here. The value is the name of Django's group."""

    ADMINISTRATOR = "administrator"
    EDITOR = "editor"
    DESK = "desk"
    VIEWER = "viewer"


MEANINGS = {
    Role.ADMINISTRATOR: "everything, accounts and the configuration included",
    Role.EDITOR: "releases, labels, corrections, holding and stopping mail",
    Role.DESK: "subscribers and suppressed addresses",
    Role.VIEWER: "sees all but personal data, and changes nothing",
}

# (administrator, editor, desk, viewer), each a set of VERBS
_CONFIGURATION = ("vacd", "v", "v", "v")
_RECORD = ("v", "v", "v", "v")
_EDITORIAL = ("vac", "vac", "v", "v")
_PERSONAL = ("v", "", "v", "")
_ACCOUNTS = ("vac", "", "", "")

TABLE: dict[str, tuple[str, str, str, str]] = {
    "feeds.release": _EDITORIAL,
    "feeds.releasekey": _RECORD,
    "feeds.pendingterm": _RECORD,
    "feeds.pendinglabel": _RECORD,
    "feeds.heldfetch": ("vc", "vc", "v", "v"),
    "feeds.suggestion": ("vc", "vc", "v", "v"),
    "feeds.newsroom": _CONFIGURATION,
    "feeds.office": _CONFIGURATION,
    "feeds.topic": _CONFIGURATION,
    "feeds.releasetype": _CONFIGURATION,
    "feeds.savedfeed": _CONFIGURATION,
    "feeds.source": _CONFIGURATION,
    "feeds.hubping": _RECORD,
    "feeds.feedday": _RECORD,
    "feeds.apitoken": ("vac", "v", "v", "v"),
    "notifier.schedule": _CONFIGURATION,
    "notifier.text": _CONFIGURATION,
    "notifier.subscriber": ("vcd", "", "vcd", ""),
    "notifier.subscription": _PERSONAL,
    "notifier.cadence": _PERSONAL,
    "notifier.watch": _PERSONAL,
    "notifier.reply": _PERSONAL,
    "notifier.suppression": ("vac", "", "vac", ""),
    "notifier.import": ("vac", "", "vac", ""),
    "notifier.correction": _RECORD,
    "notifier.farewell": _RECORD,
    "notifier.dispatch": ("vc", "vc", "v", "v"),
    "notifier.edition": _RECORD,
    "notifier.channel": ("vc", "vc", "v", "v"),
    "notifier.relaystate": _RECORD,
    "config.draft": ("vc", "v", "v", "v"),
    "procrastinate.procrastinatejob": ("v", "", "", ""),
    "config.revision": ("vc", "v", "v", "v"),
    "config.auditentry": ("v", "", "", ""),
    "config.invitation": _ACCOUNTS,
    "auth.user": ("vc", "", "", ""),
}


def allowed(role: Role, verb: str, label: str) -> bool:
    """Whether `role` may view, add, change or delete ("view", …) rows of the model `label` ("feeds.release")."""
    verbs = TABLE.get(label, ("", "", "", ""))[list(Role).index(role)]
    return verb in {VERBS[letter] for letter in verbs}


def of(user: Any) -> Role | None:
    """The role an account has; None for one without."""
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in Role if role in names), None)


def give(user: Any, role: Role) -> None:
    """Make `role` the account's only one."""
    from django.contrib.auth.models import Group

    user.groups.set([Group.objects.get_or_create(name=role)[0]])


def sync_after_migrate(sender: AppConfig, using: str = "default", **_: Any) -> None:
    """Receiver of post_migrate: when the last app's permissions are there, the groups get what the table says."""
    if sender == list(apps.get_app_configs())[-1]:
        sync(using)


def sync(using: str = "default") -> None:
    """Make the groups' permissions those of the table. Idempotent, and writes only what differs."""
    from django.contrib.auth.models import Group, Permission

    kept = Permission.objects.using(using).values_list("content_type__app_label", "codename", "pk")
    known = {(app, codename): pk for app, codename, pk in kept}
    through = Group.permissions.through
    with transaction.atomic(using=using):
        groups = {role: Group.objects.using(using).get_or_create(name=role)[0].pk for role in Role}
        wanted = {(groups[role], known[name]) for role, name in _permissions() if name in known}
        links = through.objects.using(using).filter(group_id__in=groups.values())
        present = {
            (group, permission): pk
            for pk, group, permission in links.values_list("pk", "group_id", "permission_id")
        }
        links.filter(pk__in=[pk for pair, pk in present.items() if pair not in wanted]).delete()
        through.objects.using(using).bulk_create(
            through(group_id=group, permission_id=permission)
            for group, permission in sorted(wanted - present.keys())
        )


def _permissions() -> Iterator[tuple[Role, tuple[str, str]]]:
    for label, row in TABLE.items():
        app, _, model = label.partition(".")
        for role, verbs in zip(Role, row, strict=True):
            for letter in verbs:
                yield role, (app, f"{VERBS[letter]}_{model}")

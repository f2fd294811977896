"""docs/reference/roles.md and retention.md: what the staff may do, and how long what is kept."""

from __future__ import annotations

from django.apps import apps

from config.roles import MEANINGS, TABLE, VERBS, Role
from notifier import retention as kept
from notifier.pages.about import spell
from notifier.reference.words import code, plain, table

_ROLES = """\
Every account of the admin site has one role. An administrator gives and takes it (`/admin/`, *Accounts*); with single
sign-on, [`OIDC_ROLES`](settings.md) may say who gets which. What an account may not do is not shown to it, and is
refused where it tries."""
_RETENTION = """\
A job of the scheduler deletes what has been kept for long enough. The page `/privacy` shows the same table to
readers, with the periods of that installation."""


def roles() -> str:
    meanings = table(("role", "in short"), [(code(role), plain(MEANINGS[role])) for role in Role])
    headings = ("what", *(role.value for role in Role))
    rows = [(_called(label), *map(_verbs, verbs)) for label, verbs in TABLE.items() if _is_there(label)]
    return f"{_ROLES}\n\n{meanings}\n\n## What each may do\n\n{table(headings, sorted(rows))}"


def _is_there(label: str) -> bool:
    """procrastinate's jobs are a table only where that engine is chosen."""
    return not label.startswith("procrastinate.")


def _called(label: str) -> str:
    if label == "auth.user":
        return "Accounts"  # as the admin site calls them
    name = str(apps.get_model(label)._meta.verbose_name_plural)
    return plain(name[:1].upper() + name[1:])


def _verbs(letters: str) -> str:
    return ", ".join(word for letter, word in VERBS.items() if letter in letters) or "–"


def retention() -> str:
    rows = [(plain(str(one.name)), spell(one.period, "en")) for one in kept.table()]
    return f"{_RETENTION}\n\n{table(('what', 'for how long'), rows)}"

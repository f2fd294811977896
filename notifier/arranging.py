"""The order of an edition: what is told of it, and in which sections. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from feeds.naming import Name
from feeds.templating import language
from notifier.contents import Entry

FEW = 3  # so many are read at a glance; sections would only stand between them


@dataclass(frozen=True, slots=True)
class Group:
    """Releases under a heading; without one they are all there is, and need none."""

    heading: Name | None
    entries: tuple[Entry, ...]


def arrange(entries: Sequence[Entry], by: str) -> list[Group]:
    """`entries` in sections `by` "topic", "office" or "none"; each entry once.

    Notices of changes come first, then each section in the order of its first release, so that the newest stands
    at the top. What has no section comes last. Few releases, or one section only, need no headings.
    """
    found: dict[Name | None, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: not entry.notice):
        found.setdefault(_section(entry, by), []).append(entry)
    if len(entries) <= FEW or len(found) < 2:
        return [Group(None, tuple(entry for several in found.values() for entry in several))]
    rest = found.pop(None, [])
    groups = [Group(name, tuple(several)) for name, several in found.items()]
    others = _("New releases") if by == "none" else _("Other releases")
    return [*groups, *([Group(Name(others, language()), tuple(rest))] if rest else [])]


def _section(entry: Entry, by: str) -> Name | None:
    if entry.notice:
        return Name(_("Corrections and withdrawals"), language())
    return entry.under.get(by)

"""What Herald keeps beside a release, for its admin page: versions, warnings, open suggestions. HTML, read-only."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.adminsite import shown_instant
from feeds import versions
from feeds.comparison import Difference, Piece
from feeds.models import ReleaseWarning, Suggestion
from feeds.pages.versions import Step, steps

NOTHING = "-"


def warnings(release_id: int) -> str:
    """What intake had to cut or change."""
    rows = ReleaseWarning.objects.filter(release_id=release_id).order_by("found_at", "pk")
    return _list(format_html("{} ({})", row.text, shown_instant(row.found_at)) for row in rows)


def suggestions(release_id: int) -> str:
    """What waits for a decision, each with a link to where it is made."""
    rows = Suggestion.objects.filter(release_id=release_id, decision=Suggestion.Decision.OPEN).order_by("pk")
    return _list(
        format_html(
            '<a href="{}" class="underline">{}</a>: {}',
            reverse("admin:feeds_suggestion_change", args=[row.pk]),
            f"{row.get_kind_display()} {row.value}".strip(),
            row.reason,
        )
        for row in rows
    )


def history(release_id: int) -> str:
    """All its versions, newest first, those that readers could not see as well."""
    found = versions.history(release_id, public_only=False)
    if not found:
        return NOTHING
    made = steps(found) or [Step(found[0].at, "First version", False, False, ())]
    return _list(
        format_html("{}{}", _heading(version.number, version.public, step), _differences(step))
        for version, step in zip(reversed(found), made, strict=True)
    )


def _heading(number: int, public: bool, step: Step) -> SafeString:
    hidden = "" if public else ", never shown in this form"
    return format_html("<b>{}.</b> {}: {}{}", number, shown_instant(step.at), step.what.lower(), hidden)


def _differences(step: Step) -> SafeString:
    lines = ((name, _pieces(difference)) for name, difference in step.differences)
    return format_html_join("", "<br>{}: {}", lines)


def _pieces(difference: Difference) -> SafeString:
    return format_html_join(
        " " if difference.whole else "", "{}", ((_piece(piece),) for piece in difference.pieces)
    )


def _piece(piece: Piece) -> SafeString | str:
    if piece.kind == "removed":
        return format_html('<del class="text-red-700 dark:text-red-400">{}</del>', piece.text)
    if piece.kind == "added":
        return format_html('<ins class="text-green-700 dark:text-green-400 underline">{}</ins>', piece.text)
    return piece.text


def _list(lines: Iterable[SafeString]) -> str:
    items = format_html_join("", '<li class="mb-2">{}</li>', ((line,) for line in lines))
    return format_html("<ol>{}</ol>", items) if items else NOTHING

"""Two pages of a release: two of its versions side by side; and what a change means before it is saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse

from feeds import comparison, store, versions, wording
from feeds.comparison import Difference, Piece
from feeds.models import Membership, Release, Standing
from feeds.pages.versions import told
from feeds.release_snapshot import snapshot
from feeds.versions import Version

if TYPE_CHECKING:
    from feeds.release_admin import ReleaseAdmin


@dataclass(frozen=True, slots=True)
class Side:
    """One field in two versions: the pieces of each that are its own or common."""

    name: str
    before: Sequence[Piece]
    after: Sequence[Piece]
    whole: bool

    @classmethod
    def of(cls, name: str, difference: Difference) -> Side:
        pieces = difference.pieces
        return cls(
            name,
            [piece for piece in pieces if piece.kind != "added"],
            [piece for piece in pieces if piece.kind != "removed"],
            difference.whole,
        )


def compare(page: ReleaseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """GET: two versions (`from`, `to`; by default the last two) side by side."""
    release = _release(page, request, object_id)
    history = versions.history(release.pk, public_only=False)
    after = _chosen(history, request.GET.get("to", ""), -1)
    before = _chosen(history, request.GET.get("from", ""), -2)
    context = {
        **page.admin_site.each_context(request),
        "title": f"Versions of {release.title}",
        "opts": page.opts,
        "release": release,
        "history": list(reversed(history)),
        "before": before,
        "after": after,
        "sides": _sides(before.content, after.content) if before and after else [],
        "back": reverse("admin:feeds_release_change", args=[release.pk]),
    }
    return TemplateResponse(request, "admin_site/compare_versions.html", context, using="django")


def review(page: ReleaseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """POST the form of a release: what would change, and for whom. Saves nothing."""
    release = _release(page, request, object_id)
    if not page.has_change_permission(request, release):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    before, was = snapshot(release), store.fingerprint(release)
    form = page.get_form(request, release, change=True)(request.POST, instance=release)
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": f"What a change means: {before['title']}",
        "opts": page.opts,
        "form": form,
    }
    if form.is_valid():
        after = snapshot(form.instance, form.cleaned_data)
        significant = store.fingerprint(form.instance) != was
        context |= {
            "sides": _sides(before, after),
            "lines": list(
                _meaning(before, after, Standing.objects.filter(pk=release.pk).first(), significant)
            ),
        }
    return TemplateResponse(request, "admin_site/review_release.html", context, using="django")


def _meaning(
    before: Mapping[str, Any], after: Mapping[str, Any], standing: Standing | None, significant: bool
) -> Iterator[str]:
    """What readers make of it, a sentence each."""
    state, shown = after["state"], standing is not None and standing.shown
    if after == before:
        yield "Nothing changes."
        return
    if shown and standing is not None and state != Release.State.PUBLISHED:
        count = (
            Membership.objects.filter(release_id=standing.pk, left_at=None).values("feed").distinct().count()
        )
        yield f"Readers cannot see it any more: it leaves its page and {count} feed{'' if count == 1 else 's'}."
        return
    if not shown:
        when = "as soon as it is noticed" if state == Release.State.PUBLISHED else "when it is published"
        yield f"Readers cannot see it now. What you change is what they will see {when}."
        return
    yield from _to_readers(before, after, significant)
    yield from _by_labels(before, after, standing is not None and standing.announced_at is not None)
    yield "Messages that have left stay as they are. You can tell those who received it, on the release’s page."


def _to_readers(before: Mapping[str, Any], after: Mapping[str, Any], significant: bool) -> Iterator[str]:
    note, old = wording.words(after["editors_note"]), wording.words(before["editors_note"])
    if not significant:
        yield "No word that readers see changes: feeds do not show it as updated, and nobody is told."
    elif note and note != old:
        yield "It is a correction: its page and its feeds show it as corrected, with your note, and as updated."
    else:
        yield (
            "It is a change that readers see: feeds show it as updated. "
            "Without a new editor’s note it is not called a correction."
        )


def _by_labels(before: Mapping[str, Any], after: Mapping[str, Any], announced: bool) -> Iterator[str]:
    for kind in ("offices", "topics"):
        if more := sorted(set(after[kind]) - set(before[kind])):
            told_too = "; who follows them and has not had it gets it" if announced else ""
            yield f"It enters the feeds of {', '.join(more)}{told_too}."
        if fewer := sorted(set(before[kind]) - set(after[kind])):
            yield f"It leaves the feeds of {', '.join(fewer)}."


def _sides(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Side]:
    return [Side.of(name, difference) for name, difference in told(comparison.compare(before, after))]


def _chosen(history: Sequence[Version], number: str, usual: int) -> Version | None:
    found = next((one for one in history if str(one.number) == number), None)
    return found or (history[usual] if len(history) >= -usual else None)


def _release(page: ReleaseAdmin, request: HttpRequest, object_id: str) -> Release:
    release: Release | None = page.get_object(request, unquote(object_id))
    if release is None:
        raise Http404
    if not page.has_view_permission(request, release):
        raise PermissionDenied
    return release

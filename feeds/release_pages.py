"""Two pages for some releases at once: withdraw them with a reason, and label them; both show first what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from unfold.widgets import UnfoldAdminSelectWidget

from config import clock, revisions
from config.adminsite import actor
from feeds import limits
from feeds.models import Membership, Office, Release, ReleaseType, Topic
from feeds.release_snapshot import snapshot, stored
from feeds.ticks import Ticks

if TYPE_CHECKING:
    from feeds.release_admin import ReleaseAdmin

MOST = 500
"""Releases at once: what it means is counted for each of them."""
received: list[Callable[[Sequence[int]], Iterable[str]]] = []
"""What other rooms say before releases (ids) are withdrawn, a sentence each."""


def page_of(name: str, ids: Iterable[Any]) -> str:
    """The address of one of these pages ("withdraw", "label") for some releases."""
    return f"{reverse(f'admin:feeds_release_{name}')}?{urlencode({'ids': ','.join(map(str, ids))})}"


def withdraw(page: ReleaseAdmin, request: HttpRequest) -> HttpResponse:
    """GET: what becomes of them. POST: withdraw them, with `reason`."""
    releases = _asked(page, request)
    going = [release for release in releases if release.state != Release.State.WITHDRAWN]
    reason = " ".join(request.POST.get("reason", "").split())[: limits.REASON]
    if request.method == "POST" and going:
        for release in going:
            _withdraw(request, release, reason)
        many = f"{len(going)} releases" if len(going) > 1 else going[0].title
        messages.success(
            request, f"Withdrawn: {many}. Those who received it can be told, on the release’s page."
        )
        return HttpResponseRedirect(_back(going))
    ids = [release.pk for release in going]
    context = {
        **_context(page, request, "Withdraw", releases),
        "going": going,
        "feeds": Membership.objects.filter(release_id__in=ids, left_at=None)
        .values("feed")
        .distinct()
        .count(),
        "said": [line for tell in received for line in tell(ids)] if ids else [],
        "longest": limits.REASON,
        "suggested": next((one.withdrawn_reason for one in going if one.withdrawn_reason), ""),
    }
    return TemplateResponse(request, "admin_site/withdraw_releases.html", context, using="django")


class LabelForm(forms.Form):
    offices = forms.ModelMultipleChoiceField(
        Office.objects.all(), required=False, widget=Ticks("Offices"), label="Offices"
    )
    topics = forms.ModelMultipleChoiceField(
        Topic.objects.all(), required=False, widget=Ticks("Topics"), label="Topics"
    )
    type = forms.ModelChoiceField(
        ReleaseType.objects.all(), required=False, label="Type", widget=UnfoldAdminSelectWidget,
        empty_label="as it is",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not any(cleaned.values()):
            raise forms.ValidationError("Choose an office, a topic or a type.")
        return cleaned


def label(page: ReleaseAdmin, request: HttpRequest) -> HttpResponse:
    """GET: choose labels. POST: give them to all of the releases, beside those that they have."""
    releases = _asked(page, request)
    form = LabelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and releases and form.is_valid():
        changed = sum(_label(request, release, form.cleaned_data) for release in releases)
        messages.success(request, f"{changed} of {len(releases)} releases got labels that they had not.")
        return HttpResponseRedirect(_back(releases))
    context = {**_context(page, request, "Label", releases), "form": form}
    return TemplateResponse(request, "admin_site/label_releases.html", context, using="django")


def audit(request: HttpRequest, what: str, release: Release, before: dict[str, Any] | None) -> bool:
    """Record what was done to a release; False if nothing differs."""
    after = stored(release.pk)
    if after == before:
        return False
    revisions.audit(
        actor(request), "admin", what, f"release {release.pk}", before=before, after=after, now=clock.now()
    )
    return True


def _withdraw(request: HttpRequest, release: Release, reason: str) -> None:
    with transaction.atomic():
        before = snapshot(release)
        release.state = Release.State.WITHDRAWN
        release.withdrawn_reason = reason or release.withdrawn_reason
        release.save(update_fields=["state", "withdrawn_reason"])
        audit(request, "withdrawn", release, before)


def _label(request: HttpRequest, release: Release, labels: dict[str, Any]) -> bool:
    with transaction.atomic():
        before = snapshot(release)
        release.offices.add(*labels["offices"])
        release.topics.add(*labels["topics"])
        if labels["type"]:
            release.type = labels["type"]
            release.save(update_fields=["type"])
        return audit(request, "labelled", release, before)


def _asked(page: ReleaseAdmin, request: HttpRequest) -> list[Release]:
    if not page.has_change_permission(request):
        raise PermissionDenied
    given = [one for one in request.GET.get("ids", "").split(",") if one.isdecimal() and len(one) < 19]
    return list(Release.objects.filter(pk__in=list(map(int, given[:MOST]))).order_by("-published_on", "-pk"))


def _context(
    page: ReleaseAdmin, request: HttpRequest, what: str, releases: Sequence[Release]
) -> dict[str, Any]:
    count = len(releases)
    return {
        **page.admin_site.each_context(request),
        "title": f"{what} {count} releases" if count != 1 else f"{what} a release",
        "opts": page.opts,
        "releases": releases,
        "back": _back(releases),
    }


def _back(releases: Sequence[Release]) -> str:
    if len(releases) == 1:
        return reverse("admin:feeds_release_change", args=[releases[0].pk])
    return reverse("admin:feeds_release_changelist")

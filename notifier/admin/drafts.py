"""The page on which a draft of the configuration is reviewed: what differs, what it would mean, and then yes or no."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from config import clock, drafting, showing
from config.adminsite import ReadOnlyAdmin, actor
from config.differences import Difference
from config.drafting import Review
from config.models import Draft, Revision
from config.sections import ConfigurationError, sections
from notifier import drafts, interests
from notifier.admin import previews
from notifier.drafting import samples, words
from notifier.drafting.values import Consequences, Effect
from notifier.models import Frequency

AUDIENCES = 5
TITLES = 4
_VERBS = {"created": "add", "changed": "change", "removed": "delete"}


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = ("about", "whose", "changed_at", "base")
    ordering = ("-changed_at",)
    list_before_template = "admin_site/drafts.html"

    @admin.display(description="changes")
    def about(self, draft: Draft) -> str:
        if draft.restores is not None:
            return f"Restore revision {draft.restores}"
        subjects = [difference.subject for difference in drafting.review(draft).differences]
        more = f" and {len(subjects) - 3} more" if len(subjects) > 3 else ""
        return ", ".join(subjects[:3]) + more or "nothing that is not so already"

    @admin.display(description="by")
    def whose(self, draft: Draft) -> str:
        return who(draft.actor)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET: the review. POST: apply or discard it, take a row out, or settle what two changed."""
        if object_id is None or not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST" and not request.user.has_perm("config.change_draft"):
            raise PermissionDenied
        draft = self.get_object(request, unquote(object_id))
        if draft is None:
            messages.warning(request, "This draft was applied or discarded.")
            return HttpResponseRedirect(reverse("admin:config_draft_changelist"))
        if request.method != "POST":
            return self._review(request, draft)
        try:
            done = self._do(request, draft)
        except ConfigurationError as error:
            messages.error(request, str(error))
            done = None
        return HttpResponseRedirect(done or request.get_full_path())

    def _do(self, request: HttpRequest, draft: Draft) -> str | None:
        """What the button says; where to go then, if not back to the review."""
        now, me, drafts_page = clock.now(), actor(request), reverse("admin:config_draft_changelist")
        if "discard" in request.POST:
            drafting.discard(draft, me, now)
            messages.success(request, "The draft is discarded. Nothing was changed.")
            return drafts_page
        if "take_out" in request.POST:
            section, _, key = request.POST["take_out"].partition(" ")
            if drafting.take_out(draft, (section, key), me, now) is None:
                messages.success(request, "That was the last change in the draft; it is discarded.")
                return drafts_page
        if "choose" in request.POST:
            mine = [
                (conflict.section, conflict.key)
                for conflict in drafting.review(draft).conflicts
                if request.POST.get(f"{conflict.section} {conflict.key}") == "mine"
            ]
            drafting.choose(draft, mine, me, now)
        if "apply" in request.POST:
            if not may_apply(request.user, drafting.review(draft).differences):
                raise PermissionDenied
            seen, note = request.POST.get("seen", ""), request.POST.get("note", "").strip()
            made = drafting.apply(draft, seen, note, me, now)
            return self._applied(request, made)
        return None

    @staticmethod
    def _applied(request: HttpRequest, made: Revision | None) -> str:
        if made is None:
            messages.info(request, "The configuration was so already.")
            return reverse("admin:config_draft_changelist")
        messages.success(request, f"Applied: this is revision {made.number}. It can be undone from here.")
        return reverse("admin:config_revision_change", args=[made.pk])

    def _review(self, request: HttpRequest, draft: Draft) -> HttpResponse:
        now = clock.now()
        review = drafting.review(draft)
        found = drafts.consequences_of(review.document, now)
        open_ = not review.conflicts and not found.refused
        may = request.user.has_perm("config.change_draft")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Restore revision {draft.restores}" if draft.restores else "Review the draft",
            "draft": draft,
            "whose": who(draft.actor),
            "review": review,
            "shown": showing.changes(review.differences, review.faults, review.document),
            "choices": showing.choices(review.conflicts),
            "refused": _refusals(review, found),
            "consequences": found,
            "figures": _figures(found) if open_ else (),
            "warnings": list(words.warnings(found)),
            "audiences": [_audience(one, found) for one in found.effects[:AUDIENCES]],
            "others": max(0, len(found.effects) - AUDIENCES),
            "samples": _samples(review, found, now) if open_ else (),
            "may": may,
            "may_take_out": may and not review.conflicts,
            "can_apply": may and open_ and review.differences and may_apply(request.user, review.differences),
        }
        return TemplateResponse(request, "admin_site/draft.html", context, using="django")


def may_apply(user: Any, differences: Iterable[Difference]) -> bool:
    """Whether an account might have made each of these changes by itself."""
    models = {section.name: section.model._meta for section in sections()}
    return all(
        user.has_perm(
            f"{models[one.section].app_label}.{_VERBS[one.action]}_{models[one.section].model_name}"
        )
        for one in differences
    )


def who(name: str) -> str:
    """An actor by the name of the account, where it is one that is there."""
    number = name.removeprefix("account:")
    found = User.objects.filter(pk=number).first() if number.isdecimal() else None
    return found.get_username() if found else name


def _refusals(review: Review, found: Consequences) -> list[str]:
    """Why it cannot be applied: what is not said beside a field already."""
    if review.faults:
        return showing.elsewhere(review.faults, review.differences, review.document)
    return list(found.refused)


def _figures(found: Consequences) -> list[tuple[str, str, str]]:
    """(label, figure, more in words)"""
    counts = found.by_frequency()
    by_frequency = ", ".join(f"{counts[one]:,} {one.label}" for one in Frequency if one in counts)
    rows = [
        ("Subscribers whose mail changes", f"{found.people:,}", by_frequency or "judged by the last 30 days")
    ]
    if found.choosers:
        rows.append(
            ("Subscribers who chose a term that moves", f"{found.choosers:,}", "their choice follows it")
        )
    for how in ("more", "fewer", "other"):
        if count := found.counted(how):
            rows.append((f"Subscriptions with {how} releases", f"{count:,}", "judged by the last 30 days"))
    if found.moved or found.later:
        rows.append(("Messages at another time", f"{found.moved + found.later:,}", "subscriptions"))
    if found.never:
        rows.append(("Never anything any more", f"{found.never:,}", "subscriptions"))
    if found.at_once_weekly:
        rows.append(("Messages at once, a week", f"{found.at_once_weekly:+,}", "about, by the last 30 days"))
    then = found.hour_then or found.hour
    if then:
        was = f"{then.begins_at:%A %H:%M} UTC"
        if found.hour and found.hour != then:
            was += f"; now {found.hour.messages:,} on {found.hour.begins_at:%A %H:%M} UTC"
        rows.append(("Digests in the busiest hour", f"{then.messages:,}", f"at most, {was}"))
    return rows


def _audience(effect: Effect, found: Consequences) -> dict[str, Any]:
    def titles(releases: Iterable[int]) -> list[str]:
        return [found.titles.get(pk, str(pk)) for pk in sorted(releases, reverse=True)[:TITLES]]

    audience, gains, loses = (
        effect.audience,
        effect.gains | effect.next_gains,
        effect.loses | effect.next_loses,
    )
    return {
        "people": f"{audience.people:,} reader{'' if audience.people == 1 else 's'}",
        "frequency": Frequency(audience.frequency).label,
        "what": interests.describe(audience.interest, "en"),
        "gains": titles(gains),
        "more_gains": max(0, len(gains) - TITLES),
        "loses": titles(loses),
        "more_loses": max(0, len(loses) - TITLES),
        "effect": effect,
    }


def _samples(review: Review, found: Consequences, now: Any) -> list[dict[str, Any]]:
    shown = []
    for sample in samples.samples_of(review, found, now):
        sides = [("Now", sample.before), ("With this draft", sample.after)]
        frames = [
            (title, message.subject, previews.framed(message.html, dark=False))
            if message
            else (title, "", "")
            for title, message in sides
        ]
        shown.append({"title": sample.title, "frames": frames})
    return shown

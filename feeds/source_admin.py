"""Sources in the admin site: what they are, how fetching them goes, and fetches that are held until somebody looks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from config import clock, revisions
from config.adminsite import ButtonsAdmin, RecordedAdmin, SectionForm, actor, lines, number, shown_instant
from feeds import source_trial
from feeds.harvest import quarantine, standing
from feeds.models import HeldFetch, Source, SourceState
from feeds.sources.item import excerpt

KIND_NAMES = {
    "listing": "A web page that lists releases",
    "syndication": "A feed (RSS, Atom or JSON Feed)",
    "folder": "A folder of files on this machine",
    "api": "Programs that hand over releases (API)",
}


class SourceForm(SectionForm):
    class Meta:
        labels: ClassVar[dict[str, str]] = {
            "kind": "What it is",
            "address": "Address",
            "active": "In use",
            "every_seconds": "How often, in seconds",
            "language": "Language of its releases",
            "announce_max_age_days": "Announce what is at most so many days old",
            "options": "Options, for who knows JSON",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "slug": "Its short name in addresses and commands: small letters, figures and hyphens. It never changes.",
            "address": "A web address that begins with https://, or the path of a folder. Empty: files are imported by "
            "hand, or programs hand releases over.",
            "active": "Switched off, it is not fetched any more; its releases stay.",
            "every_seconds": "600 is every ten minutes; 0: as is usual for its kind.",
            "language": "A code such as en or fr; empty: the newsroom’s.",
            "announce_max_age_days": "What was published longer before it came in is shown, but mailed to nobody.",
            "options": "How the page or the feed is read, and when a fetch is held; {} is as usual. The reference in "
            "docs/listing.md names them all.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = list(KIND_NAMES.items())  # type: ignore[attr-defined]


class SourceAdmin(RecordedAdmin):
    form = SourceForm
    list_display = ("name", "kind_shown", "address_shown", "condition", "waiting")
    list_filter = ("kind", "active")
    search_fields = ("name", "slug", "address")
    readonly_fields = ("condition", "last_fetch", "first_complete_at", "try_it")
    fieldsets = (
        (None, {"fields": ("name", "slug", "kind", "address", "active", "every_seconds")}),
        ("Its releases", {"fields": ("language", "announce_max_age_days", "options")}),
        ("Before it is saved", {"fields": ("try_it",)}),
        ("Fetching", {"fields": ("condition", "last_fetch", "first_complete_at")}),
    )
    actions_submit_line = ("fetch_now", "start_again")

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """One that is not there yet has not been fetched; who may not change it cannot try it either."""
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        last = (3,) if obj is None else ()
        skipped = last if may else (2, *last)
        return [one for number, one in enumerate(self.fieldsets) if number not in skipped]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(lambda request: source_trial.view(self, request))
        return [path("try/", view, name="feeds_source_try"), *super().get_urls()]

    @admin.display(description="try it")
    def try_it(self, source: Source | None) -> SafeString:
        return source_trial.button(source)

    @admin.display(description="what it is", ordering="kind")
    def kind_shown(self, source: Source) -> str:
        return KIND_NAMES.get(source.kind, source.kind)

    @admin.display(description="address", ordering="address")
    def address_shown(self, source: Source) -> str:
        return excerpt(source.address, 60) or "-"

    @admin.display(description="held")
    def waiting(self, source: Source) -> SafeString | str:
        """The fetch that waits for a decision."""
        held = next((one for one in source.held.all() if one.decision == HeldFetch.Decision.OPEN), None)
        if held is None:
            return "-"
        address = reverse("admin:feeds_heldfetch_change", args=[held.pk])
        return format_html('<a class="underline" href="{}">look at it</a>', address)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        queryset: QuerySet[Source] = super().get_queryset(request)
        return queryset.select_related("fetching").prefetch_related("held")

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons, where they would do something."""
        state = SourceState.objects.filter(pk=number(str(object_id)) or 0).first()
        if state is None:
            return []
        wanted = "start_again" if state.stopped else "fetch_now"
        return [
            one
            for one in super().get_actions_submit_line(request, object_id)
            if one.action_name.endswith(wanted)
        ]

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *more: Any, **context: Any) -> Any:
        """A button pokes fetching; what stands in the form is not saved with it."""
        if request.method == "POST" and object_id:
            for button in self.get_actions_submit_line(request, object_id):
                if button.action_name in request.POST and self.has_change_permission(request):
                    self.poke(request, int(object_id))
                    return HttpResponseRedirect(request.get_full_path())
        return super().changeform_view(request, object_id, *more, **context)

    def poke(self, request: HttpRequest, source_id: int) -> None:
        """Have it fetched within seconds."""
        now = clock.now()
        SourceState.objects.filter(pk=source_id).update(next_at=now, stopped=False)
        source = Source.objects.get(pk=source_id)
        subject = f"source {source.slug}"
        revisions.audit(actor(request), "admin", "fetch asked for", subject, before=None, after=None, now=now)
        messages.success(request, f"{source.name} will be fetched within seconds.")

    @action(description="Fetch now", permissions=["change"])  # type: ignore[untyped-decorator]
    def fetch_now(self, request: HttpRequest, source: Source) -> None:
        """Done by `changeform_view`."""

    @action(description="Start again", permissions=["change"])  # type: ignore[untyped-decorator]
    def start_again(self, request: HttpRequest, source: Source) -> None:
        """Done by `changeform_view`."""

    def condition(self, source: Source) -> str:
        if source is None or not source.pk:
            return "-"
        held = [one for one in source.held.all() if one.decision == HeldFetch.Decision.OPEN]
        waiting = int(held[0].differences.get("new", 0)) if held else -1
        return standing.in_words(source, getattr(source, "fetching", None), waiting, clock.now())

    def last_fetch(self, source: Source) -> SafeString | str:
        state = getattr(source, "fetching", None)
        outcome = state.outcome if state else {}
        if not outcome:
            return "-"
        counts = ", ".join(
            f"{outcome[name]} {name}" for name in ("new", "changed", "same") if name in outcome
        )
        return lines([counts, *outcome.get("held", ()), *outcome.get("faults", ())])


class HeldFetchAdmin(ButtonsAdmin):
    """Quarantine: an admin sees what a fetch would do, and accepts or discards it, once."""

    list_display = ("source", "held_shown", "counts", "why", "decision_shown")
    list_filter = ("decision", "source")
    list_select_related = ("source",)
    ordering = ("-pk",)
    readonly_fields = (
        "source",
        "held_shown",
        "fetched_shown",
        "why",
        "counts",
        "new",
        "changed",
        "decision_shown",
    )
    fields = readonly_fields
    actions_submit_line = ("accept", "accept_silently", "discard")

    def get_fields_shown(self) -> list[str]:
        return []

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        is_open = HeldFetch.objects.filter(pk=object_id, decision=HeldFetch.Decision.OPEN).exists()
        return list(super().get_actions_submit_line(request, object_id)) if is_open else []

    def held_shown(self, held: HeldFetch) -> str:
        return shown_instant(held.held_at)

    held_shown.short_description = "held since"  # type: ignore[attr-defined]

    def fetched_shown(self, held: HeldFetch) -> str:
        return shown_instant(held.fetched_at)

    fetched_shown.short_description = "fetched"  # type: ignore[attr-defined]

    def why(self, held: HeldFetch) -> str:
        return lines(held.reasons)

    def counts(self, held: HeldFetch) -> str:
        return ", ".join(f"{held.differences.get(name, 0)} {name}" for name in ("new", "changed", "same"))

    def new(self, held: HeldFetch) -> SafeString | str:
        rows = [(one["date"], one["title"]) for one in held.differences.get("listed_new", ())]
        return _listed(rows, int(held.differences.get("new", 0)))

    def changed(self, held: HeldFetch) -> SafeString | str:
        listed = held.differences.get("listed_changed", ())
        rows = [(", ".join(one["fields"]), one["title"]) for one in listed]
        return _listed(rows, int(held.differences.get("changed", 0)))

    def decision_shown(self, held: HeldFetch) -> str:
        if held.decision == HeldFetch.Decision.OPEN:
            return "waits for a decision"
        who = f" by {held.decided_by}" if held.decided_by else ""
        return f"{held.decision}{who}, {shown_instant(held.decided_at)}"

    decision_shown.short_description = "decision"  # type: ignore[attr-defined]

    @action(description="Accept and announce", permissions=["change"])  # type: ignore[untyped-decorator]
    def accept(self, request: HttpRequest, held: HeldFetch) -> None:
        self._accept(request, held, announce=True)

    @action(description="Accept without announcing", permissions=["change"])  # type: ignore[untyped-decorator]
    def accept_silently(self, request: HttpRequest, held: HeldFetch) -> None:
        self._accept(request, held, announce=False)

    @action(description="Discard", permissions=["change"])  # type: ignore[untyped-decorator]
    def discard(self, request: HttpRequest, held: HeldFetch) -> None:
        if quarantine.discard(held, actor(request), clock.now()):
            messages.success(request, f"Discarded: nothing of the fetch of {held.source} was taken in.")
        else:
            _overtaken(request)

    def _accept(self, request: HttpRequest, held: HeldFetch, *, announce: bool) -> None:
        report = quarantine.accept(held, actor(request), clock.now(), announce=announce)
        if report is None:
            _overtaken(request)
            return
        told = "announced as usual" if announce and not report.silence else "not announced"
        messages.success(request, f"Taken in: {len(report.new)} new ({told}), {len(report.changed)} changed.")


def _overtaken(request: HttpRequest) -> None:
    messages.warning(
        request, "Nothing was done: it was decided already, or a later fetch has taken its place."
    )


def _listed(rows: list[tuple[str, str]], total: int) -> SafeString | str:
    """What stands beside each title, in a table; with how many more there are."""
    if not rows:
        return "-"
    table = format_html_join(
        "", '<tr><td class="whitespace-nowrap align-top pr-4">{}</td><td class="py-1">{}</td></tr>', rows
    )
    more = f"and {total - len(rows)} more" if total > len(rows) else ""
    return format_html("<table>{}</table>{}", table, more)

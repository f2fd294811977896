"""Subscribers from another system: a file is taken up, looked through, brought in while one watches, and taken back."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from config import clock
from config.adminsite import ReadOnlyAdmin, actor, number
from feeds import former, selecting, store
from feeds.catalogue import Catalogue
from feeds.selection import BadSelection, Selection
from notifier import interests, offers
from notifier.admin.looks import reading as note_reading
from notifier.imports import arrivals, batches, columns, deciding, reading, running
from notifier.models import Import
from notifier.pages import timing
from notifier.pages.zones import ZONES
from notifier.wishes import BadWish, Wish, checked, known_zone

LOOKED_AT = 5_000
RENEWED = 3  # seconds between two looks at an import that is at work
_LABELS = {
    "address": "Address", "status": "State there", "language": "Language", "zone": "Time zone", "topics": "Topics",
    "offices": "Offices", "agreed": "When they agreed",
}  # fmt: skip
_OURS = [(True, "Ask everybody by a letter to confirm"), (False, "They have agreed already: ask nobody")]


class InMemory(MemoryFileUploadHandler):
    """Addresses that are uploaded do not lie in clear on a disk, however many there are; see config.bodies."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True


class Arrangement(forms.Form):
    """What is what in the file, and what everybody gets whose row says nothing."""

    selection = forms.CharField(
        required=False, max_length=2_000, widget=UnfoldAdminTextInputWidget, label="What they get",
        help_text="As in the address of a feed: topic=elections&office=vienna. Empty: everything.",
    )  # fmt: skip
    frequency = forms.ChoiceField(widget=UnfoldAdminSelectWidget, label="How often")
    language = forms.ChoiceField(widget=UnfoldAdminSelectWidget, label="Language, where their row names none")
    zone = forms.ChoiceField(widget=UnfoldAdminSelectWidget, label="Time zone, where their row names none")
    asks = forms.TypedChoiceField(
        choices=_OURS, coerce=lambda value: value == "True", widget=forms.RadioSelect, label="Consent"
    )
    basis = forms.CharField(
        required=False, max_length=2_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        label="To what they agreed, where and when",
        help_text="Needed if nobody is asked. It is kept as each person's consent, with the day their row names.",
    )  # fmt: skip

    def __init__(self, made: Import, data: QueryDict | None = None) -> None:
        super().__init__(data, initial=_initial(made))
        head = [
            ("", "not in the file"),
            *((str(n), name or f"column {n + 1}") for n, name in enumerate(made.head)),
        ]
        for name, label in _LABELS.items() if made.head else ():
            self.fields[f"column_{name}"] = forms.ChoiceField(
                choices=head, required=name == "address", label=label, widget=UnfoldAdminSelectWidget
            )
        words = timing.names()
        choice: Any = self.fields["frequency"]
        choice.choices = [(row.frequency, words[row.frequency]) for row in timing.offered()]
        for name, values in (("language", settings.HERALD_LANGUAGES), ("zone", ZONES)):
            field: Any = self.fields[name]
            field.choices = [(value, value) for value in dict.fromkeys((getattr(made, name), *values))]

    def clean_selection(self) -> Selection:
        asked = dict(QueryDict(self.cleaned_data["selection"].strip().removeprefix("?")).lists())
        try:
            if strange := [name for name in asked if not selecting.is_name(name)]:
                raise BadSelection(f"{strange[0]} is no part of a selection")
            found = former.known().selection(selecting.read(asked)) if asked else arrivals.EVERYTHING
            if unknown := selecting.unknown(found, Catalogue().names):
                raise BadSelection(f"there is no {', no '.join(unknown)}")
        except BadSelection as error:
            raise forms.ValidationError(str(error)) from None
        return found

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("asks") is False and not given.get("basis", "").strip():
            self.add_error("basis", "Who is not asked must have agreed already: say to what, where and when.")
        return given

    def keep(self, made: Import) -> None:
        given = self.cleaned_data
        wishes = checked([Wish(given["selection"], given["frequency"])])
        made.wishes, made.frequency = [offers.to_json(wish) for wish in wishes], given["frequency"]
        made.language, made.zone = given["language"], known_zone(given["zone"])
        made.asks, made.basis = given["asks"], given["basis"].strip()
        if made.head:
            said = {name: given[f"column_{name}"] for name in columns.FIELDS}
            made.columns = {name: int(at) for name, at in said.items() if at}
        made.save()


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "name", "system", "state", "rows", "brought_in", "made_at", "made_by")
    list_filter = ("state",)
    list_before_template = "admin_site/import_begin.html"
    ordering = ("-pk",)

    @admin.display(description="brought in")
    def brought_in(self, made: Import) -> int:
        return int(made.counts.get(deciding.NEW, 0))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Its page is `look`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pk = number(object_id)
        if pk is None:
            raise Http404
        return HttpResponseRedirect(reverse("admin:notifier_import_look", args=[pk]))

    def get_urls(self) -> list[URLPattern]:
        # The handler of uploads is chosen before anybody looks into the form, so the check against forged requests
        # stands inside of it.
        upload = self.admin_site.admin_view(csrf_exempt(self.upload))
        look = require_http_methods(["GET", "HEAD", "POST"])(self.admin_site.admin_view(self.look))
        return [
            path("upload/", upload, name="notifier_import_upload"),
            path("<int:pk>/look/", look, name="notifier_import_look"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """POST a file: on to its page. GET: back to the list."""
        if not request.user.has_perm("notifier.add_import"):
            raise PermissionDenied
        request.upload_handlers = [InMemory(request)]
        answer: HttpResponse = csrf_protect(self._take_up)(request)
        return answer

    def _take_up(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("file")
        if file is None:
            if request.method == "POST":
                messages.warning(
                    request, "Choose a file of at most 10 MB; larger ones by `herald subscribers import`."
                )
            return HttpResponseRedirect(reverse("admin:notifier_import_changelist"))
        try:
            made = batches.take_up(io.BytesIO(file.read()), file.name or "file", actor(request), clock.now())
        except (reading.Unreadable, ValueError) as error:
            messages.error(request, f"Nothing was taken up. {error}.")
            return HttpResponseRedirect(reverse("admin:notifier_import_changelist"))
        zone = store.newsroom().zone
        usual = timing.standard(timing.offered(), zone, made.language).frequency  # a digest, and not at once
        Import.objects.filter(pk=made.pk).update(zone=zone, frequency=usual)
        return HttpResponseRedirect(reverse("admin:notifier_import_look", args=[made.pk]))

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET: what is in it, and what would become of it, or became. POST: arrange, begin, drop or undo."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        made = Import.objects.filter(pk=pk).first()
        if made is None:
            raise Http404
        form = Arrangement(made)
        if request.method == "POST":
            if not request.user.has_perm("notifier.add_import"):
                raise PermissionDenied
            form = Arrangement(
                made, request.POST if request.POST.get("act") in {"arrange", "begin"} else None
            )
            if self._act(request, made, form):
                return HttpResponseRedirect(request.path)
        return self._show(request, made, form)

    def _act(self, request: HttpRequest, made: Import, form: Arrangement) -> bool:
        """False where the form is to be mended."""
        act, by, now = request.POST.get("act", ""), actor(request), clock.now()
        try:
            if act == "arrange" and made.state != Import.State.DRAFT:
                raise running.Refused(f"its state is “{made.get_state_display()}”")
            if act in {"arrange", "begin"} and made.state == Import.State.DRAFT:
                if not form.is_valid():
                    return False
                form.keep(made)
            if act == "begin":
                running.begin(made, by, "admin", now)
            elif act == "drop":
                running.drop(made, by, "admin", now)
            elif act == "undo":
                running.undo(made, by, "admin", now)
        except (running.Refused, BadWish) as error:
            messages.warning(request, f"Nothing was done: {error}.")
        return True

    def _show(self, request: HttpRequest, made: Import, form: Arrangement) -> HttpResponse:
        draft = made.state == Import.State.DRAFT
        found = (
            deciding.look_through(made, clock.now(), LOOKED_AT)
            if draft and made.columns.get("address") is not None
            else None
        )
        at_work = made.state in {Import.State.RUNNING, Import.State.UNDOING}
        total = made.rows if made.state != Import.State.UNDOING else made.counts.get(deciding.NEW, 0)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Import of {made.name}",
            "opts": self.opts,
            "made": made,
            "form": form,
            "sample": _sample(made) if draft else [],
            "counts": (found.counts if found else made.counts).items(),
            "refusals": found.refusals if found else made.refusals,
            "labels": sorted(found.labels)[:20] if found else [],
            "part": draft and made.rows > LOOKED_AT,
            "looked_at": LOOKED_AT,
            "draft": draft,
            "at_work": at_work,
            "total": total,
            "percent": 100 * made.done // max(total, 1),
            "may": request.user.has_perm("notifier.add_import"),
            "may_undo": made.state == Import.State.DONE and made.people.exists(),
        }  # fmt: skip
        response = TemplateResponse(request, "admin_site/import_look.html", context, using="django")
        if at_work:
            response.headers["Refresh"] = str(RENEWED)
        if draft:
            note_reading(request, str(made))
        return response


def _sample(made: Import) -> list[list[str]]:
    """The first rows, for whoever has to say what is what."""
    batch = made.batches.order_by("number").first()
    return [cells for _, cells in batches.rows(batch)[:3]] if batch else []


def _initial(made: Import) -> dict[str, Any]:
    selection = arrivals.selection_of(made)
    query = "" if selection == arrivals.EVERYTHING else selecting.write(selection)
    found = {name: getattr(made, name) for name in ("frequency", "language", "zone", "asks", "basis")}
    return found | {"selection": query} | {f"column_{name}": str(at) for name, at in made.columns.items()}


def in_words(made: Import) -> str:
    """What all get whose rows say nothing."""
    return interests.describe(arrivals.selection_of(made), "en")

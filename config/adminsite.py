"""What the admin pages of every room share: read-only tables, buttons, and configuration that is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from config import clock, drafting, revisions, sidebar
from config.sections import ConfigurationError, Fault, Section, section_of


def actor(request: HttpRequest) -> str:
    """Who is changing something, as revisions and the audit log name people: by number."""
    return f"account:{request.user.pk}"


def number(typed: str | None) -> int | None:
    """A row's number, if that is what was typed: figures, and few enough for any database."""
    known = typed is not None and typed.isascii() and typed.isdecimal() and len(typed) < 19
    return int(typed) if typed is not None and known else None


class HeraldAdmin(ModelAdmin):  # type: ignore[misc] # unfold has no types
    """What every admin class is. The audit log is the one record: Django's own log of its admin site stays empty.

    Whoever changes a row records it (`config.auditing`), as a page, a command and the API change it by the same way.
    """

    audited_kind = ""  # what the audit log calls such a row, if not by its model's name

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """It is in the audit log."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """They are in the audit log."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Called as it is at the side, and not "Select release to change"."""
        found = sidebar.place(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        title = found[1] if found else capfirst(self.opts.verbose_name_plural)
        response: HttpResponse = super().changelist_view(request, {"title": title, **(extra_context or {})})
        return response

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """A date that no calendar has is a filter that cannot be followed, as Django treats other junk."""
        try:
            return super().get_changelist_instance(request)
        except OverflowError as error:
            raise IncorrectLookupParameters(error) from error

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:
        """A made-up number among those that are ticked is no row, where Django would fall over it."""
        if isinstance(self.opts.pk, models.IntegerField):
            post = request.POST.copy()
            ticked = post.getlist(ACTION_CHECKBOX_NAME)
            post.setlist(ACTION_CHECKBOX_NAME, [one for one in ticked if number(str(one)) is not None])
            request.POST = post  # type: ignore[assignment] # Django's own code does the same
        return super().response_action(request, queryset)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """What its filters offer. Django would take any column, and so narrow a list to one person, unrecorded."""
        offered = {self.date_hierarchy, *map(_parameter, self.get_list_filter(request))}
        allowed = super().lookup_allowed(lookup, value, request)
        return bool(lookup.partition("__")[0] in offered and allowed)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A number that no row has is answered first: buttons look their row up by whatever the address says."""
        if object_id is not None and self.get_object(request, unquote(object_id)) is None:
            posted = request.method == "POST"
            may = self.has_change_permission if posted else self.has_view_or_change_permission
            if not may(request):
                raise PermissionDenied
            messages.warning(
                request, f"There is no {self.opts.verbose_name} with this number. Was it deleted?"
            )
            return HttpResponseRedirect(
                reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            )
        response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """On to the audit log, for those who may read it."""
        if not (self.has_view_permission(request) and request.user.has_perm("config.view_auditentry")):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        query = urlencode({"q": audited_as(row, self.audited_kind)} if row is not None else {})
        return HttpResponseRedirect(f"{reverse('admin:config_auditentry_changelist')}?{query}")


class ReadOnlyAdmin(HeraldAdmin):
    """Rows to look at: nobody adds, changes or deletes them here."""

    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ButtonsAdmin(ReadOnlyAdmin):
    """Rows to look at, with buttons (`actions_submit_line`) that do something by POST; the row itself is not saved."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super(ReadOnlyAdmin, self).has_change_permission(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.get_fields_shown(), *self.readonly_fields]

    def get_fields_shown(self) -> list[str]:
        return [f.name for f in self.model._meta.concrete_fields if not f.primary_key]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        hidden = dict.fromkeys(("show_save", "show_save_and_continue", "show_save_and_add_another"), False)
        context = hidden | (extra_context or {})
        response: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        for action in self.get_actions_submit_line(request, obj.pk):
            if action.action_name in request.POST:
                action.method(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(request.get_full_path())


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"])

    def run_validators(self, value: Any) -> None:
        """Its section checks it."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class SectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Says of a configuration row what `herald config apply` would say of it, at the field where there is one."""

    form_names: Mapping[str, str] = {}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        section = section_of(self._meta.model)
        if section is None or self.errors:
            return
        row = section.row_of(self.instance)
        others = section.model._default_manager.exclude(pk=self.instance.pk)
        rows = [*map(section.row_of, others), row]
        for fault in section.faults(rows):
            name = self.place_of(fault)
            if fault.index == len(rows) - 1:
                self.add_error(name if name in self.fields else None, fault.text)

    def place_of(self, fault: Fault) -> str:
        """The field of the form to which a fault of its row belongs."""
        return self.form_names.get(fault.field, fault.field)


class RecordedAdmin(HeraldAdmin):
    """Configuration: what a POST would change goes into a draft, is reviewed and then applied (`config.drafting`).

    The whole view runs in a transaction that is taken back, so forms, inlines and deletions need know nothing of it.
    """

    form = SectionForm
    actions = None
    change_form_outer_before_template = "drafts/own_draft.html"

    @property
    def section(self) -> Section:
        section = section_of(self.model)
        assert section is not None, f"{self.model} is registered as no section"
        return section

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [] if obj is None or self.section.single else [self.section.key]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and self.section.why_kept(obj):
            return False
        return bool(super().has_delete_permission(request, obj))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the buttons beside a list that would add to it at once: that too is for a draft."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        for button in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            if field is not None and hasattr(field.widget, button):
                setattr(field.widget, button, False)
        return field

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._drafted(
            request, lambda: super(RecordedAdmin, self).changelist_view(request, *args, **kwargs)
        )

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        may = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        hidden = dict.fromkeys(("show_save", "show_save_and_continue", "show_save_and_add_another"), False)
        own = drafting.own(actor(request)) if may else None
        context = {**hidden, "drafts": True, "can_draft": may, "own_draft": own, **(extra_context or {})}
        return self._drafted(
            request, lambda: super(RecordedAdmin, self).changeform_view(request, object_id, form_url, context)
        )

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._drafted(
            request, lambda: super(RecordedAdmin, self).delete_view(request, *args, **kwargs)
        )

    def message_user(
        self, request: HttpRequest, message: Any, level: int = messages.INFO, *more: Any, **others: Any
    ) -> None:
        """What Django says of a form that was saved is not so: it is in a draft."""
        if level != messages.SUCCESS:
            super().message_user(request, message, level, *more, **others)

    def _drafted(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        if request.method != "POST":
            return view()
        now = clock.now()
        try:
            with revisions.trying(now) as tried:
                response = view()
        except ConfigurationError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        if tried.before == tried.after:
            if response.status_code == HTTPStatus.FOUND:
                messages.info(request, "Nothing was changed.")
            return response
        draft = drafting.add(actor(request), tried, now)
        if {"_continue", "_addanother"} & request.POST.keys():
            messages.success(
                request, "It is in your draft. Nothing changes before you review and apply that."
            )
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(reverse("admin:config_draft_change", args=[draft.pk]))


def _parameter(given: Any) -> Any:
    """What a filter of a list is called in its address: the field's name, or its own."""
    found = given[0] if isinstance(given, list | tuple) else given
    return getattr(found, "parameter_name", found)


def audited_as(row: models.Model, kind: str = "") -> str:
    """What the audit log calls a row: "office skopje" for configuration, else "release 12"."""
    section = section_of(type(row))
    if section is not None:
        return section.label(section.row_of(row))
    return f"{kind or row._meta.verbose_name} {row.pk}"


def lines(texts: Any) -> SafeString:
    """Texts below each other, escaped."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts)) or SafeString("-")


def shown_instant(value: models.DateTimeField[Any, Any] | Any) -> str:
    """An instant as the admin site shows it: UTC, to the second."""
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if value else "-"

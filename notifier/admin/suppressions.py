"""Addresses that get nothing: looked for by the address, which is posted; added, and lifted with a note; audited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from config import clock
from config.adminsite import ButtonsAdmin, ReadOnlyAdmin, actor, shown_instant
from notifier import addresses, suppressions
from notifier.admin import extracting
from notifier.admin.looks import OfOnePerson, RecordedList, reading
from notifier.models import Reply, Suppression


class AddForm(forms.ModelForm):  # type: ignore[type-arg]
    """An address that is to get nothing."""

    address_typed = forms.CharField(label="Address", max_length=254, widget=UnfoldAdminTextInputWidget)
    days = forms.IntegerField(
        label="For how many days",
        min_value=0,
        max_value=36_500,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="0: for good.",
    )

    class Meta:
        model = Suppression
        fields = ("reason",)

    def clean_address_typed(self) -> str:
        try:
            return addresses.normalise(self.cleaned_data["address_typed"])
        except addresses.BadAddress as error:
            raise forms.ValidationError(str(error)) from None


class LiftForm(forms.ModelForm):  # type: ignore[type-arg]
    """Why it is lifted."""

    note = forms.CharField(
        max_length=300,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why it is lifted; kept in the audit log.",
    )

    class Meta:
        model = Suppression
        fields = ()


class LivesFilter(admin.SimpleListFilter):
    title = "whether it holds"
    parameter_name = "holds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "holds now"), ("no", "has ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> QuerySet[Suppression]:
        now = clock.now()
        if self.value() == "yes":
            return suppressions.standing(now, queryset)
        return queryset.filter(expires_at__lte=now) if self.value() == "no" else queryset


@admin.register(Suppression)
class SuppressionAdmin(RecordedList, ButtonsAdmin):
    list_display = ("__str__", "kind", "reason", "since", "until")
    list_filter = ("kind", LivesFilter, ("at", admin.DateFieldListFilter))
    list_before_template = "admin_site/find_by_address.html"
    ordering = ("-at", "-pk")
    show_full_result_count = False
    actions_submit_line = ("lift",)
    _shown = ("address_shown", "kind", "reason", "since", "until")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super(ReadOnlyAdmin, self).has_add_permission(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = LiftForm if change else AddForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self._shown, "note") if obj else ("address_typed", "reason", "days")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self._shown) if obj else []

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        return list(super().get_actions_submit_line(request, object_id)) if object_id else []

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {"show_save": object_id is None, **(extra_context or {})}
        response = super().changeform_view(request, object_id, form_url, context)
        if object_id is not None and request.method == "GET" and response.status_code == 200:
            reading(request, f"suppression {object_id}")
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.note = form.cleaned_data.get("note", "")  # for the button; there is no such column
        if change:
            super().save_model(request, obj, form, change)
            return
        now, typed = clock.now(), form.cleaned_data
        ends = suppressions.until(now, typed["days"])
        made = suppressions.add(typed["address_typed"], typed["reason"], actor(request), "admin", now, ends)
        obj.pk = made.pk

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:notifier_suppression_changelist"))

    @action(description="Lift it", permissions=["change"])  # type: ignore[untyped-decorator]
    def lift(self, request: HttpRequest, row: Suppression) -> None:
        found = Suppression.objects.get(pk=row.pk)
        suppressions.lift(found, getattr(row, "note", ""), actor(request), "admin", clock.now())
        messages.success(request, "Lifted: the address gets mail again, if it is subscribed.")

    @admin.display(description="address")
    def address_shown(self, row: Suppression) -> str:
        try:
            return addresses.decrypt(bytes(row.address))
        except addresses.BadAddress as error:
            return f"cannot be read: {error}"

    @admin.display(description="since", ordering="at")
    def since(self, row: Suppression) -> str:
        return shown_instant(row.at)

    @admin.display(description="until", ordering="expires_at")
    def until(self, row: Suppression) -> str:
        return shown_instant(row.expires_at) if row.expires_at else "for good"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("find/", wrap(self.find), name="notifier_suppression_find"),
            path("export/<str:form>/", wrap(self.export), name="notifier_suppression_export"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, form: str) -> StreamingHttpResponse:
        """All of them, to take out."""
        return extracting.people(request, "suppressions", form, may=self.has_view_permission(request))

    def find(self, request: HttpRequest) -> HttpResponse:
        """POST an address: on to its suppression."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = None
        if request.method == "POST":
            try:
                found = suppressions.find(request.POST.get("address", ""))
            except addresses.BadAddress:
                found = None
            reading(request, f"{found}" if found else "an address that is not suppressed", "looked up")
            if found is None:
                messages.warning(request, "This address is not suppressed.")
        if found is None:
            return HttpResponseRedirect(reverse("admin:notifier_suppression_changelist"))
        return HttpResponseRedirect(reverse("admin:notifier_suppression_change", args=[found.pk]))


@admin.register(Reply)
class ReplyAdmin(OfOnePerson, ReadOnlyAdmin):
    list_display = ("__str__", "subscriber", "dispatch_id", "at", "counts")
    list_select_related = ("subscriber",)
    list_filter = ("kind",)
    fields = readonly_fields = ("kind", "status", "subscriber", "dispatch_id", "at", "counts")
    ordering = ("-at", "-pk")
    show_full_result_count = False

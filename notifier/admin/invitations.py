"""Invitations in the admin site: an address and a role in, a letter out. They are withdrawn, never changed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget

from config import clock, roles
from config.accounts import invitations
from config.adminsite import ButtonsAdmin, ReadOnlyAdmin, actor, shown_instant
from config.models import Invitation
from notifier import addresses, proofs
from notifier import invitations as letters


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whom to invite, and as what."""

    to = forms.EmailField(label="Address", widget=UnfoldAdminEmailInputWidget)
    role = forms.ChoiceField(
        choices=[(role, f"{role}: {roles.MEANINGS[role]}") for role in roles.Role],
        initial=roles.Role.VIEWER,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Invitation
        fields = ("role",)

    def clean_to(self) -> str:
        try:
            return addresses.normalise(self.cleaned_data["to"])
        except addresses.BadAddress as error:
            raise forms.ValidationError(str(error)) from None


@admin.register(Invitation)
class InvitationAdmin(ButtonsAdmin):
    list_display = ("__str__", "role", "made", "made_by", "condition")
    actions_submit_line = ("withdraw",)
    _shown = ("address_shown", "role", "made", "made_by", "condition", "account")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super(ReadOnlyAdmin, self).has_add_permission(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if not change:
            kwargs["form"] = InviteForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self._shown if obj else ("to", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self._shown) if obj else []

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The button, where it would do something."""
        waiting = Invitation.objects.filter(pk=object_id, used_at=None).exists() if object_id else False
        return list(super().get_actions_submit_line(request, object_id)) if waiting else []

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {"show_save": object_id is None, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        address = form.cleaned_data["to"]
        made = invitations.invite(roles.Role(obj.role), actor(request), "admin", clock.now(), address)
        obj.pk = made.pk
        # Not within the form's transaction: a relay may take its time, and on SQLite all who write would wait for it.
        transaction.on_commit(partial(self._send, request, made, address))

    def _send(self, request: HttpRequest, made: Invitation, address: str) -> None:
        """Send the letter; an invitation whose letter does not leave is withdrawn."""
        try:
            letters.send(made, address)
        except proofs.NotSent as error:
            invitations.withdraw(made, actor(request), "admin", clock.now())
            messages.error(request, f"Nobody was invited, as the letter was not sent: {error}.")
        else:
            messages.success(request, "Invited: the letter is on its way. Its link works once, for a week.")

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:config_invitation_changelist"))

    @action(description="Withdraw it", permissions=["change"])  # type: ignore[untyped-decorator]
    def withdraw(self, request: HttpRequest, row: Invitation) -> None:
        if invitations.withdraw(row, actor(request), "admin", clock.now()):
            messages.success(request, "Withdrawn: its link works no more.")

    @admin.display(description="address")
    def address_shown(self, row: Invitation) -> str:
        return invitations.address_of(row) or "-"

    @admin.display(description="made", ordering="made_at")
    def made(self, row: Invitation) -> str:
        return shown_instant(row.made_at)

    @admin.display
    def condition(self, row: Invitation) -> str:
        if row.used_at:
            return (
                f"used {shown_instant(row.used_at)}"
                if row.account_id
                else f"ended {shown_instant(row.used_at)}"
            )
        return "too old" if clock.now() - row.made_at > invitations.VALID else "waits"

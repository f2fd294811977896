"""Accounts in the admin site: roles given, sessions ended. Nobody is deleted, as the audit log names them by number."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from config import auditing, clock, roles
from config.accounts import second, sessions
from config.adminsite import HeraldAdmin, actor, lines, shown_instant


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """Role and standing of an account. `own`: it is the account of who fills this in."""

    role = forms.ChoiceField(
        choices=[("", "none"), *((role, f"{role}: {roles.MEANINGS[role]}") for role in roles.Role)],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    own = False

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = roles.of(self.instance) or ""

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if self.own and (not found.get("is_active") or found.get("role") != (roles.of(self.instance) or "")):
            raise forms.ValidationError(
                "Another administrator must change your own role, or close your account."
            )
        return found


class AccountAdmin(HeraldAdmin):
    audited_kind = "account"
    list_display = ("username", "role_shown", "is_active", "has_second_factor", "seen")
    list_filter = ("is_active", "groups")
    search_fields = ("username",)
    ordering = ("username",)
    readonly_fields = ("username", "has_second_factor", "seen", "sessions_shown")
    fields = (
        "username", "first_name", "last_name", "email", "role", "is_active",
        "has_second_factor", "seen", "sessions_shown",
    )  # fmt: skip
    actions = None
    actions_submit_line = ("end_sessions", "drop_second_factor")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are made by invitations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if not self.has_change_permission(request, obj):
            return super().get_form(request, obj, change, **kwargs)
        own = obj is not None and obj.pk == request.user.pk
        kwargs["form"] = type("AccountForm", (AccountForm,), {"own": own})
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        with transaction.atomic():
            kept = User.objects.get(pk=obj.pk)
            before = _facts(kept)
            super().save_model(request, obj, form, change)
            role = form.cleaned_data["role"]
            if role != (roles.of(kept) or ""):
                if role:
                    roles.give(obj, roles.Role(role))
                else:
                    obj.groups.clear()
                # a superuser of an earlier version is what the role says from now on
                User.objects.filter(pk=obj.pk).update(is_superuser=False)
                obj.is_superuser = False
            if not obj.is_active:
                sessions.end(obj.pk)
            after = _facts(obj)
            if after != before or form.has_changed():
                told = {"fields": sorted(form.changed_data)}
                _record(request, "changed", obj, before, after | told)

    @action(description="End all sessions", permissions=["change"])  # type: ignore[untyped-decorator]
    def end_sessions(self, request: HttpRequest, row: User) -> None:
        if ended := sessions.end(row.pk):
            _record(request, "sessions ended", row, {"sessions": ended}, None)

    @action(description="Remove second factor", permissions=["change"])  # type: ignore[untyped-decorator]
    def drop_second_factor(self, request: HttpRequest, row: User) -> None:
        if row.pk == request.user.pk:  # who sits at a browser that was left open has no code
            messages.error(request, "Your own is removed on the page of your account, with a code.")
        elif second.drop(row.pk):
            _record(request, "second factor removed", row, {"second_factor": True}, {"second_factor": False})

    @admin.display(description="role")
    def role_shown(self, row: User) -> str:
        return "superuser" if row.is_superuser else roles.of(row) or "-"

    @admin.display(description="second factor", boolean=True)
    def has_second_factor(self, row: User) -> bool:
        return second.in_use(row.pk)

    @admin.display(description="signed in last")
    def seen(self, row: User) -> str:
        return shown_instant(row.last_login)

    @admin.display(description="sessions")
    def sessions_shown(self, row: User) -> SafeString:
        found = sessions.of(row.pk, clock.now())
        return lines(
            f"{it.browser}, {it.network or 'unknown network'}, used {shown_instant(it.seen_at)}"
            for it in found
        )


def _facts(user: User) -> dict[str, Any]:
    """What the audit log keeps: no name and no address."""
    role = "superuser" if user.is_superuser else roles.of(user) or ""
    return {"role": role, "active": user.is_active}


def _record(request: HttpRequest, what: str, row: User, before: Any, after: Any) -> None:
    subject = f"account {row.pk}"
    auditing.record(actor(request), "admin", what, subject, before=before, after=after, now=clock.now())

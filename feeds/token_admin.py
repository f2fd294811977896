"""Tokens in the admin site: made and shown once, then only revoked. Both are in the audit log, the token never is."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from unfold.decorators import action

from config import clock
from config.adminsite import ButtonsAdmin, ReadOnlyAdmin, actor, shown_instant
from feeds.api import tokens
from feeds.models import ApiToken, Source


class ApiTokenAdmin(ButtonsAdmin):
    list_display = ("name", "source", "created", "used", "condition")
    list_filter = ("source",)
    list_select_related = ("source",)
    ordering = ("source__slug", "pk")
    readonly_fields = ("created", "used", "condition")
    actions_submit_line = ("revoke_this",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super(ReadOnlyAdmin, self).has_add_permission(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("source", "name") if obj is None else ("source", "name", *self.readonly_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["source", "name", *self.readonly_fields]

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The button, where it would do something."""
        valid = ApiToken.objects.filter(pk=object_id, revoked_at=None).exists() if object_id else False
        return list(super().get_actions_submit_line(request, object_id)) if valid else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "source":
            kwargs["queryset"] = Source.objects.filter(kind="api")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {"show_save": object_id is None, **(extra_context or {})}
        response: HttpResponse = never_cache(super().changeform_view)(request, object_id, form_url, context)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, form.secret = tokens.issue(obj.source, obj.name, actor(request), "admin", clock.now())
        obj.pk, obj.secret = made.pk, form.secret  # for the answer alone; there is no such column

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """Shown in the answer itself: a message would be kept in a cookie or a session until it is read."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Token for {obj.source}",
            "token": obj,
            "list_url": reverse("admin:feeds_apitoken_changelist"),
        }
        return TemplateResponse(request, "admin_site/token_made.html", context, using="django")

    @admin.display(description="created", ordering="created_at")
    def created(self, token: ApiToken) -> str:
        return shown_instant(token.created_at)

    @admin.display(description="last used", ordering="used_at")
    def used(self, token: ApiToken) -> str:
        return shown_instant(token.used_at) if token.used_at else "never"

    @admin.display(description="condition", ordering="revoked_at")
    def condition(self, token: ApiToken) -> str:
        if token.revoked_at:
            return f"revoked {shown_instant(token.revoked_at)}"
        return "valid" if token.source.active else "valid, but its source is switched off"

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset.select_related("source"):
            self._revoke(request, token)

    actions = ("revoke",)  # type: ignore[assignment] # other read-only tables have none

    @action(description="Revoke", permissions=["change"])  # type: ignore[untyped-decorator]
    def revoke_this(self, request: HttpRequest, token: ApiToken) -> None:
        self._revoke(request, token)

    @staticmethod
    def _revoke(request: HttpRequest, token: ApiToken) -> None:
        if tokens.revoke(token, actor(request), "admin", clock.now()):
            messages.success(request, f"Revoked: {token.name}. Its next request is refused.")
        else:
            messages.info(request, f"Was revoked already: {token.name}")

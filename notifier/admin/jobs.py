"""Jobs that lie in procrastinate's tables, to look at. Loaded only where they are in use."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker
from unfold.admin import TabularInline

from config import clock
from config.adminsite import ReadOnlyAdmin

ALIVE = timedelta(seconds=30)
ProcrastinateJob._meta.verbose_name = "job"
ProcrastinateJob._meta.verbose_name_plural = "jobs"


class EventInline(TabularInline):  # type: ignore[misc] # unfold has no types
    """What became of it, step by step."""

    model = ProcrastinateEvent
    fields = readonly_fields = ("at", "type")
    ordering = ("at",)
    verbose_name = "step"
    verbose_name_plural = "steps"
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("procrastinate.view_procrastinatejob")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


import_module("procrastinate.contrib.django.admin")  # it registers a page of its own, which ours replaces
admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    """Without procrastinate's own actions: what failed is poked again by itself, and need not be by hand."""

    fields = readonly_fields = ("task_name", "subject", "shown_status", "attempts", "scheduled_at", "worker")
    list_display = ("id", "task_name", "subject", "shown_status", "attempts", "last_at")
    list_filter = ("status", "queue_name")
    ordering = ("-id",)
    inlines = (EventInline,)
    list_per_page = 50
    list_before_template = "admin_site/jobs.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        rows: QuerySet[ProcrastinateJob] = super().get_queryset(request)
        found: QuerySet[ProcrastinateJob] = rows.annotate(last_at=Max("procrastinateevent__at"))
        return found

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        since = clock.now() - ALIVE
        alive = ProcrastinateWorker.objects.filter(last_heartbeat__gte=since).count()
        response: HttpResponse = super().changelist_view(request, {"alive": alive, **(extra_context or {})})
        return response

    @admin.display(description="About")
    def subject(self, job: ProcrastinateJob) -> str:
        return ", ".join(f"{name} {json.dumps(value)}" for name, value in job.args.items()) or "–"

    @admin.display(description="State", ordering="status")
    def shown_status(self, job: ProcrastinateJob) -> str:
        return str(job.status)

    @admin.display(description="Last step", ordering="last_at")
    def last_at(self, job: Any) -> Any:
        return job.last_at

"""ENGINE=procrastinate: jobs lie in PostgreSQL, and any worker on any host does them.

    Distributed (in each scheduler) -> poke -> procrastinate's tables, NOTIFY -> carry (in each worker) -> jobs

A job is a poke by id: "look at this source", "look what mail is to be planned". What is to be done stands in our own
tables, so a poke too many does no harm, and one that is lost is made good by the next look. Therefore a poke that waits
already is not made again (`queueing_lock`), and a failed one is tried again as a new one. See docs/decisions/0081.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from django.db import transaction
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import DjangoApp, app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from config import clock, databases
from feeds import harvest, pagechecks
from feeds.harvest import claims
from feeds.notice import Quiet
from feeds.web.client import from_settings
from notifier import jobs
from notifier.fetching import PAGES_AT_ONCE

log = structlog.stdlib.get_logger(__name__)

WORKERS = ((["plan"], 2), (["ping"], 1), (["fetch", "pages"], 4))
"""Queues, and how many of their jobs one process does at once: slow websites hold up no mail."""

AGAIN_SECONDS = 10.0
POLL_SECONDS = 5.0  # behind NOTIFY
HEARTBEAT_SECONDS = 10.0
STALLED_SECONDS = 30.0
DRAIN_SECONDS = 20.0
STOP_SECONDS = 0.2  # how often it is asked whether to stop
KEPT_HOURS = 7 * 24  # of what failed; what succeeded is deleted at once


def _job(name: str) -> Callable[[Callable[..., None]], Any]:
    """A task of its own queue. It fails for all to see, and is poked anew for a while later."""

    def decorate(work: Callable[..., None]) -> Any:
        def run(**subject: int) -> None:
            try:
                work(**subject)
            except Exception:
                with contextlib.suppress(Exception):  # if the database is away, the next look pokes
                    poke(task, AGAIN_SECONDS, **subject)
                raise

        task = app.task(name=name, queue=name)(run)
        return task

    return decorate


@_job("plan")
def plan() -> None:
    jobs.plan(clock.now())


@_job("fetch")
def fetch(source: int) -> None:
    harvest.fetch_if_due(source, clock.now(), from_settings())


@_job("pages")
def pages() -> None:
    pagechecks.check_due(clock.now(), from_settings(), limit=PAGES_AT_ONCE)


@_job("ping")
def ping() -> None:
    jobs.ping_hub(clock.now())


class Distributed:
    """A scheduler's way to hand jobs over (notifier.engine.Engine)."""

    def look(self, now: datetime, quiet: Quiet) -> bool:
        waiting = jobs.publish(now, quiet)
        jobs.step("poking", poke, plan)
        return waiting

    def fetch(self, now: datetime) -> None:
        for source in jobs.step("sources' turn", claims.due_ids, now) or ():
            jobs.step("poking", poke, fetch, source=source)

    def check_pages(self) -> None:
        if jobs.step("pages' turn", pagechecks.any_due, clock.now()):
            jobs.step("poking", poke, pages)

    def ping(self, now: datetime) -> None:
        if jobs.follow_hub(now):
            jobs.step("poking", poke, ping)

    def sweep(self, now: datetime) -> None:
        jobs.sweep(now)
        jobs.step("stalled jobs", take_over, now)

    def archive(self, now: datetime) -> None:
        jobs.archive(now)
        jobs.step("old jobs", _forget)

    def stop(self) -> None:
        """What was poked is with others."""


def poke(task: Any, seconds: float = 0.0, **subject: int) -> bool:
    """Let somebody do `task`, `seconds` from now. False if such a poke is waiting already."""
    lock = ":".join([task.name, *map(str, subject.values())])
    if ProcrastinateJob.objects.filter(queueing_lock=lock, status=Status.TODO.value).exists():
        return False  # asked first, as the server writes each violation into its log
    later = {"schedule_in": {"seconds": seconds}} if seconds else {}
    try:
        with transaction.atomic():
            task.configure(queueing_lock=lock, **later).defer(**subject)
    except AlreadyEnqueued:
        return False
    return True


def take_over(now: datetime) -> int:
    """Give to others what workers hold of whom nothing was heard for half a minute. Returns how many jobs that were."""
    stalled: list[Job] = list(
        async_to_sync(app.job_manager.get_stalled_jobs)(seconds_since_heartbeat=STALLED_SECONDS)
    )
    return sum(_take_over(job, now) for job in stalled)


def _take_over(job: Job, now: datetime) -> bool:
    assert job.id is not None
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(job.id, now)
    except UniqueViolation:  # the same was poked since, and will be done
        return _drop(job.id)
    except ConnectorException:  # another scheduler was quicker, or its worker has come back
        return False
    log.warning("a job was left undone by a worker that is silent; others may take it", job=job.queueing_lock)
    return True


def _drop(number: int) -> bool:
    with contextlib.suppress(ConnectorException), transaction.atomic():
        async_to_sync(app.job_manager.finish_job_by_id_async)(number, Status.FAILED, delete_job=True)
        return True
    return False


def _forget() -> None:
    async_to_sync(app.job_manager.delete_old_jobs)(
        nb_hours=KEPT_HOURS, include_failed=True, include_aborted=True
    )


def carry(stop: threading.Event) -> None:
    """Do jobs until `stop` is set. What goes wrong with the database is logged, and it begins again."""
    while not stop.is_set():
        try:
            asyncio.run(_carry(stop))
        except Exception as error:
            log.warning("jobs cannot be taken; trying again", error=repr(error.__cause__ or error))
            stop.wait(1.0)


async def _carry(stop: threading.Event) -> None:
    """Workers on a pool of direct connections, as one of them LISTENs; they stop together."""
    size = len(WORKERS) + 1
    connector = PsycopgConnector(kwargs=databases.direct(), min_size=1, max_size=size, timeout=10.0)
    here = DjangoApp(connector=connector)
    here.tasks = app.tasks
    async with here.open_async():
        workers = [
            asyncio.create_task(
                here.run_worker_async(
                    queues=queues,
                    name="+".join(queues),
                    concurrency=at_once,
                    fetch_job_polling_interval=POLL_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    shutdown_graceful_timeout=DRAIN_SECONDS,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                )
            )
            for queues, at_once in WORKERS
        ]
        try:
            while not stop.is_set() and not any(worker.done() for worker in workers):
                await asyncio.sleep(STOP_SECONDS)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    for worker in workers:
        if not worker.cancelled() and (error := worker.exception()):
            raise error

"""What runs in each process, until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module

from notifier.supervisor import Child

_STOP = (signal.SIGTERM, signal.SIGINT)


def everything(listening: socket.socket, taking: socket.socket | None = None) -> list[Child]:
    """The processes of `herald run`; `taking` is where replies come, if anywhere. What they need is loaded here, once,
    for all of them to share.
    """
    for module in ("config.asgi", "notifier.web", "notifier.scheduler", "notifier.sender"):
        import_module(module)
    _warm_up()
    children = [Child("web", partial(web, listening)), Child("scheduler", scheduler), *sending(worker)]
    return children if taking is None else [*children, Child("replies", partial(replies, taking))]


def _warm_up() -> None:
    """What any page needs and takes a while: a quarter of a second that the first reader does not wait."""
    from babel.units import format_unit
    from django.conf import settings
    from django.template.loader import get_template
    from django.urls import reverse

    reverse("admin:index")
    get_template("feeds/feeds.html")  # with the layout of all
    format_unit(1, "duration-day", locale=settings.LANGUAGE_CODE)


def sending(target: Callable[[], None]) -> list[Child]:
    """The processes of a worker: `target` sends; where jobs are for all, another process does them beside it."""
    from django.conf import settings

    children = [Child("worker", target)]
    return [*children, Child("jobs", jobs)] if settings.ENGINE == "procrastinate" else children


def web(listening: socket.socket, beside: Callable[[], None] | None = None) -> None:
    """`beside` is called in a thread: feeds need no database, and nobody shall wait for one that is away."""
    from django.conf import settings

    from config import databases
    from config.asgi import application  # Django must be set up before it can be loaded
    from notifier.web import serve

    databases.serve_pages(settings.DATABASE_POOL)
    if beside is not None:
        threading.Thread(target=beside, name="beside", daemon=True).start()
    serve(listening, application)


def scheduler() -> None:
    from notifier.scheduler import Scheduler  # loads the models

    _until_told(Scheduler().run)


def replies(taking: socket.socket) -> None:
    from django.conf import settings

    from notifier.replies import listener  # loads the models

    listener.run(taking, settings.REPLIES_BIND)


def worker() -> None:
    _until_told(_shifts)


def _shifts(stop: threading.Event) -> None:
    """A worker; and another one in its place whenever `/setup` has kept another relay."""
    from config import kept_relay  # needs settings
    from notifier.sender import Worker  # loads the models

    while not stop.is_set():
        over, relay = threading.Event(), kept_relay.url()
        watch = threading.Thread(target=_end_for, args=(stop, over, relay), name="relay", daemon=True)
        watch.start()
        try:
            Worker(urls=relay).run(over)
        finally:
            over.set()
        watch.join()


def _end_for(stop: threading.Event, over: threading.Event, relay: str) -> None:
    """Set `over` when `stop` is set, or when `relay` is not the relay any more."""
    from config import kept_relay

    while not (over.is_set() or stop.wait(1.0) or kept_relay.url() != relay):
        pass
    over.set()


def jobs() -> None:
    from notifier.distributed import carry  # loads procrastinate

    _until_told(carry)


def watched_worker() -> None:
    """The same, with its progress on the terminal."""
    from notifier.screen import shown  # loads rich
    from notifier.sender import Worker

    worker = Worker()
    with shown(worker.pace) as screen:
        _until_told(worker.run, screen.draw)


def _until_told(work: Callable[[threading.Event], None], meanwhile: Callable[[], None] | None = None) -> None:
    """Run `work(stop)` in a thread; set `stop` on a signal. Ends with the work's own error if it has one. `meanwhile`
    is called every second, in another thread.

    The signals are blocked and waited for: a handler could run in the midst of the event's own lock. Waited for without
    a time limit: `sigtimedwait` in a process that was stopped for longer tells of a signal that never came.
    """
    stop = threading.Event()
    waiting = threading.get_ident()
    errors: list[BaseException] = []

    def body() -> None:
        try:
            work(stop)
        except BaseException as error:
            errors.append(error)
        finally:
            signal.pthread_kill(waiting, signal.SIGTERM)

    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    thread = threading.Thread(target=body, name="work")
    thread.start()
    if meanwhile is not None:
        threading.Thread(target=_every_second, args=(meanwhile, stop), name="meanwhile", daemon=True).start()
    signal.sigwaitinfo(_STOP)
    stop.set()
    thread.join()
    if errors:
        raise errors[0]


def _every_second(work: Callable[[], None], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        work()

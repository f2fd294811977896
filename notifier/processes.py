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


def everything(listening: socket.socket) -> list[Child]:
    """The processes of `herald run`. What they need is loaded here, once, for all of them to share."""
    for module in ("config.asgi", "notifier.web", "notifier.scheduler", "notifier.sender"):
        import_module(module)
    return [
        Child("web", partial(web, listening)),
        Child("scheduler", scheduler),
        Child("worker", worker),
    ]


def web(listening: socket.socket) -> None:
    from config.asgi import application  # Django must be set up before it can be loaded
    from notifier.web import serve

    serve(listening, application)


def scheduler() -> None:
    from notifier.scheduler import Scheduler  # loads the models

    _until_told(Scheduler().run)


def worker() -> None:
    from notifier.sender import Worker  # loads the models

    _until_told(Worker().run)


def _until_told(work: Callable[[threading.Event], None]) -> None:
    """Run `work(stop)` in a thread; set `stop` on a signal. Ends with the work's own error if it has one.

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
    signal.sigwaitinfo(_STOP)
    stop.set()
    thread.join()
    if errors:
        raise errors[0]

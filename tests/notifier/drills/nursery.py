"""Starts workers and schedulers in milliseconds: it has loaded Herald and forks. Run as a program that reads JSON.

{"start": "worker", …}          -> {"pid": PID}     what may follow: see `Child`
{"wait": PID, "seconds": 10.0}  -> {"code": CODE}   negative: by that signal; null: it has not ended
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up
from django.db import connections  # noqa: E402

from notifier import ledger, processes, scheduler, sender  # noqa: E402
from notifier.sending import leasehold, relay  # noqa: E402
from tests.notifier.drills import failpoints  # noqa: E402


@dataclass(frozen=True)
class Child:
    """A process and what is different in it. `port`: of PostgreSQL. `constants`: "module.NAME" -> seconds. `dkim`: the
    file of the key that signs.
    """

    start: str
    smtp: str = ""
    connections: int = 4
    port: int = 0
    point: str = ""
    fault: str = ""
    passes: int = 1
    constants: dict[str, float] | None = None
    engine: str = "in-process"
    dkim: str = ""

    def run(self) -> None:
        settings.ENGINE = self.engine
        settings.SMTP_URL, settings.SMTP_CONNECTIONS = self.smtp, self.connections
        if self.dkim:
            settings.DKIM_KEYS = [("drill", Path(self.dkim))]
        if self.port:
            connections.settings["default"] |= {"HOST": "127.0.0.1", "PORT": self.port}
        for name, seconds in (self.constants or {}).items():
            _set(name, seconds)
        if self.point:
            failpoints.arm(self.point, self.fault, self.passes)
        getattr(processes, self.start)()


def _set(name: str, seconds: float) -> None:
    room, _, constant = name.partition(".")
    module: Any = {
        "ledger": ledger, "leasehold": leasehold, "sender": sender, "scheduler": scheduler, "relay": relay,
    }[room]  # fmt: skip
    old = getattr(module, constant)
    setattr(module, constant, timedelta(seconds=seconds) if isinstance(old, timedelta) else seconds)
    if name == "scheduler.SWEEP_SECONDS":  # it stands in the signature as well
        scheduler.Scheduler = partial(scheduler.Scheduler, sweep_every=seconds)  # type: ignore[misc, assignment]


def start(child: Child) -> int:
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            child.run()
        except BaseException as error:
            sys.stderr.write(f"{child.start}: {error!r}\n")
            os._exit(1)
        os._exit(0)
    return pid


def wait(pid: int, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    return None


def say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    say({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            say({"pid": start(Child(**asked))})
        else:
            say({"code": wait(asked["wait"], asked["seconds"])})


if __name__ == "__main__":
    main()

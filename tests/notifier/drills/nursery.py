"""Starts worker processes in milliseconds: it has loaded Herald and forks. Run as a program.

start\n  -> started PID\n
wait PID\n -> ended PID CODE\n        (negative: by that signal)
"""

import os
import sys

import django

django.setup()

from django.db import connections  # noqa: E402 - Django must be set up

from notifier import processes, sender  # noqa: E402, F401 - loaded before the fork


def start() -> int:
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            processes.worker()
        except BaseException as error:
            sys.stderr.write(f"worker: {error!r}\n")
            os._exit(1)
        os._exit(0)
    return pid


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    say("ready")
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "start":
            say(f"started {start()}")
        else:
            _, status = os.waitpid(int(rest[0]), 0)
            say(f"ended {rest[0]} {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()

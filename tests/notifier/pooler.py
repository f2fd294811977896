"""pgbouncer in transaction mode before the database of this run: three connections, a different one each time."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from config import databases

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
SERVERS = 3
INI = """
[databases]
{name} = host={host} port={port} dbname={name} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
server_round_robin = 1
ignore_startup_parameters = extra_float_digits
"""


@contextmanager
def between(folder: Path) -> Iterator[None]:
    """All of Herald's connections pass it until the end of the block, but those that must not (`databases.direct`)."""
    if PROGRAM is None:
        pytest.skip("pgbouncer is not installed")
    real, before = connections.settings["default"], backends()
    ours = connections["default"]
    with _running(folder, real) as port:
        url = f"postgres://anybody@127.0.0.1:{port}/{real['NAME']}"
        pooled = real | databases.from_url(url, folder, pooled=True)
        settings.DATABASE_DIRECT = {name: real[name] for name in ("HOST", "PORT", "USER", "PASSWORD")}
        use(pooled)
        try:
            yield
        finally:
            use(real, ours)
            settings.DATABASE_DIRECT = {}
    end = time.monotonic() + 20
    while backends() > before and time.monotonic() < end:  # what it kept open goes with it
        time.sleep(0.02)


def backends() -> int:
    """How many connections the database sees, beside the one that asks."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def use(chosen: dict[str, Any], wrapper: Any = None) -> None:
    """What this and later threads connect by. `wrapper`: that of the run, which closes it and drops the database."""
    connections["default"].close()
    connections.settings["default"] = chosen
    del connections["default"]
    if wrapper is not None:
        connections["default"] = wrapper


@contextmanager
def _running(folder: Path, real: dict[str, Any]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    values = {key.lower(): value for key, value in real.items()} | {"listen": port, "servers": SERVERS}
    file = folder / "pgbouncer.ini"
    file.write_text(INI.format(**values))
    command = [PROGRAM or "", "-q", str(file)]
    if os.geteuid() == 0:  # it will not run as root
        user = next(name for name in ("postgres", "nobody") if _is_known(name))
        for one in (file, *list(file.parents)[:1]):
            shutil.chown(one, user)
        command = [*command[:1], "-u", user, *command[1:]]
    process = subprocess.Popen(command)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.02)
    raise AssertionError("pgbouncer does not listen")


def _is_known(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False

"""A real Postfix for tests, which receives on a port of the loopback, delivers into a folder, and can do nothing else.

It has no SMTP client, and every other address is an error. Needs root, as Postfix does.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DAEMONS = Path("/usr/lib/postfix/sbin")
_QUEUES = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "pid", "private",
    "public", "saved", "trace",
)  # fmt: skip
_MAIN = """
compatibility_level = 3.6
command_directory = /usr/sbin
daemon_directory = {daemons}
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.example.org
mynetworks = 127.0.0.0/8
mydestination =
default_transport = error:nothing leaves this test
relay_transport = error:nothing leaves this test
local_transport = error:nothing leaves this test
relay_domains =
alias_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def arrived(self) -> list[bytes]:
        """The messages as they lie in the mailbox."""
        return [path.read_bytes() for path in (self.folder / "mail" / "new").glob("*")]

    def count(self) -> int:
        folder = self.folder / "mail" / "new"
        return len(os.listdir(folder)) if folder.is_dir() else 0

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace") if (self.folder / "log").exists() else ""


def missing() -> str:
    """Why there can be none; empty if there can."""
    if not (DAEMONS / "master").exists():
        return "Postfix is not installed"
    return "" if os.geteuid() == 0 else "Postfix needs root"


@contextmanager
def running(domain: str) -> Iterator[Postfix]:
    """Until the end of the block; it accepts mail for `domain` only."""
    folder = Path(tempfile.mkdtemp(prefix="herald-postfix."))
    found = Postfix(_free_port(), folder)
    _lay_out(found, domain)
    master = subprocess.Popen(
        [DAEMONS / "master", "-c", folder / "etc", "-d"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(found, master)
        yield found
    finally:
        master.send_signal(signal.SIGTERM)  # it ends its children
        try:
            master.wait(20)
        except subprocess.TimeoutExpired:
            master.kill()
            master.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _lay_out(postfix: Postfix, domain: str) -> None:
    folder, owner = postfix.folder, pwd.getpwnam("postfix")
    folder.chmod(0o755)
    (folder / "etc").mkdir()
    values = {
        "folder": folder,
        "daemons": DAEMONS,
        "domain": domain,
        "uid": owner.pw_uid,
        "gid": owner.pw_gid,
    }
    (folder / "etc" / "main.cf").write_text(_MAIN.format(**values))
    (folder / "etc" / "master.cf").write_text(_MASTER.format(port=postfix.port))
    (folder / "queue").mkdir(mode=0o755)
    for name in _QUEUES:
        (folder / "queue" / name).mkdir(mode=0o700)
        if name != "pid":
            os.chown(folder / "queue" / name, owner.pw_uid, -1)
    (folder / "queue" / "pid").chmod(0o755)
    for name in ("public", "maildrop"):
        os.chown(folder / "queue" / name, owner.pw_uid, grp.getgrnam("postdrop").gr_gid)
        (folder / "queue" / name).chmod(0o710 if name == "public" else 0o730)
    for name in ("data", "mail"):
        (folder / name).mkdir(mode=0o700)
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)


def _wait(postfix: Postfix, master: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and master.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", postfix.port), 5) as line:
                if line.recv(100).startswith(b"220"):
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"Postfix did not start: {postfix.log()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])

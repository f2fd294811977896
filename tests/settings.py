"""Settings for tests: fixed keys, a home of their own, a real database file."""

import atexit
import base64
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

HOME = Path(tempfile.mkdtemp(prefix="herald-tests-"))
OWNER = os.getpid()


def _remove_home() -> None:
    if os.getpid() == OWNER:  # a forked child leaves too
        shutil.rmtree(HOME, ignore_errors=True)


atexit.register(_remove_home)
os.environ["HERALD_HOME"] = str(HOME)
os.environ["SECRET_KEY"] = "for tests only: " + "s" * 40
os.environ["ADDRESS_KEY"] = base64.b64encode(bytes(range(64))).decode()
os.environ["BASE_URL"] = "http://localhost:8000"
os.environ.pop("SMTP_URL", None)

from config.settings import *  # noqa: E402,F403
from config.settings import DATABASES, INSTALLED_APPS  # noqa: E402

# Django's own default for SQLite is a shared memory database, whose locks behave like no other.
DATABASES["default"]["TEST"] = (
    {"NAME": str(HOME / "test.sqlite3")} if "sqlite3" in str(DATABASES["default"]["ENGINE"]) else {}
)
if "sqlite3" in str(DATABASES["default"]["ENGINE"]):
    # Nobody cuts the power of a test; processes that tests start have the settings of an installation.
    options: Any = DATABASES["default"]["OPTIONS"]
    options["init_command"] += "PRAGMA synchronous=OFF;"
else:
    # Its tables are there, so that a test may choose this engine; the others have each scheduler do its own jobs.
    INSTALLED_APPS.append("procrastinate.contrib.django")
    # A test is one transaction, and may wait for its turn on a busy machine.
    DATABASES["default"]["OPTIONS"].pop("options")
DATABASES["default"]["CONN_MAX_AGE"] = 0
SECOND_FACTOR = "nobody"  # its own tests ask for one
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = (
    True  # look for a static file when it is asked for, not for all of them in every test
)
# What pages keep for some seconds must not outlive a test.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

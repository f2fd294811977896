"""Making a backup: the database at one moment, and what of HERALD_HOME cannot be made again."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from feeds.models import Release
from notifier import erasures
from notifier.backups import archive, dumping
from notifier.backups.archive import Manifest
from notifier.models import Subscriber

RECORD = "backup.json"
FOLDER = "backups"


@dataclass(frozen=True, slots=True)
class Last:
    """The newest backup that was made here: when (aware, UTC), which file, its bytes."""

    at: datetime
    file: str
    size: int


def make(folder: Path, now: datetime, progress: dumping.Progress, keep: int = 0) -> Path:
    """A new file in `folder`; then all but the newest `keep` of those there are removed, if that is not 0.

    Raises BackupFault and OSError; then nothing is left behind, and nothing was removed.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"herald-{now:%Y%m%dT%H%M%SZ}{archive.SUFFIX}"
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as drafts:
        dumped = Path(drafts) / archive.DATABASE
        dumping.dump(dumped, progress)
        files = {archive.DATABASE: dumped, **_of_home(Path(settings.HERALD_HOME), Path(drafts))}
        archive.write(target, _manifest(files, now), files)
    _note(target, now)
    if keep:
        for old in sorted(folder.glob(f"herald-*{archive.SUFFIX}"))[:-keep]:
            old.unlink()
    return target


def last() -> Last | None:
    """None: none was ever made from this home."""
    try:
        said = json.loads((Path(settings.HERALD_HOME) / RECORD).read_text(encoding="utf-8"))
        return Last(datetime.fromisoformat(said["at"]), str(said["file"]), int(said["size"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def marks() -> dict[str, str]:
    return {"ADDRESS_KEY": mark(settings.ADDRESS_KEY), "SECRET_KEY": mark(settings.SECRET_KEY.encode())}


def migrations() -> dict[str, str]:
    """The last migration of each app that was applied to the database."""
    found: dict[str, str] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found[app] = name
    return found


def _of_home(home: Path, drafts: Path) -> dict[str, Path]:
    """Copies of the files, which others may write to: after the database, so that no erasure is missed."""
    (drafts / archive.CONFIG).mkdir()
    found = [home / erasures.FILE] if (home / erasures.FILE).exists() else []
    found += sorted((home / archive.CONFIG).glob("*.toml"))
    names = [path.relative_to(home).as_posix() for path in found]
    return {name: Path(shutil.copyfile(home / name, drafts / name)) for name in names}


def _manifest(files: Mapping[str, Path], now: datetime) -> Manifest:
    return Manifest(
        herald=version("herald"), made_at=now, kind=dumping.kind(), migrations=migrations(), keys=marks(),
        releases=Release.objects.count(), subscribers=Subscriber.objects.count(),
        files={name: archive.measured(path) for name, path in files.items()},
    )  # fmt: skip


def mark(key: bytes) -> str:
    """What tells a key from others: a hash that only says whether two are the same."""
    return hashlib.blake2b(key, digest_size=8, person=b"herald key mark").hexdigest()


def _note(target: Path, now: datetime) -> None:
    home = Path(settings.HERALD_HOME)
    said = {"at": now.isoformat(), "file": target.name, "size": target.stat().st_size}
    draft = home / f"{RECORD}.new"
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(home / RECORD)

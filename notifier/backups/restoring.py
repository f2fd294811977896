"""Putting a backup back. Nothing that is there is lost, and no mail leaves until an operator says so (ADR 41)."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from notifier import channel, erasures, installation
from notifier.backups import archive, dumping, making
from notifier.backups.archive import Manifest
from notifier.backups.dumping import BackupFault

RESTORED = "this database was restored from a backup of {:%Y-%m-%d %H:%M} UTC"

_LOST = {"ADDRESS_KEY": "nobody can read the addresses", "SECRET_KEY": "links in mails that were sent fail"}


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside`: where the database that stood there is now, "" if there was none. `files`: what of HERALD_HOME came
    back."""

    manifest: Manifest
    aside: str
    files: list[str]


def refusals(manifest: Manifest) -> list[str]:
    """Why this backup cannot be put back here; empty: it can."""
    wrong = []
    if manifest.kind != dumping.kind():
        wrong.append(
            f"it is of a database on {manifest.kind}, and DATABASE_URL names one on {dumping.kind()}; restore it where "
            "it came from"
        )
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    newer = sorted(f"{app}.{name}" for app, name in manifest.migrations.items() if (app, name) not in known)
    if newer:
        wrong.append(
            f"it was made by Herald {manifest.herald}, which is newer ({newer[0]}); install that first"
        )
    wrong += [
        f"it was made under another {name}: without that, {lost}. Put the one of then into the environment or keys.env"
        for name, lost in _LOST.items()
        if manifest.keys.get(name) not in _marks(name)
    ]
    if dumping.in_use():
        wrong.append("Herald, or another program, has the present database open: end it first")
    return wrong


def restore(source: Path, now: datetime) -> Restored:
    """Raises BackupFault, with everything as it was, unless the file is whole and `refusals` has none.

    What was erased stays erased: the file of erasures keeps its lines and gains those of the backup.
    """
    home = Path(settings.HERALD_HOME)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as name:
        folder = Path(name)
        manifest = archive.unpack(source, folder)
        if wrong := refusals(manifest):
            raise BackupFault("\n".join(f"{source}: {reason}" for reason in wrong))
        if (folder / archive.ERASURES).exists():
            erasures.remember_all((folder / archive.ERASURES).read_text(encoding="utf-8").splitlines())
        aside = dumping.load(folder / archive.DATABASE, now)
        files = _put_back(folder, home, now)
    installation.prepare(now)
    channel.stop_because(RESTORED.format(manifest.made_at), now)
    return Restored(manifest, aside, files)


def _put_back(folder: Path, home: Path, now: datetime) -> list[str]:
    """The newsroom's own TOML files; one that differs is put aside."""
    done = []
    for file in sorted((folder / archive.CONFIG).glob("*.toml")):
        target = home / archive.CONFIG / file.name
        if target.exists() and target.read_bytes() == file.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.replace(target.with_name(f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}"))
        shutil.copyfile(file, target)
        done.append(f"{archive.CONFIG}{file.name}")
    return done


def _marks(name: str) -> set[str]:
    """Of the key in use, and of those before it that are still accepted."""
    earlier = settings.SECRET_KEY_FALLBACKS if name == "SECRET_KEY" else []
    return {making.marks()[name], *(making.mark(key.encode()) for key in earlier)}

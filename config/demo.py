"""The mark of a demo home: `$HERALD_HOME/demo`, JSON. Where it lies, nothing ever leaves this machine.

Settings look for it: in a demo home the database is SQLite in that home, mail goes to the demo's own catcher and
links lead to this machine, whatever the environment says.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "demo"


@dataclass(frozen=True, slots=True)
class Demo:
    """What was built there. `bare`: the sample alone; `layout` grows when an older demo cannot be used again.

    `web_port` is that of the last start, so that links which a command makes meanwhile lead to it.
    """

    bare: bool
    seed: int
    layout: int
    smtp_port: int
    complete: bool = False
    web_port: int = 8000

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.web_port}"

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self.smtp_port}"


def read(home: Path) -> Demo | None:
    """The mark in `home`, if it is a demo home. One that cannot be read counts, with mail to nowhere."""
    try:
        return Demo(**json.loads((home / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return Demo(bare=False, seed=0, layout=0, smtp_port=9)


def write(home: Path, demo: Demo) -> None:
    """Put the mark, atomically."""
    draft = home / f"{FILE}.new"
    draft.write_text(json.dumps(asdict(demo)), encoding="utf-8")
    draft.replace(home / FILE)

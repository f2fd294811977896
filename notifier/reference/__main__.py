"""Write docs/reference anew: `scripts/reference`. Says which pages have changed."""

from __future__ import annotations

from pathlib import Path

from config import environment

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


def main() -> None:
    environment.load_django()
    from notifier.cli.base import say
    from notifier.reference import pages

    made = pages.everything()
    FOLDER.mkdir(exist_ok=True)
    for stale in {path.name for path in FOLDER.glob("*.md")} - made.keys():
        (FOLDER / stale).unlink()
        say(f"{stale} is gone")
    for name, text in made.items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            say(f"{name} has changed")


if __name__ == "__main__":
    main()

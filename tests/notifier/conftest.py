from __future__ import annotations

from collections.abc import Callable

import pytest

from config import logs
from notifier.cli import main
from tests.notifier.commands import Told


@pytest.fixture
def herald(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """`herald` called in this process: `herald("digest", "due")` returns what it told."""
    monkeypatch.setattr(logs, "take_all", lambda: None)  # errors that nobody caught are pytest's to tell

    def call(*words: str) -> Told:
        with pytest.raises(SystemExit) as ended:
            main(words)
        told = capsys.readouterr()
        return Told(int(ended.value.code or 0), told.out, told.err)

    return call

"""Settings in files, as containers hand over secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import environment
from config.environment import WrongSettings

RELAY = "smtp://user:password@relay.example:587"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "smtp_url"
    path.write_text(f"{RELAY}\n")
    monkeypatch.setenv("SMTP_URL_FILE", str(path))
    return path


@pytest.mark.usefixtures("file")
def test_a_setting_may_lie_in_a_file() -> None:
    assert environment.read().smtp_url.get_secret_value() == RELAY


@pytest.mark.usefixtures("file")
def test_a_name_that_is_given_empty_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "")
    assert environment.read().smtp_url.get_secret_value() == RELAY


@pytest.mark.usefixtures("file")
def test_two_that_contradict_each_other_are_a_fault_and_not_a_riddle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://another.example")
    with pytest.raises(
        WrongSettings, match=r"^SMTP_URL: there is SMTP_URL_FILE as well; only one of them can hold$"
    ):
        environment.read()


def test_all_files_that_are_not_there_are_said_by_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.unlink()
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL_FILE", "/nowhere")
    with pytest.raises(WrongSettings) as fault:
        environment.read()
    assert sorted(str(fault.value).splitlines()) == [
        "DATABASE_URL_FILE: /nowhere: No such file or directory",
        f"SMTP_URL_FILE: {file}: No such file or directory",
    ]


@pytest.mark.holds("S10")
def test_a_file_that_is_no_text_is_said_without_what_is_in_it(file: Path) -> None:
    file.write_bytes(b"\xff\xfesecret")
    with pytest.raises(WrongSettings, match=r"^SMTP_URL_FILE: .*/smtp_url: is not text in UTF-8$"):
        environment.read()


def test_a_value_in_a_file_is_judged_like_any_other(file: Path) -> None:
    file.write_text("relay.example")
    with pytest.raises(WrongSettings, match=r"^SMTP_URL: "):
        environment.read()

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from config import demo
from notifier.cli.faults import Fault
from notifier.demo import homes


def test_a_new_home_is_marked_before_anything_else(tmp_path):
    mark = homes.prepare(tmp_path, bare=True, fresh=False)
    assert mark.bare
    assert not mark.complete
    assert demo.read(tmp_path) == mark


def test_the_home_of_a_real_installation_is_left_alone(tmp_path):
    (tmp_path / "herald.sqlite3").write_bytes(b"precious")
    with pytest.raises(Fault, match="no demo"):
        homes.prepare(tmp_path, bare=False, fresh=True)
    assert (tmp_path / "herald.sqlite3").read_bytes() == b"precious"
    assert demo.read(tmp_path) is None


def built(home, bare=False):
    mark = replace(homes.prepare(home, bare=bare, fresh=False), complete=True, smtp_port=2525)
    demo.write(home, mark)
    (home / "herald.sqlite3").write_bytes(b"demo")
    (home / "keys.env").write_bytes(b"keys")
    (home / "feeds").mkdir()
    (home / "feeds" / "all.atom").write_bytes(b"feed")
    return mark


def test_what_was_built_is_used_again(tmp_path):
    mark = built(tmp_path)
    assert homes.prepare(tmp_path, bare=False, fresh=False) == mark
    assert (tmp_path / "herald.sqlite3").exists()


@pytest.mark.parametrize(("bare", "fresh"), [(False, True), (True, False)])
def test_it_is_built_anew_when_asked_to_or_when_it_is_to_be_another(tmp_path, bare, fresh):
    built(tmp_path)
    mark = homes.prepare(tmp_path, bare=bare, fresh=fresh)
    assert not mark.complete
    assert not (tmp_path / "herald.sqlite3").exists()
    assert not (tmp_path / "feeds").exists()
    assert (tmp_path / "keys.env").exists()


def test_what_was_left_half_built_is_built_anew(tmp_path):
    demo.write(tmp_path, replace(built(tmp_path), complete=False))
    assert not homes.prepare(tmp_path, bare=False, fresh=False).complete
    assert not (tmp_path / "herald.sqlite3").exists()


def test_one_demo_at_a_time(tmp_path):
    with homes.claim(tmp_path), pytest.raises(Fault, match="already"):
        homes.claim(tmp_path)
    homes.claim(tmp_path).close()


def settings_of(home, **environ):
    names = ("SMTP_URL", "BASE_URL", "HERALD_DEMO", "DATABASES")
    program = (
        "import json; from config import settings; "
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}, default=str))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environ, "HERALD_HOME": str(home)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(result.stdout)


OUTSIDE = {
    "SMTP_URL": "smtp://user:password@relay.example.org:587",
    "DATABASE_URL": "postgres://herald@db.example.org/herald",
    "BASE_URL": "https://news.example.org",
    "HERALD_PORT": "8099",
}


def test_in_a_demo_home_nothing_leads_outside_whatever_the_environment_says(tmp_path):
    demo.write(tmp_path, demo.Demo(bare=True, seed=1, layout=1, smtp_port=2525, web_port=8731))
    found = settings_of(tmp_path, **OUTSIDE)
    assert found["SMTP_URL"] == "smtp://127.0.0.1:2525"
    assert found["BASE_URL"] == "http://localhost:8731"  # where the demo runs, whatever port this shell says
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "herald.sqlite3")
    assert "example.org" not in json.dumps(found)


def test_a_mark_that_cannot_be_read_keeps_mail_in_too(tmp_path):
    (tmp_path / "demo").write_text("{", encoding="utf-8")
    found = settings_of(tmp_path, **OUTSIDE)
    assert found["HERALD_DEMO"] is True
    assert found["SMTP_URL"].startswith("smtp://127.0.0.1:")


def test_elsewhere_the_environment_holds(tmp_path):
    assert settings_of(tmp_path, **OUTSIDE)["SMTP_URL"] == OUTSIDE["SMTP_URL"]

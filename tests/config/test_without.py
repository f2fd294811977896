"""What a library would load besides is not loaded."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from config import environment
from config.without import unopened, without
from tests.notifier.commands import ROOT


def test_what_is_not_wanted_is_not_there_and_afterwards_it_is(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with without("colorsys"), pytest.raises(ImportError):
        importlib.import_module("colorsys")
    assert "colorsys" not in sys.modules
    assert importlib.import_module("colorsys").rgb_to_hls(0, 0, 0) == (0.0, 0.0, 0.0)


def test_what_is_loaded_already_stays():
    module = importlib.import_module("colorsys")
    with without("colorsys"):
        assert importlib.import_module("colorsys") is module
    assert sys.modules["colorsys"] is module


def test_afterwards_it_is_there_whatever_went_wrong():
    with pytest.raises(RuntimeError), without("colorsys_that_is_nowhere"):
        raise RuntimeError
    assert "colorsys_that_is_nowhere" not in sys.modules


def test_a_module_of_a_package_does_without_the_package(monkeypatch):
    for name in [name for name in sys.modules if f"{name}.".startswith("wsgiref.")]:
        monkeypatch.delitem(sys.modules, name)
    with unopened("wsgiref"):
        headers = importlib.import_module("wsgiref.headers")
        assert sys.modules["wsgiref"].__doc__ is None, "its own code has not run"
    assert headers.Headers([("a", "b")])["a"] == "b"
    assert not {"wsgiref", "wsgiref.headers"} & set(sys.modules)
    assert importlib.import_module("wsgiref").__doc__


def test_a_package_that_is_loaded_already_stays():
    package = importlib.import_module("wsgiref.util")
    with unopened("wsgiref"):
        assert importlib.import_module("wsgiref.util") is package
    assert sys.modules["wsgiref.util"] is package


def test_what_stays_loads_no_parser_no_other_database_and_no_colours(tmp_path):
    """Memory of every process, and time of every start."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom config import environment\n"
        "environment.prepare_home(Path(sys.argv[1]))\nenvironment.load_django()\n"
        "from notifier import processes\nprocesses.everything(None)\n"
        "print({'psycopg', 'rich', 'feedparser', 'markdown_it', 'yaml', 'procrastinate', 'dns', 'segno', 'unittest',"
        " 'django.test'} & set(sys.modules))"
    )
    given = environment.for_stranger(herald_home=tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"

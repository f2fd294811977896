"""`herald config`: the configuration as files, compared, applied, restored."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import clock, revisions
from config.models import AuditEntry
from feeds.models import Topic
from tests.config.samples import NOW, shipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsroom(tmp_path: Path, settings) -> None:
    settings.HERALD_HOME = tmp_path
    revisions.apply(shipped(), "start", "start", now=NOW)


def test_configuration_goes_out_and_comes_back(newsroom, herald, tmp_path: Path) -> None:
    assert herald("config", "diff").code == 1  # nothing was exported yet
    assert "topics.toml" in herald("config", "export").out
    assert herald("config", "diff", "--json").json == []
    topics = tmp_path / "config" / "topics.toml"
    topics.write_text(topics.read_text().replace('"Border management"', '"Borders"'))
    told = herald("config", "diff", "--json")
    assert [(d["action"], d["subject"]) for d in told.json] == [("changed", "topic border-management")]
    assert herald("config", "apply", "--yes", "--note", "shorter").code == 0
    assert AuditEntry.objects.filter(subject="topic border-management", actor="command:config apply").exists()
    assert "nothing to change" in herald("config", "apply", "--yes").err


@pytest.mark.holds("E4")
def test_a_restored_revision_is_exported_as_it_was_byte_for_byte(newsroom, herald, tmp_path: Path) -> None:
    def exported(name: str, *words: str) -> dict[str, bytes]:
        assert herald("config", "export", str(tmp_path / name), *words).code == 0
        return {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    first = exported("first")
    rename("Border management", "Borders")
    assert exported("second") != first
    told = herald("config", "restore", "1", "--yes")
    assert "restored as revision 3" in told.err
    assert "Borders" in told.out
    assert exported("third") == first
    assert exported("fourth", "--revision", "1") == first
    assert "already" in herald("config", "restore", "1", "--yes").err


def test_files_that_would_undo_what_changed_since_their_export_are_refused(
    newsroom, herald, tmp_path: Path
) -> None:
    herald("config", "export")
    rename("Education", "Schools")
    topics = tmp_path / "config" / "topics.toml"
    topics.write_text("# ours\n" + topics.read_text().replace('"Border management"', '"Borders"'))
    told = herald("config", "apply", "--yes")
    assert told.code == 1
    assert 'topic education changed: name: "Education" -> "Schools"' in told.err
    assert "herald config export" in told.err
    topics.write_text(topics.read_text().replace('"Education"', '"Schools"'))  # as a merge in git would
    assert "applied as revision 3" in herald("config", "apply", "--yes").err
    topics.write_text(topics.read_text().replace('"Borders"', '"Frontiers"'))  # the base went along
    assert "applied as revision 4" in herald("config", "apply", "--yes").err
    assert topics.read_text().startswith("# ours")
    rename("Schools", "Education")
    assert herald("config", "apply", "--yes", "--overwrite").code == 0
    assert Topic.objects.filter(name="Schools").exists()
    (tmp_path / "config" / "base.txt").write_text("sha256:" + "0" * 64)
    assert "is no revision here" in herald("config", "apply", "--yes").err


def rename(old: str, new: str) -> None:
    with revisions.recording("account:7", "admin", now=clock.now()):
        topic = Topic.objects.get(name=old)
        topic.name = new
        topic.save()


def test_faults_in_a_configuration_name_file_and_line_and_change_nothing(
    newsroom, herald, tmp_path: Path
) -> None:
    herald("config", "export")
    topics = tmp_path / "config" / "topics.toml"
    topics.write_text(topics.read_text() + "\n[[topic]]\nslug = 'Not A Slug'\n")
    told = herald("config", "apply", "--yes")
    assert told.code == 1
    assert "topics.toml:" in told.err

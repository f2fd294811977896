"""What ships for operators: rules that name what there is, alerts with a page in the runbook, units that are whole."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from config import health, metrics

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "config" / "deploy"
RULES = DEPLOY / "prometheus" / "herald.rules.yml"
PROMTOOL = shutil.which("promtool")


def rules() -> list[dict[str, object]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


@pytest.mark.django_db
def test_rules_name_only_metrics_that_there_are() -> None:
    there = {
        sample
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in (family.name, f"{family.name}_total")
    }
    recorded = {str(rule["record"]) for rule in rules() if "record" in rule}
    named = {
        name
        for rule in rules()
        for name in re.findall(r"herald[:_][\w:]+", str(rule["expr"]))
        if name != "herald"
    }
    assert named - there - recorded == set()


def test_each_alert_has_its_page_in_the_runbook_and_each_page_its_alert() -> None:
    alerts = {str(rule["alert"]) for rule in rules() if "alert" in rule}
    pages = set(re.findall(r"^## (Herald\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.M))
    assert alerts == pages
    for rule in rules():
        if "alert" in rule:
            assert rule["annotations"]["runbook"] == f"docs/runbook.md#{str(rule['alert']).lower()}"  # type: ignore[index]


def test_each_check_of_readyz_is_in_the_runbook() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    table = ", ".join(re.findall(r"^\| ([a-z, ]+) \|", text, re.M))
    assert {"database", "migrations", *health._checks} <= {word.strip() for word in table.split(",")}


@pytest.mark.django_db
def test_each_check_of_readyz_is_a_metric() -> None:
    text = metrics.render().decode()
    assert 'herald_problem{about="scheduler"} 1.0' in text, "none has run here"
    assert 'herald_problem{about="database"} 0.0' in text


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool")
def test_each_alert_fires_when_it_should_and_not_otherwise() -> None:
    done = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(Path(__file__).with_name("herald.rules.test.yml"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").iterdir()), ids=lambda path: path.name)
def test_units_are_whole_and_run_commands_that_there_are(unit: Path) -> None:
    text = unit.read_text()
    for command in re.findall(r"^ExecStart=\S+/herald (\S+)", text, re.M):
        assert command in {"run", "backup", "%i"}
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
        )
        said = [line for line in done.stderr.splitlines() if "is not executable" not in line]
        assert said == []

"""docs/reference/metrics.md, from the registry behind `/metrics` and the rules for Prometheus that ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

import config
from config import metrics
from notifier.reference.words import code, plain, table

RULES = Path(config.__file__).with_name("deploy") / "prometheus" / "herald.rules.yml"
_INTRODUCTION = """\
`/metrics` answers in Prometheus' text format, without addresses and tokens. Counters end in `_total` there, and count
from the start of the web process that answers; gauges are read from the database, and tell of the whole installation
unless they say otherwise."""
_RULES = """\
`config/deploy/prometheus/herald.rules.yml` records the sums below, and raises the alerts, each with its page in the
[runbook](../runbook.md)."""


def body() -> str:
    families = sorted(metrics.described(), key=lambda family: family.name)
    rows = [(_name(one), one.kind, ", ".join(map(code, one.labels)), plain(one.text)) for one in families]
    return "\n\n".join(
        (
            _INTRODUCTION,
            table(("name", "type", "labels", "what it is"), rows),
            "## Rules and alerts",
            _RULES,
            table(("recorded", "from"), [(code(r["record"]), _on_one_line(r["expr"])) for r in _rules("record")]),
            table(("alert", "what it says", "when", "for"), [_alert(rule) for rule in _rules("alert")]),
        )
    )  # fmt: skip


def _name(family: metrics.Described) -> str:
    return code(family.name + ("_total" if family.kind == "counter" else ""))


def _rules(kind: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


def _alert(rule: dict[str, Any]) -> tuple[str, str, str, str]:
    name = rule["alert"]
    summary = plain(rule["annotations"]["summary"])
    return (
        f"[{name}](../runbook.md#{name.lower()})",
        summary,
        _on_one_line(rule["expr"]),
        str(rule.get("for", "")),
    )


def _on_one_line(expression: str) -> str:
    return code(" ".join(str(expression).split()))

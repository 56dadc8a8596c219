"""Alerts and panels name metrics that exist, each alert has a test, and the contract promises what is scraped."""

import json
import pathlib
import re

from names import EVERY

ROOT = pathlib.Path(__file__).parent.parent.parent
METRIC = re.compile(r"\b(?:callboard|process)_[a-z_]+\b")


def metrics_in(text):
    """Names of metrics in expressions; a histogram's three series have its name."""
    named = {re.sub(r"_(bucket|sum|count)$", "", name) for name in METRIC.findall(text)}
    return {name if name in EVERY else f"{name}?" for name in named}


alerts = (ROOT / "deploy/prometheus/alerts.yml").read_text()
expressions = "\n".join(line for line in alerts.splitlines() if "summary" not in line and "description" not in line)
board = json.loads((ROOT / "deploy/grafana/callboard.json").read_text())
asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
unknown = {name for name in metrics_in(expressions) | metrics_in("\n".join(asked)) if name.endswith("?")}
assert not unknown, f"no such metrics: {unknown}"

names = re.findall(r"- alert: (\w+)", alerts)
tested = re.findall(r"^  - name: (\w+)", (ROOT / "tests/metrics/alerts.yml").read_text(), re.MULTILINE)
assert sorted(names) == sorted(tested), f"alerts without a test, or tests without an alert: {set(names) ^ set(tested)}"

contract = (ROOT / "docs/contract.md").read_text()
missing = {name for name in EVERY if name.startswith("callboard_") and f"`{name}" not in contract}
assert not missing, f"not in docs/contract.md: {missing}"
print(f"{len(names)} alerts, {len(asked)} expressions of the dashboard, {len(EVERY)} metrics")

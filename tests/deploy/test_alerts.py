"""The alerts of `examples/deploy` are rules that Prometheus reads, and each fires in its case and in no quiet one."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.long
ALERTS = Path(__file__).parents[2] / "examples" / "deploy" / "alerts.yaml"
CASES = Path(__file__).parent / "alerts.test.yaml"


def promtool(*arguments: str | Path) -> None:
    """Run Prometheus' own tool; an error of the test where it finds a fault."""
    tool = shutil.which("promtool")
    assert tool, "promtool is missing: install Debian's package prometheus"
    done = subprocess.run([tool, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_reads_the_rules() -> None:
    promtool("check", "rules", ALERTS)


def test_each_alert_fires_in_its_case_and_in_no_quiet_one() -> None:
    promtool("test", "rules", CASES)


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    alerts = {rule["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]}
    asked = [each for case in yaml.safe_load(CASES.read_text())["tests"] for each in case["alert_rule_test"]]
    assert {each["alertname"] for each in asked if each.get("exp_alerts")} == alerts
    assert {each["alertname"] for each in asked if not each.get("exp_alerts")} == alerts

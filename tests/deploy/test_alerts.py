"""The files for Prometheus, as its own promtool reads them; the alerts, as it plays them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.test_dashboard import ALERTS, WATCH

CASES = Path(__file__).with_name("alerts.test.yaml")


def _promtool(*words: str | Path) -> None:
    """Fails with what it said."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not on the PATH; Debian has it in the package prometheus")
    ran = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert 0 == ran.returncode, ran.stdout + ran.stderr


def test_rules() -> None:
    """They are as Prometheus wants them."""
    _promtool("check", "rules", WATCH / "alerts.yaml")


def test_alerts_fire() -> None:
    """Each when it shall and not when it shall not, with its sentence."""
    _promtool("test", "rules", CASES)


def test_config(tmp_path: Path) -> None:
    """The settings of the scrapes are, too, with the rules where compose.yaml puts them."""
    config = yaml.safe_load((WATCH / "prometheus.yaml").read_text("utf-8"))
    config["rule_files"] = [str(WATCH / Path(path).name) for path in config["rule_files"]]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    _promtool("check", "config", tmp_path / "prometheus.yml")


def test_every_alert_has_cases() -> None:
    """At least one in which it fires, and one in which it does not."""
    tests = yaml.safe_load(CASES.read_text("utf-8"))["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    names = {rule["alert"] for rule in ALERTS}
    assert names == {case["alertname"] for case in cases if "exp_alerts" in case}
    assert names == {case["alertname"] for case in cases if "exp_alerts" not in case}

"""The numbers of accounting for Prometheus, and the alerts on them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest

from gaia_vre import service
from gaia_vre.service.metrics import Metrics
from tests.service.conftest import World, with_quotas
from tests.service.test_ladder import HOUR, pass_after
from tests.service.test_meter import Machine

RULES = Path(service.__file__).with_name("alerts.yaml")
PROMTOOL = shutil.which("promtool")
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
CASES = {
    "GaiaLedgerDrifts": ("gaia_ledger_differ_count", "1x20"),
    "GaiaMeterLate": ("gaia_meter_settle_seconds", "0x20"),
    "GaiaBudgetNearItsEnd": ('gaia_budget_use_ratio{account="project:heat", limit="credits"}', "0.96x20"),
    "GaiaBudgetUsedUp": ('gaia_budget_use_ratio{account="project:heat", limit="credits"}', "1.2x20"),
    "GaiaEmergencyLeases": ('gaia_leases_replay_total{kind="server"}', "0x5 3x15"),
    "GaiaChargedTimeDiffers": ("gaia_ledger_reconcile_ratio", "0.9x20"),
}


def numbers(world: World) -> dict[str, float]:
    lines = generate_latest(world.parts.metrics.registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_every_alert_looks_at_numbers_that_there_are() -> None:
    names = {sample.name for metric in Metrics().registry.collect() for sample in metric.samples}
    names |= {metric.name + ("_total" if metric.type == "counter" else "") for metric in Metrics().registry.collect()}
    for alert in ALERTS:
        used = set(re.findall(r"gaia_\w+", alert["expr"]))
        assert used, alert
        assert used <= names, alert
        assert alert["labels"]["severity"] in {"warning", "critical"}
        assert alert["annotations"].keys() == {"summary", "description"}


@pytest.mark.skipif(PROMTOOL is None, reason="PROMTOOL IS NOT INSTALLED: no alert is tried")
@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: one["alert"])
def test_an_alert_fires(alert: dict[str, str], tmp_path: Path) -> None:
    series, values = CASES[alert["alert"]]
    fires = f'count(ALERTS{{alertname="{alert["alert"]}", alertstate="firing"}})'
    tried = {"expr": fires, "eval_time": "18m", "exp_samples": [{"labels": "{}", "value": 1}]}
    case = {"interval": "1m", "input_series": [{"series": series, "values": values}], "promql_expr_test": [tried]}
    (tmp_path / "case.yaml").write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": [case]}))
    call = [str(PROMTOOL), "test", "rules", str(tmp_path / "case.yaml")]
    found = subprocess.run(call, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_budgets_are_measured_without_names_of_people(world: World) -> None:
    machine = Machine(with_quotas(world, defaults={"person": {"core_hours": 4}, "community": {"core_hours": 8}}))
    machine.start()
    pass_after(machine, HOUR)
    found = numbers(machine.world)
    assert found['gaia_budget_use_ratio{account="community:local",limit="core_hours"}'] == 0.5
    assert found['gaia_budgets_reach_count{kind="person",percent="100"}'] == 1
    assert not [name for name in found if "ada" in name]


def test_the_meter_tells_when_it_charged_last(world: World) -> None:
    machine = Machine(world)
    machine.later(20)
    assert numbers(world)["gaia_meter_settle_seconds"] == world.time[0].timestamp()


def test_emergency_leases_are_counted_when_they_are_told(world: World) -> None:
    body = {"id": "s-1", "kind": "server", "username": "ada", "thing": "", "cores": 1, "memory_gib": 1}
    hub = world.program("service-token")
    assert hub.post("/services/gaia/api/quotas/leases", json=body).status_code == 201
    late = body | {"id": "s-2", "forced": True, "seconds_ago": 60}
    assert hub.post("/services/gaia/api/quotas/leases", json=late).status_code == 201
    assert numbers(world)['gaia_leases_replay_total{kind="server"}'] == 1


def test_the_weekly_comparison_is_a_number(world: World) -> None:
    Machine(world).later(20)
    assert numbers(world)["gaia_ledger_reconcile_ratio"] == 1

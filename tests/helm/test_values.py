"""What can be said of the chart without Helm."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gaia_vre.core.chart import chart_schema
from gaia_vre.core.settings import Settings, parse_settings
from gaia_vre.service.metrics import Metrics
from tests.helm.chart import CHART, EXAMPLES, ROOT

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
ABOUT = yaml.safe_load((CHART / "Chart.yaml").read_text())
EACH_EXAMPLE = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)


def merged(*layers: dict[str, Any]) -> dict[str, Any]:
    """Return values as Helm lays them over each other."""
    whole: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = merged(whole[key], value) if both else value
    return whole


def test_the_schema_is_that_of_the_model() -> None:
    kept = json.loads((CHART / "values.schema.json").read_text())
    assert kept == chart_schema(), "run: python -m gaia_vre.core.chart > helm/gaia-vre/values.schema.json"


@EACH_EXAMPLE
def test_an_example_fits_the_schema_and_the_model(example: Path) -> None:
    values = merged(VALUES, yaml.safe_load(example.read_text()))
    jsonschema.validate(values, chart_schema())
    parse_settings(values["jupyterhub"]["custom"]["gaia"], example.name)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"servce": {}}, "servce", id="a key of ours that is none"),
        pytest.param({"users": {"homesClaim": {"sise": "1Gi"}}}, "sise", id="a key deep inside"),
        pytest.param({"jupyterhub": {"custom": {"gaia": {"labs": {"sizs": []}}}}}, "sizs", id="a setting that is none"),
        pytest.param({"service": {"storage": {"size": "-5Gi"}}}, "-5Gi", id="a negative size"),
        pytest.param({"networkPolicy": {"allow": [{"cidr": "10.1.2.3"}]}}, "10.1.2.3", id="an address without a mask"),
    ],
)
def test_what_the_schema_does_not_know_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match=re.escape(told)):
        jsonschema.validate(merged(VALUES, change), chart_schema())


def test_the_values_can_be_read() -> None:
    lines = (CHART / "values.yaml").read_text().splitlines()
    assert len(lines) <= 250
    assert max(map(len, lines)) <= 120
    assert not re.search(r"^\s*(import|from|def|class) ", "\n".join(lines), re.MULTILINE), "Python in YAML"


def test_versions_are_in_step() -> None:
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())["project"]["version"]
    tags = set(re.findall(r"^\s+tag: (\S+)$", (CHART / "values.yaml").read_text(), re.MULTILINE))
    assert {ABOUT["version"], ABOUT["appVersion"], *tags} == {project}


def test_the_lock_is_of_these_charts() -> None:
    lock = yaml.safe_load((CHART / "Chart.lock").read_text())
    keys = ("name", "version", "repository", "condition")
    wanted, locked = (
        [{key: each[key] for key in keys if key in each} for each in every]
        for every in (ABOUT["dependencies"], lock["dependencies"])
    )
    digest = hashlib.sha256(json.dumps([wanted, locked], separators=(",", ":")).encode()).hexdigest()
    assert lock["digest"] == f"sha256:{digest}"


def test_the_sizes_are_those_of_one_machine() -> None:
    given = parse_settings(VALUES["jupyterhub"]["custom"]["gaia"])
    assert given.labs == Settings().labs


def test_the_programs_of_the_chart_compile() -> None:
    for program in (CHART / "files").glob("*.py"):
        compile(program.read_text(), program.name, "exec")


def test_alerts_and_dashboard_name_numbers_that_exist() -> None:
    known = {f"{family.name}{suffix}" for family in Metrics().registry.collect() for suffix in _suffixes(family.type)}
    texts = [(CHART / "files" / name).read_text() for name in ("rules.yaml", "gaia-vre-dashboard.json")]
    assert set(re.findall(r"\bgaia_[a-z_]+\b", "\n".join(texts))) - {"gaia_vre"} <= known


def _suffixes(kind: str) -> tuple[str, ...]:
    return {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(kind, ("",))

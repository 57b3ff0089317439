"""Validators that others wrote, against a running service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.stac.conftest import SCENES

EUROPE = {"type": "Polygon", "coordinates": [[[-10, 0], [30, 0], [30, 40], [-10, 40], [-10, 0]]]}
CLASSES = ("core", "collections", "features", "item-search", "filter", "children", "item-search#fields")
"""Not item-search#sort: its questions give `collections` as a text, which the API refuses."""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], check=False, capture_output=True, text=True, timeout=300)


def test_stac_api_validator_finds_no_error(live: str) -> None:
    classes = [one for name in CLASSES for one in ("--conformance", name)]
    about = ["--collection", SCENES, "--geometry", json.dumps(EUROPE)]
    about += ["--fields-nested-property", "properties.eo:cloud_cover"]
    answer = run("-m", "tests.support.offline_validator", "--root-url", f"{live}/", *about, *classes)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.filterwarnings("ignore:BBOX crossing the Antimeridian line:UserWarning")  # asked for by schemathesis
def test_schemathesis_finds_no_answer_that_the_description_does_not_name(live: str) -> None:
    bounds = ["--generation-deterministic", "--max-examples", "10", "--continue-on-failure"]
    bounds += ["--phases", "examples,coverage,fuzzing"]
    program = str(Path(sys.executable).with_name("st"))
    answer = run(program, "run", f"{live}/api", "--url", live, "--checks", CHECKS, *bounds)
    assert answer.returncode == 0, answer.stdout[-20_000:]

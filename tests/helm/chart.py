"""Render the chart: with stand-ins for the official charts, or with those that lie in its charts folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2] / "helm"
CHART = ROOT / "gaia-vre"
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
SITES = [path for path in EXAMPLES if path.stem in ("minimal", "production", "teaching", "hpc-site", "sandbox-gvisor")]
NO_HELM = "HELM IS NOT INSTALLED, so no template is rendered: put it on the PATH, or its path into GAIA_VRE_HELM"
NO_SUBCHARTS = "helm/gaia-vre/charts IS EMPTY, so nothing is tried with the official charts: helm/README.md fills it"

_STAND_INS: dict[str, dict[str, Any]] = {
    # What our templates read of the official charts' defaults.
    "jupyterhub": {
        "hub": {},
        "proxy": {"service": {}, "https": {"enabled": False}},
        "ingress": {"enabled": False, "tls": []},
        "httpRoute": {"enabled": False},
        "global": {"safeToShowValues": False},
    },
    "dask-gateway": {},
}


@dataclass(frozen=True)
class Refused(Exception):
    """Helm does not render these values."""

    message: str


@dataclass(frozen=True)
class Helm:
    """One helm, and the chart that it renders."""

    program: str
    chart: Path

    def render(self, *files: Path, release: str = "gaia", **values: Any) -> list[dict[str, Any]]:
        """Return the objects that these values make.

        Parameters
        ----------
        release
            Its name, and that of its namespace.
        values
            Keys with `__` in the place of dots.

        Raises
        ------
        Refused
            Helm says why.
        """
        arguments = [argument for file in files for argument in ("--values", str(file))]
        for key, value in values.items():
            arguments += ["--set-json", f"{key.replace('__', '.')}={json.dumps(value)}"]
        rendered = self.run("template", release, str(self.chart), "--namespace", release, *arguments)
        return parsed(rendered)

    @cache  # noqa: B019 - the session has two of these
    def run(self, *arguments: str) -> str:
        """Return what helm prints; the same question is asked once."""
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(done.stderr + done.stdout)
        return done.stdout


@cache
def parsed(rendered: str) -> list[dict[str, Any]]:
    """Return the objects of a rendered chart."""
    return [each for each in yaml.load_all(rendered, Loader=yaml.CSafeLoader) if each]


def helm_program() -> str:
    """Return the path of helm, or skip the test loudly."""
    program = os.environ.get("GAIA_VRE_HELM") or shutil.which("helm")
    if not program:
        pytest.skip(NO_HELM)
    return program


def with_stand_ins(folder: Path) -> Path:
    """Copy our chart beside stand-ins for the official ones, which have names and versions and no templates."""
    chart = folder / "gaia-vre"
    shutil.copytree(CHART, chart, ignore=shutil.ignore_patterns("charts"))
    for wanted in yaml.safe_load((CHART / "Chart.yaml").read_text())["dependencies"]:
        stand_in = chart / "charts" / wanted["name"]
        stand_in.mkdir(parents=True)
        about = {"apiVersion": "v2", "name": wanted["name"], "version": wanted["version"]}
        (stand_in / "Chart.yaml").write_text(yaml.safe_dump(about))
        (stand_in / "values.yaml").write_text(yaml.safe_dump(_STAND_INS[wanted["name"]]))
    return chart


def named(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """Return one object."""
    (found,) = (each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name)
    return found


def of_kind(objects: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """Return the objects of these kinds."""
    return [each for each in objects if each["kind"] in kinds]


def pods_of(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the pods that these objects make, with a name for each."""
    for each in objects:
        name = f"{each['kind']} {each['metadata']['name']}"
        if each["kind"] == "Pod":
            yield name, each
        elif each["kind"] == "CronJob":
            yield name, each["spec"]["jobTemplate"]["spec"]["template"]
        elif "template" in each.get("spec", {}):
            yield name, each["spec"]["template"]

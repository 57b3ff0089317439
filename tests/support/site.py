"""A site on a real cluster, installed by the chart and reached by port-forward: kubectl and helm are all it needs."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.environment import free_port, until

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "gaia-vre"
VALUES = ROOT / "tests" / "cluster" / "values.yaml"


def refuse_without_cluster() -> None:
    """Skip, saying what is missing and how to give it."""
    # Both: whoever works with a cluster has KUBECONFIG set, and wants nothing installed on it by chance.
    if not (os.environ.get("KUBECONFIG") and os.environ.get("GAIA_CLUSTER_VALUES")):
        pytest.skip("NO CLUSTER: set KUBECONFIG, and GAIA_CLUSTER_VALUES to a file that names your images")
    for program in ("kubectl", "helm"):
        if not shutil.which(program):
            pytest.skip(f"NO {program.upper()}: the site cannot be installed on the cluster")
    if not list((CHART / "charts").glob("*.tgz")):
        pytest.skip("NO OFFICIAL CHARTS: run `helm dependency build helm/gaia-vre`")


@dataclass(frozen=True)
class Site:
    """One release in one namespace, with its labs in another."""

    namespace: str
    url: str

    @property
    def users(self) -> str:
        return f"{self.namespace}-users"

    def kubectl(self, *arguments: str, namespace: str = "") -> str:
        command = ["kubectl", "--namespace", namespace or self.namespace, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def get(self, kind: str, *arguments: str, namespace: str = "") -> Any:
        return json.loads(self.kubectl("get", kind, *arguments, "--output", "json", namespace=namespace))

    def password(self) -> str:
        secret = self.get("secret", "gaia-vre")["data"]["user-password"]
        return base64.b64decode(secret).decode()

    def pod(self, username: str) -> Any:
        """Return the pod of someone's lab."""
        selector = f"component=singleuser-server,hub.jupyter.org/username={username}"
        [found] = self.get("pods", "--selector", selector, namespace=self.users)["items"]
        return found

    def lab_pods(self) -> list[str]:
        """Return names and identities of all labs' pods."""
        found = self.get("pods", "--selector", "component=singleuser-server", namespace=self.users)["items"]
        return sorted(f"{pod['metadata']['name']} {pod['metadata']['uid']}" for pod in found)


def install(namespace: str) -> None:
    """Install the release and wait until all of it is ready, three minutes at most."""
    files = [VALUES, *os.environ["GAIA_CLUSTER_VALUES"].split(os.pathsep)]
    options = [part for file in files for part in ("--values", str(file))]
    command = ["helm", "upgrade", "--install", namespace, str(CHART), "--namespace", namespace, "--create-namespace"]
    done = subprocess.run(
        [*command, *options, "--wait", "--timeout", "3m"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def forwarded(namespace: str) -> Iterator[str]:
    """Forward a loopback port to the site's proxy and return its address."""
    port = free_port()
    command = ["kubectl", "--namespace", namespace, "port-forward", "service/proxy-public", f"{port}:80"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{url}/hub/login"), 60, "the login page comes")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=10).status_code == 200
    except httpx2.HTTPError:
        return False

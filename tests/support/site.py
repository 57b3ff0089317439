"""A site on a real cluster, installed by the chart and reached by port-forward: kubectl and helm are all it needs."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from tests.support.environment import free_port, until

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "gaia-vre"
VALUES = ROOT / "tests" / "cluster" / "values.yaml"


def refuse_without_cluster() -> None:
    """Skip, saying what is missing and how to give it."""
    # Both: whoever works with a cluster has KUBECONFIG set, and wants nothing installed on it by chance.
    if not has_cluster():
        pytest.skip("NO CLUSTER: set KUBECONFIG, and GAIA_CLUSTER_VALUES to a file that names your images")
    for program in ("kubectl", "helm"):
        if not shutil.which(program):
            pytest.skip(f"NO {program.upper()}: the site cannot be installed on the cluster")
    if not list((CHART / "charts").glob("*.tgz")):
        pytest.skip("NO OFFICIAL CHARTS: run `helm dependency build helm/gaia-vre`")


class _Part(NamedTuple):
    """A part of the platform as the cluster knows it."""

    deployment: str
    selector: str


_PARTS = {
    "hub": _Part("hub", "app=jupyterhub,component=hub"),
    "proxy": _Part("proxy", "app=jupyterhub,component=proxy"),
    "service": _Part("gaia-service", "app.kubernetes.io/component=service"),
    "gateway": _Part("api-dask-gateway", "app.kubernetes.io/component=gateway"),
}


@dataclass(frozen=True)
class Site:
    """One release in one namespace, with its labs in another.

    It stands in for an environment of one machine: what both have is the same, and a test that asks for more skips.
    """

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

    def password(self, *, admin: bool = False) -> str:
        secret = self.get("secret", "gaia-vre")["data"]
        return base64.b64decode(secret["administrator-password" if admin else "user-password"]).decode()

    def kill(self, name: str) -> int:
        """Kill one of the platform's pods at once."""
        self.kubectl("delete", "pod", "--grace-period=0", "--force", "--selector", _PARTS[name].selector)
        return 0

    def recovered(self, name: str, old: int, seconds: float = 180) -> None:
        """Wait until what was killed runs anew and answers."""
        self.kubectl("rollout", "status", f"deployment/{_PARTS[name].deployment}", f"--timeout={seconds:.0f}s")
        until(lambda: answers(f"{self.url}/hub/login"), seconds, f"{name} is back")

    def __getattr__(self, name: str) -> Any:
        # What is asked of an environment beyond that is about one machine.
        if name.startswith("_"):
            raise AttributeError(name)
        pytest.skip(f"ONE MACHINE: this looks at the environment's {name}, which a cluster has not")

    def pod(self, username: str) -> Any:
        """Return the pod of someone's lab."""
        selector = f"component=singleuser-server,hub.jupyter.org/username={username}"
        [found] = self.get("pods", "--selector", selector, namespace=self.users)["items"]
        return found

    def lab_pods(self) -> list[str]:
        """Return names and identities of all labs' pods."""
        found = self.get("pods", "--selector", "component=singleuser-server", namespace=self.users)["items"]
        return sorted(f"{pod['metadata']['name']} {pod['metadata']['uid']}" for pod in found)


def has_cluster() -> bool:
    """Say whether a cluster is given to the tests."""
    return bool(os.environ.get("KUBECONFIG") and os.environ.get("GAIA_CLUSTER_VALUES"))


@contextlib.contextmanager
def a_site() -> Iterator[Site]:
    """Install a site and take it away again, unless GAIA_CLUSTER_NAMESPACE names yours."""
    refuse_without_cluster()
    given = os.environ.get("GAIA_CLUSTER_NAMESPACE")
    namespace = given or f"gaia-{uuid.uuid4().hex[:6]}"
    try:
        install(namespace)
        with forwarded(namespace) as url:
            yield Site(namespace, url)
    finally:
        if not given:
            # An uninstallation keeps what people own, and here nobody owns anything.
            subprocess.run(["helm", "uninstall", namespace, "--namespace", namespace], check=False)
            subprocess.run(["kubectl", "delete", "namespace", namespace, f"{namespace}-users"], check=False)


def install(namespace: str) -> None:
    """Install the release and wait until all of it is ready, three minutes at most."""
    files = [VALUES, *os.environ["GAIA_CLUSTER_VALUES"].split(os.pathsep)]
    options = [part for file in files for part in ("--values", str(file))]
    helm("upgrade", "--install", namespace, str(CHART), "--create-namespace", *options, namespace=namespace)


@contextlib.contextmanager
def upgraded(site: Site, setting: str) -> Iterator[None]:
    """Upgrade the release to another setting, and roll it back after."""
    helm("upgrade", site.namespace, str(CHART), "--reuse-values", "--set", setting, namespace=site.namespace)
    try:
        yield
    finally:
        helm("rollback", site.namespace, namespace=site.namespace)


def helm(*arguments: str, namespace: str) -> None:
    """Do something with a release, and wait until all of it is ready."""
    command = ["helm", *arguments, "--namespace", namespace, "--wait", "--timeout", "3m"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def forwarded(namespace: str) -> Iterator[str]:
    """Forward a loopback port to the site's proxy and return its address."""
    port = free_port()
    command = f"kubectl --namespace {namespace} port-forward service/proxy-public {port}:80"
    # Again and again: it ends with the proxy's pod.
    process = subprocess.Popen(
        ["sh", "-c", f"while :; do {command}; sleep 0.2; done"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{url}/hub/login"), 60, "the login page comes")
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=10).status_code == 200
    except httpx2.HTTPError:
        return False

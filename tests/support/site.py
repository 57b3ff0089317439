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
    if not has_cluster():
        pytest.skip("NO CLUSTER: set KUBECONFIG, and GAIA_CLUSTER_VALUES to a file that names your images")
    for program in ("kubectl", "helm"):
        if not shutil.which(program):
            pytest.skip(f"NO {program.upper()}: the site cannot be installed on the cluster")
    if not list((CHART / "charts").glob("*.tgz")):
        pytest.skip("NO OFFICIAL CHARTS: run `helm dependency build helm/gaia-vre`")


_PARTS = {
    "hub": "app=jupyterhub,component=hub",
    "proxy": "app=jupyterhub,component=proxy",
    "service": "app.kubernetes.io/component=service",
    "gateway": "app.kubernetes.io/component=gateway",
}
"""Selectors of the pods of each part of the platform."""


class Reached:
    """A site that runs somewhere, of which only the address and its passwords are known.

    It stands in for an environment of one machine: what both have is the same, and a test that asks for more skips.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def password(self, *, admin: bool = False) -> str:
        return os.environ["GAIA_VRE_SITE_ADMINISTRATOR_PASSWORD" if admin else "GAIA_VRE_SITE_PASSWORD"]

    def __getattr__(self, name: str) -> Any:
        # What is asked of an environment beyond that is about one machine.
        if name.startswith("_"):
            raise AttributeError(name)
        pytest.skip(f"ONE MACHINE: this looks at the environment's {name}, which {type(self).__name__} has not")


class Site(Reached):
    """One release in one namespace, with its labs in another."""

    catalog = "/data/catalog"
    """Where labs find the prepared datasets."""

    def __init__(self, namespace: str, url: str) -> None:
        super().__init__(url)
        self.namespace = namespace
        self._killed: dict[str, set[str]] = {}

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
        if name not in _PARTS:
            pytest.skip(f"ONE MACHINE: a cluster has no {name}")
        self._killed[name] = {pod["metadata"]["uid"] for pod in self._pods_of(name)}
        self.kubectl("delete", "pod", "--grace-period=0", "--force", "--selector", _PARTS[name])
        return 0

    def _pods_of(self, name: str) -> list[Any]:
        found: list[Any] = self.get("pods", "--selector", _PARTS[name])["items"]
        return found

    def _is_new(self, name: str) -> bool:
        """Say whether a part has pods, all ready and none that was killed; its deployment notices a moment later."""
        ready = {pod["metadata"]["uid"]: _is_ready(pod) for pod in self._pods_of(name)}
        return bool(ready) and all(ready.values()) and not self._killed.get(name, set()) & set(ready)

    def recovered(self, name: str, old: int, seconds: float = 180) -> None:
        """Wait until what was killed runs anew and answers."""
        until(lambda: self._is_new(name), seconds, f"{name} is there anew")
        until(lambda: answers(f"{self.url}/hub/login"), seconds, f"{name} is back")

    def command(self, *arguments: str) -> str:
        """Call `gaia-vre` where the service runs, and return what it says."""
        return self._inside("gaia-vre", *arguments)

    def _inside(self, *command: str, given: str = "") -> str:
        where = ["kubectl", "--namespace", self.namespace, "exec", "--stdin", "deployment/gaia-service"]
        command = (*where, "--container", "service", "--", *command)
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write_to_project(self, slug: str, path: str, text: str) -> None:
        """Put a file into a project's folder."""
        self._inside("python3", "-c", _WRITE, f"{_PROJECTS}/{slug}/{path}", given=text)

    def read_from_project(self, slug: str, path: str) -> str:
        return self._inside("cat", f"{_PROJECTS}/{slug}/{path}")

    def servers_of(self, username: str) -> list[str]:
        """Return what runs of somebody: the identities of pods."""
        selector = f"component=singleuser-server,hub.jupyter.org/username={username}"
        return [
            pod["metadata"]["uid"] for pod in self.get("pods", "--selector", selector, namespace=self.users)["items"]
        ]

    def clusters(self) -> list[str]:
        """Return the schedulers and workers of everybody."""
        found = self.get("pods", "--selector", "app.kubernetes.io/name=dask-gateway", namespace=self.users)["items"]
        return [pod["metadata"]["name"] for pod in found]

    def kill_servers_of(self, username: str) -> None:
        selector = f"component=singleuser-server,hub.jupyter.org/username={username}"
        self.kubectl("delete", "pod", "--grace-period=0", "--force", "--selector", selector, namespace=self.users)

    def slow_down(self, username: str) -> None:
        """Let the next lab of somebody start slowly, as the first of a person does here."""

    def pod(self, username: str) -> Any:
        """Return the pod of someone's lab."""
        selector = f"component=singleuser-server,hub.jupyter.org/username={username}"
        [found] = self.get("pods", "--selector", selector, namespace=self.users)["items"]
        return found

    def lab_pods(self) -> list[str]:
        """Return names and identities of all labs' pods."""
        found = self.get("pods", "--selector", "component=singleuser-server", namespace=self.users)["items"]
        return sorted(f"{pod['metadata']['name']} {pod['metadata']['uid']}" for pod in found)


def _is_ready(pod: Any) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


_PROJECTS = "/srv/gaia-shared/projects"
_WRITE = """
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(sys.stdin.read())
path.chmod(0o664)
"""


def has_cluster() -> bool:
    """Say whether a cluster is given to the tests."""
    return bool(os.environ.get("KUBECONFIG") and os.environ.get("GAIA_CLUSTER_VALUES"))


@contextlib.contextmanager
def a_site(values: Path = VALUES) -> Iterator[Site]:
    """Install a site and take it away again, unless GAIA_CLUSTER_NAMESPACE names yours."""
    refuse_without_cluster()
    given = os.environ.get("GAIA_CLUSTER_NAMESPACE")
    namespace = given or f"gaia-{uuid.uuid4().hex[:6]}"
    try:
        install(namespace, values)
        with forwarded(namespace) as url:
            yield Site(namespace, url)
    finally:
        if not given:
            # An uninstallation keeps what people own, and here nobody owns anything.
            subprocess.run(["helm", "uninstall", namespace, "--namespace", namespace], check=False)
            subprocess.run(["kubectl", "delete", "namespace", namespace, f"{namespace}-users"], check=False)


def install(namespace: str, values: Path = VALUES) -> None:
    """Install the release and wait until all of it is ready, three minutes at most."""
    files = [values, *os.environ["GAIA_CLUSTER_VALUES"].split(os.pathsep)]
    options = [part for file in files for part in ("--values", str(file))]
    helm("upgrade", "--install", namespace, str(CHART), "--create-namespace", *options, namespace=namespace)


@contextlib.contextmanager
def upgraded(site: Site, *settings: str) -> Iterator[None]:
    """Upgrade the release to other settings, and roll it back after."""
    options = [part for setting in settings for part in ("--set", setting)]
    helm("upgrade", site.namespace, str(CHART), "--reuse-values", *options, namespace=site.namespace)
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

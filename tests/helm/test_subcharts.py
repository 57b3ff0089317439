"""The chart with the official ones in it; skipped where helm/gaia-vre/charts is empty."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from tests.helm.chart import EXAMPLES, SITES, Helm, Refused, named, of_kind, pods_of
from tests.helm.test_network import HUB, MUST_NOT_PASS, MUST_PASS, SERVICE, Peer, passes
from tests.support.pod_security import violations

pytestmark = pytest.mark.subcharts
VERSION = "1.34"
FRAGMENTS = Path(__file__).parents[2] / "hub_config" / "jupyterhub_config.d"
OF_THE_GATEWAY = {
    "Deployment api-dask-gateway",
    "Deployment controller-dask-gateway",
    "Deployment traefik-dask-gateway",
}
PLACE = "/usr/local/etc/jupyterhub"
OPERATORS = {
    "gaia-hub": {"hub.services.gaia.apiToken": "a" * 64, "hub.services.dask-gateway.apiToken": "b" * 64},
    "gaia-vre": {"cookie-secret": "c" * 64, "user-password": "one", "administrator-password": "two"},
    "gaia-database": {"database-url": "postgresql+psycopg://gaia@database/gaia"},
}
"""The Secrets that operators of the production example make."""
EACH_EXAMPLE = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
EACH_SITE = pytest.mark.parametrize("site", SITES, ids=lambda path: path.stem)


@EACH_EXAMPLE
def test_an_example_renders_whole_and_lints(whole: Helm, example: Path) -> None:
    for each in whole.render(example):
        if each["apiVersion"].partition("/")[0] in ("v1", "apps", "batch", "policy", "rbac.authorization.k8s.io"):
            kubernetes_validate.validate(each, VERSION, strict=True)
    assert "0 chart(s) failed" in whole.run("lint", "--strict", str(whole.chart), "--values", str(example))


@EACH_SITE
def test_only_the_gateways_own_pods_are_less_than_restricted(whole: Helm, site: Path) -> None:
    found = {name for name, pod in pods_of(whole.render(site)) if violations(pod)}
    assert found == OF_THE_GATEWAY


@EACH_SITE
def test_secrets_and_config_maps_that_pods_name_are_there_or_the_operators(whole: Helm, site: Path) -> None:
    objects = whole.render(site)
    operators = {("Secret", name): data for name, data in OPERATORS.items()} if site.stem == "production" else {}
    there = operators | {
        (each["kind"], each["metadata"]["name"]): each.get("data", {})
        for each in of_kind(objects, "Secret", "ConfigMap")
    }
    for kind, reference in references(objects):
        if not reference.get("optional"):
            assert reference["key"] in there[kind, reference["name"]], reference


@MUST_PASS
def test_what_must_pass_passes_the_official_policies_too(
    whole_policies: Any, source: Peer, goal: Peer, port: int
) -> None:
    assert passes(whole_policies, source, goal, port)


@MUST_NOT_PASS
def test_the_official_policies_open_nothing(whole_policies: Any, source: Peer, goal: Peer, port: int) -> None:
    assert not passes(whole_policies, source, goal, port)


def test_the_service_reaches_the_hub(whole_policies: Any, whole: Helm) -> None:
    labels = named(whole.render(), "Deployment", "gaia-service")["spec"]["template"]["metadata"]["labels"]
    assert passes(whole_policies, Peer(SERVICE.namespace, labels), HUB, 8081)


@EACH_SITE
def test_the_hub_of_a_rendered_pod_loads_our_configuration(whole: Helm, site: Path, tmp_path: Path) -> None:
    c = loaded(whole.render(site), tmp_path)
    hub, spawner = c["JupyterHub"], c["PodSpawner"]
    assert hub["spawner_class"] == "gaia_vre.hub.pods.spawner.PodSpawner"
    assert hub["authenticator_class"] == "<GeneratedPasswords>"
    assert hub["hub_connect_url"] == "http://hub.gaia:8081"
    assert spawner["namespace"] == ("gaia-labs" if site.stem == "hpc-site" else "gaia-users")
    services = {each["name"]: each for each in hub["services"]}
    assert set(services) == {"gaia", "dask-gateway", "culler"}
    assert services["gaia"]["url"] == "http://gaia-service:8000"
    assert services["gaia"]["oauth_client_id"] == "service-gaia"
    assert "url" not in services["dask-gateway"]
    assert all(len(services[name]["api_token"]) >= 32 for name in ("gaia", "dask-gateway"))


def test_the_hub_and_the_service_have_the_same_token(whole: Helm, tmp_path: Path) -> None:
    objects = whole.render()
    token = environment(objects, named(objects, "Deployment", "gaia-service"))["JUPYTERHUB_API_TOKEN"]
    services = {each["name"]: each for each in loaded(objects, tmp_path)["JupyterHub"]["services"]}
    assert services["gaia"]["api_token"] == token
    assert environment(objects, named(objects, "Deployment", "hub"))["GAIA_VRE_SERVICE_TOKEN"] == token


def test_people_have_the_scopes_to_use_the_service(whole: Helm, tmp_path: Path) -> None:
    roles = {each["name"]: each for each in loaded(whole.render(), tmp_path)["JupyterHub"]["load_roles"]}
    assert "access:services!service=gaia" in roles["user"]["scopes"]
    assert "access:services!service=dask-gateway" in roles["server"]["scopes"]
    assert "admin:users" not in roles["gaia-gaia"]["scopes"]


def test_two_releases_share_nothing_of_the_cluster(whole: Helm) -> None:
    first = whole.render()
    second = whole.render(release="school", **{"dask-gateway__fullnameOverride": "dask-gateway-school"})
    assert not of_the_cluster(first) & of_the_cluster(second)
    assert "http://traefik-dask-gateway-school.school" in str(named(second, "ConfigMap", "gaia-vre-settings")["data"])


@EACH_SITE
def test_the_gateway_of_a_rendered_pod_loads_our_configuration(whole: Helm, site: Path, tmp_path: Path) -> None:
    objects = whole.render(site)
    deployment = named(objects, "Deployment", "api-dask-gateway")
    file = tmp_path / "dask_gateway_config.py"
    file.write_text(named(objects, "ConfigMap", "api-dask-gateway")["data"][file.name])
    around = {"HUB_SERVICE_HOST": "10.96.0.9", "HUB_SERVICE_PORT": "8081"}
    c = run("gateway_pod.py", file, environment=environment(objects, deployment) | around)
    assert c["DaskGateway"]["backend_class"] == "gaia_vre.gateway.kubernetes.backend.GaiaKubeBackend"
    assert c["KubeClusterConfig"]["namespace"] == ("gaia-labs" if site.stem == "hpc-site" else "gaia-users")
    assert c["GaiaKubeBackend"]["service_url"] == "http://gaia-service.gaia:8000/services/gaia"
    assert len(c["GaiaKubeBackend"]["service_token"]) == 64


def test_a_misspelt_key_of_an_official_chart_is_refused_too(whole: Helm) -> None:
    with pytest.raises(Refused, match="imag"):
        whole.render(jupyterhub__hub__imag={})


@pytest.fixture(scope="module")
def whole_policies(whole: Helm) -> list[dict[str, Any]]:
    return of_kind(whole.render(networkPolicy__databasePods={"app": "postgresql"}), "NetworkPolicy")


def of_the_cluster(objects: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return what has no namespace."""
    kinds = {"Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass"}
    return {(each["kind"], each["metadata"]["name"]) for each in of_kind(objects, *kinds)}


def loaded(objects: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """Return the configuration of the hub whose pod these objects make."""
    deployment = named(objects, "Deployment", "hub")
    place = mount(objects, deployment, folder)
    known = environment(objects, deployment) | {"HUB_SERVICE_PORT": "8081", "PROXY_API_SERVICE_PORT": "8001"}
    return run("hub_pod.py", place, FRAGMENTS, environment=known)


def run(program: str, *arguments: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Return what a program beside this file prints last, run with a container's variables."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, str(Path(__file__).with_name(program)), *map(str, arguments)]
    done = subprocess.run(command, env=kept | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def mount(objects: list[dict[str, Any]], deployment: dict[str, Any], folder: Path) -> Path:
    """Write what the hub's container has mounted below PLACE."""
    spec = deployment["spec"]["template"]["spec"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    for each in spec["containers"][0]["volumeMounts"]:
        if not each["mountPath"].startswith(PLACE):
            continue
        target = folder / each["mountPath"].removeprefix(PLACE).strip("/")
        files = content(objects, volumes[each["name"]])
        wanted = (
            {target: files[each["subPath"]]}
            if "subPath" in each
            else {target / name: text for name, text in files.items()}
        )
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder


def content(objects: list[dict[str, Any]], volume: dict[str, Any]) -> dict[str, str]:
    """Return the files of a volume."""
    if "configMap" in volume:
        return dict(named(objects, "ConfigMap", volume["configMap"]["name"])["data"])
    return secret(objects, volume["secret"]["secretName"])


def secret(objects: list[dict[str, Any]], name: str) -> dict[str, str]:
    """Return a Secret's content: of the chart's, or of an operator's."""
    for each in of_kind(objects, "Secret"):
        if each["metadata"]["name"] == name:
            return {key: base64.b64decode(value).decode() for key, value in each["data"].items()}
    return OPERATORS[name]


def environment(objects: list[dict[str, Any]], deployment: dict[str, Any]) -> dict[str, str]:
    """Return the variables of a deployment's first container."""
    found = {}
    for variable in deployment["spec"]["template"]["spec"]["containers"][0]["env"]:
        source = variable.get("valueFrom", {})
        if "value" in variable:
            found[variable["name"]] = variable["value"]
        elif "fieldRef" in source:
            found[variable["name"]] = "gaia"
        elif reference := source.get("configMapKeyRef"):
            found[variable["name"]] = named(objects, "ConfigMap", reference["name"])["data"][reference["key"]]
        elif reference := source.get("secretKeyRef"):
            found[variable["name"]] = secret(objects, reference["name"]).get(reference["key"], "")
    return {name: value for name, value in found.items() if value}


def references(objects: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return what variables take from Secrets and ConfigMaps."""
    kinds = {"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}
    return [
        (kind, variable["valueFrom"][key])
        for _, pod in pods_of(objects)
        for container in pod["spec"]["containers"]
        for variable in container.get("env", ())
        for key, kind in kinds.items()
        if key in variable.get("valueFrom", {})
    ]

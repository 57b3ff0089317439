"""Who may talk to whom, as a network plugin reads the policies."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.helm.chart import Helm, of_kind

RELEASE, USERS, SYSTEM, ELSEWHERE = "gaia", "gaia-users", "kube-system", "elsewhere"


@dataclass(frozen=True)
class Peer:
    """A pod, or an address."""

    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    address: str = "10.9.9.9"


def hub_pod(component: str) -> dict[str, str]:
    return {"app": "jupyterhub", "release": "gaia", "component": component}


def dask_pod(component: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": component}


HUB, PROXY = Peer(RELEASE, hub_pod("hub")), Peer(RELEASE, hub_pod("proxy"))
OURS = {"app.kubernetes.io/name": "gaia-vre", "app.kubernetes.io/instance": "gaia"}
SERVICE = Peer(RELEASE, OURS | {"app.kubernetes.io/component": "service"})
GATEWAY, TRAEFIK = Peer(RELEASE, dask_pod("gateway")), Peer(RELEASE, dask_pod("traefik"))
CONTROLLER = Peer(RELEASE, dask_pod("controller"))
DATABASE = Peer(RELEASE, {"app": "postgresql"})
LAB = Peer(USERS, hub_pod("singleuser-server") | {"gaia-vre/kind": "lab"})
SANDBOX = Peer(USERS, hub_pod("singleuser-server") | {"gaia-vre/kind": "sandbox"})
SCHEDULER, WORKER = Peer(USERS, dask_pod("dask-scheduler")), Peer(USERS, dask_pod("dask-worker"))
DNS, STRANGER = Peer(SYSTEM, {"k8s-app": "kube-dns"}), Peer(ELSEWHERE, hub_pod("singleuser-server"))
METADATA, API_SERVER, INTERNET = (
    Peer(address="169.254.169.254"),
    Peer(address="10.96.0.1"),
    Peer(address="93.184.216.34"),
)


MUST_PASS = pytest.mark.parametrize(
    ("source", "goal", "port"),
    [
        pytest.param(HUB, LAB, 8888, id="the hub reaches labs"),
        pytest.param(PROXY, LAB, 8888, id="people reach labs"),
        pytest.param(LAB, HUB, 8081, id="labs reach the hub"),
        pytest.param(LAB, SERVICE, 8000, id="labs reach the service"),
        pytest.param(LAB, TRAEFIK, 8000, id="labs reach their clusters"),
        pytest.param(LAB, DNS, 53, id="labs resolve names"),
        pytest.param(LAB, INTERNET, 443, id="labs reach the internet"),
        pytest.param(SANDBOX, SERVICE, 8000, id="sandboxes reach the service"),
        pytest.param(SANDBOX, HUB, 8081, id="sandboxes tell the hub of their activity"),
        pytest.param(PROXY, SANDBOX, 8888, id="people reach sandboxes"),
        pytest.param(WORKER, SCHEDULER, 8786, id="workers reach schedulers"),
        pytest.param(SCHEDULER, WORKER, 40000, id="schedulers reach workers"),
        pytest.param(WORKER, WORKER, 40000, id="workers reach each other"),
        pytest.param(SCHEDULER, GATEWAY, 8000, id="schedulers report to the gateway"),
        pytest.param(GATEWAY, SCHEDULER, 8788, id="the gateway reaches schedulers"),
        pytest.param(TRAEFIK, SCHEDULER, 8786, id="the gateway's proxy reaches schedulers"),
        pytest.param(TRAEFIK, GATEWAY, 8000, id="the gateway's proxy reaches its API"),
        pytest.param(WORKER, SERVICE, 8000, id="workers read linked files"),
        pytest.param(GATEWAY, SERVICE, 8000, id="the gateway asks for leases"),
        pytest.param(HUB, SERVICE, 8000, id="the hub asks for leases"),
        pytest.param(PROXY, SERVICE, 8000, id="people reach the service"),
        pytest.param(SERVICE, TRAEFIK, 8000, id="the service looks at clusters"),
        pytest.param(SERVICE, DATABASE, 5432, id="the service reaches its database"),
        pytest.param(HUB, DATABASE, 5432, id="the hub reaches its database"),
    ],
)
MUST_NOT_PASS = pytest.mark.parametrize(
    ("source", "goal", "port"),
    [
        pytest.param(LAB, Peer(USERS, LAB.labels), 8888, id="labs and other labs"),
        pytest.param(LAB, METADATA, 80, id="labs and the cloud's metadata"),
        pytest.param(LAB, API_SERVER, 443, id="labs and the API server"),
        pytest.param(LAB, DATABASE, 5432, id="labs and the database"),
        pytest.param(LAB, GATEWAY, 8000, id="labs and the gateway behind its proxy"),
        pytest.param(LAB, CONTROLLER, 8000, id="labs and the gateway's controller"),
        pytest.param(LAB, SCHEDULER, 8786, id="labs and schedulers behind the proxy"),
        pytest.param(LAB, WORKER, 40000, id="labs and workers"),
        pytest.param(SANDBOX, INTERNET, 443, id="sandboxes and the internet"),
        pytest.param(SANDBOX, TRAEFIK, 8000, id="sandboxes and clusters of Dask"),
        pytest.param(SANDBOX, LAB, 8888, id="sandboxes and labs"),
        pytest.param(SANDBOX, SANDBOX, 8888, id="sandboxes among each other"),
        pytest.param(LAB, SANDBOX, 8888, id="labs and sandboxes"),
        pytest.param(SANDBOX, API_SERVER, 443, id="sandboxes and the API server"),
        pytest.param(WORKER, LAB, 8888, id="workers and labs"),
        pytest.param(WORKER, METADATA, 80, id="workers and the cloud's metadata"),
        pytest.param(WORKER, DATABASE, 5432, id="workers and the database"),
        pytest.param(SERVICE, LAB, 8888, id="the service and labs"),
        pytest.param(SERVICE, METADATA, 80, id="the service and the cloud's metadata"),
        pytest.param(STRANGER, SERVICE, 8000, id="pods of others and the service"),
        pytest.param(STRANGER, LAB, 8888, id="pods of others and labs"),
        pytest.param(STRANGER, DATABASE, 5432, id="pods of others and the database"),
    ],
)


@pytest.fixture(scope="module")
def policies(own: Helm) -> list[dict[str, Any]]:
    return of_kind(own.render(networkPolicy__databasePods=DATABASE.labels), "NetworkPolicy")


@MUST_PASS
def test_what_must_pass_passes(policies: list[dict[str, Any]], source: Peer, goal: Peer, port: int) -> None:
    assert passes(policies, source, goal, port)


@MUST_NOT_PASS
def test_what_must_not_pass_does_not(policies: list[dict[str, Any]], source: Peer, goal: Peer, port: int) -> None:
    assert not passes(policies, source, goal, port)


def test_a_site_opens_its_own_networks_to_labs_and_not_to_sandboxes(own: Helm) -> None:
    allowed = [{"cidr": "10.20.0.0/16", "ports": [443]}]
    policies = of_kind(own.render(networkPolicy__allow=allowed), "NetworkPolicy")
    store = Peer(address="10.20.3.4")
    assert passes(policies, LAB, store, 443)
    assert not passes(policies, LAB, store, 22)
    assert not passes(policies, SANDBOX, store, 443)


def test_labs_can_be_kept_from_the_internet(own: Helm) -> None:
    policies = of_kind(own.render(networkPolicy__internet=False), "NetworkPolicy")
    assert not passes(policies, LAB, INTERNET, 443)
    assert not passes(policies, WORKER, INTERNET, 443)


def passes(policies: list[dict[str, Any]], source: Peer, goal: Peer, port: int) -> bool:
    """Say whether both ends let a connection through; an end without a policy lets everything through."""
    return _lets(policies, source, goal, port, "Egress") and _lets(policies, goal, source, port, "Ingress")


def _lets(policies: list[dict[str, Any]], here: Peer, there: Peer, port: int, way: str) -> bool:
    if not here.namespace:
        return True
    own = [each for each in policies if way in each["spec"]["policyTypes"] and _selects(each, here)]
    end = {"Egress": "to", "Ingress": "from"}[way]
    rules = [rule for each in own for rule in each["spec"].get(way.lower()) or ()]
    return not own or any(_rule(rule, end, here, there, port) for rule in rules)


def _selects(policy: dict[str, Any], pod: Peer) -> bool:
    namespace = policy["metadata"].get("namespace", RELEASE)
    return namespace == pod.namespace and _matches(policy["spec"]["podSelector"], pod.labels)


_NAMED = {"http": (8081, 8000), "https": (8443,), "api": (8001,), "notebook-port": (8888,)}
"""Ports of the official chart's pods, which its policies call by name."""


def _rule(rule: dict[str, Any], end: str, here: Peer, there: Peer, port: int) -> bool:
    ports = rule.get("ports")
    if ports and not any(port in _NAMED.get(each["port"], (each["port"],)) for each in ports):
        return False
    return end not in rule or any(_is(peer, here, there) for peer in rule[end])


def _is(selector: dict[str, Any], here: Peer, there: Peer) -> bool:
    if "ipBlock" in selector:
        address, block = ipaddress.ip_address(there.address), selector["ipBlock"]
        within = address in ipaddress.ip_network(block["cidr"])
        return within and not any(address in ipaddress.ip_network(each) for each in block.get("except", ()))
    if not there.namespace:
        return False
    if "namespaceSelector" in selector:
        if not _matches(selector["namespaceSelector"], {"kubernetes.io/metadata.name": there.namespace}):
            return False
    elif here.namespace != there.namespace:
        return False
    return _matches(selector.get("podSelector", {}), there.labels)


def _matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for each in selector.get("matchExpressions", ()):
        within = labels.get(each["key"]) in each["values"]
        if within != {"In": True, "NotIn": False}[each["operator"]]:
            return False
    return True

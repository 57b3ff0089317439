"""The API server answers 429 or 500 for a minute: what people asked for is done or refused, and all books agree."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.environment import until
from tests.support.lab_client import LabClient, LabError
from tests.support.site import Site

OUTAGE_SECONDS = 60
RIGHT_WITHIN_SECONDS = 90


def overloaded(site: Site) -> list[dict[str, Any]]:
    """Return objects that let the API server answer 429 to everything that hub and gateway ask of it."""
    name = f"{site.namespace}-outage"
    accounts = [
        {"kind": "ServiceAccount", "serviceAccount": {"name": account, "namespace": site.namespace}}
        for account in ("hub", "api-dask-gateway", "controller-dask-gateway")
    ]
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
    level = {"nominalConcurrencyShares": 0, "borrowingLimitPercent": 0, "limitResponse": {"type": "Reject"}}
    return [
        {
            "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
            "kind": "PriorityLevelConfiguration",
            "metadata": {"name": name},
            "spec": {"type": "Limited", "limited": level},
        },
        {
            "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
            "kind": "FlowSchema",
            "metadata": {"name": name},
            "spec": {
                "matchingPrecedence": 1,
                "priorityLevelConfiguration": {"name": name},
                "rules": [{"subjects": accounts, "resourceRules": [everything]}],
            },
        },
    ]


def broken(site: Site) -> list[dict[str, Any]]:
    """Return objects that let the API server answer 500 to whoever makes or deletes a pod of a lab."""
    pods = {"operations": ["CREATE", "DELETE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    return [
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": f"{site.namespace}-outage"},
            "webhooks": [
                {
                    "name": "outage.example.org",
                    "clientConfig": {"url": "https://127.0.0.1:9/"},
                    "rules": [pods],
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": site.users}},
                    "failurePolicy": "Fail",
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                    "timeoutSeconds": 1,
                }
            ],
        }
    ]


def refused_with(site: Site, *asked: str) -> str:
    """Return what the API server says to the hub's account."""
    who = f"system:serviceaccount:{site.namespace}:hub"
    command = ["kubectl", "--as", who, "--namespace", site.users, *asked]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@contextlib.contextmanager
def an_outage(objects: list[dict[str, Any]]) -> Iterator[None]:
    sent = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    subprocess.run(["kubectl", "apply", "-f", "-"], input=sent, text=True, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["kubectl", "delete", "-f", "-"], input=sent, text=True, check=True, capture_output=True)


def books(site: Site, admin: LabClient) -> dict[str, set[str]]:
    """Return whose labs run by what the hub, the cluster and the ledger say."""
    users = admin.http.get("/hub/api/users", headers=admin._headers("/hub/")).json()
    pods = site.get("pods", "--selector", "component=singleuser-server", namespace=site.users)["items"]
    held = json.loads(site.command("quota", "accounts", "--json"))
    return {
        "hub": {one["name"] for one in users if one["server"] or one["pending"]},
        "pods": {one["metadata"]["annotations"]["hub.jupyter.org/username"] for one in pods},
        "ledger": {
            one["name"].partition(":")[2] for one in held if one["name"].startswith("person:") and one["held"]["cores"]
        },
    }


def started(lab: LabClient) -> str:
    """Start a lab; return what was said when it was not."""
    try:
        lab.start_server({"size": "tiny"}, seconds=240)
    except LabError as error:
        return str(error)
    return ""


SAID_TO = {
    "429": (overloaded, ["get", "pods"], "too many requests"),
    "500": (broken, ["delete", "pod", "jupyter-before"], "failed calling webhook"),
}


@pytest.mark.parametrize("kind", SAID_TO)
def test_after_an_outage_of_the_api_server_all_books_agree(
    site: Site, sign_in: Callable[[str], LabClient], kind: str
) -> None:
    objects, asked, words = SAID_TO[kind]
    before, ending, during, after = (sign_in(name) for name in ("before", "ending", "during", "after"))
    assert [started(before), started(ending)] == ["", ""]
    with LabClient(site.url) as admin, ThreadPoolExecutor(2) as acting:
        admin.login("admin", site.password(admin=True))
        with an_outage(objects(site)):
            until(lambda: words in refused_with(site, *asked).lower(), 30, "the hub's account is refused")
            begun = time.monotonic()
            start, stop = acting.submit(started, during), acting.submit(ending.stop_server, 240)
            while time.monotonic() < begun + OUTAGE_SECONDS:
                assert before.api("GET", "kernels").status_code == 200
                time.sleep(1)
            assert words in refused_with(site, *asked).lower()
        said = start.result(240)
        stop.result(240)
        running = {"before", *([] if said else ["during"])}
        assert not said or "Nothing was started" in said, said
        until(
            lambda: set(map(frozenset, books(site, admin).values())) == {frozenset(running)},
            RIGHT_WITHIN_SECONDS,
            f"the books agree on {running}: {books(site, admin)}",
        )
        assert started(after) == ""
        assert books(site, admin) == dict.fromkeys(("hub", "pods", "ledger"), running | {"after"})
        assert json.loads(site.command("quota", "check", "--json"))["differences"] == []

"""Sandboxes as pods: closed in, carried out when somebody keeps them, gone at their deadline."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from tests.cluster.test_site import REACH
from tests.support.environment import until
from tests.support.lab_client import Kernel, LabClient
from tests.support.site import Site

SignIn = Callable[[str], LabClient]


@pytest.fixture(autouse=True)
def _needs_a_volume(site: Site) -> None:
    if not site.get("persistentvolumeclaims", namespace=site.users)["items"]:
        pytest.skip("NO SHARED VOLUME: give users.shared.volume and kubernetes.shared.claim in GAIA_CLUSTER_VALUES")


@pytest.fixture
def person(sign_in: SignIn) -> Iterator[tuple[LabClient, httpx2.Client]]:
    lab = sign_in("ada")
    with lab.service() as api:
        yield lab, api
        for one in api.get("/sandboxes").json():
            api.delete(f"/sandboxes/{one['id']}")


@contextmanager
def made(api: httpx2.Client, lab: LabClient, **body: Any) -> Iterator[tuple[dict[str, Any], Kernel]]:
    """Make a sandbox, wait until it is ready and give a kernel in it."""
    answer = api.post("/sandboxes", json=body)
    assert answer.status_code in (201, 202), answer.text
    found: dict[str, Any] = answer.json()
    until(lambda: any(one["name"] == found["server"] and one["ready"] for one in api.get("/servers").json()), 180, "up")
    lab._server = found["server"]
    lab.open_lab(60)
    with lab.open_notebook() as kernel:
        yield found, kernel
    lab._server = ""


def test_from_inside_only_the_service_and_the_hub_are_reached(
    site: Site, person: tuple[LabClient, httpx2.Client]
) -> None:
    lab, api = person
    lab.start_server({"size": "small"}, seconds=180)
    own = site.get("pods", "--selector", "gaia-vre/kind=lab", namespace=site.users)["items"][0]["status"]["podIP"]
    shut = {
        "own lab": (own, 8888),
        "metadata of the cloud": ("169.254.169.254", 80),
        "API server": (site.get("service", "kubernetes", namespace="default")["spec"]["clusterIP"], 443),
        "Dask": (f"traefik-dask-gateway.{site.namespace}", 80),
        "API of the proxy": (site.get("service", "proxy-api")["spec"]["clusterIP"], 8001),
    }
    open_ = {"service": (f"gaia-service.{site.namespace}", 8000), "hub": (f"hub.{site.namespace}", 8081)}
    with made(api, lab) as (_, kernel):
        reply = kernel.execute(REACH.format(targets=[*shut.values(), *open_.values()]), seconds=120)
        assert json.loads(reply.text) == [False] * len(shut) + [True] * len(open_)
        # Kubernetes tells a pod where services are, and nothing that opens them.
        told = kernel.execute("import os; print(os.path.exists('/var/run/secrets/kubernetes.io'))")
    assert told.text.strip() == "False"


def test_what_was_done_is_kept_and_everything_goes_at_the_deadline(
    site: Site, person: tuple[LabClient, httpx2.Client]
) -> None:
    lab, api = person
    assert api.post("/projects", json={"title": "Kept", "slug": "kept-here"}).status_code in (201, 409)
    with made(api, lab) as (found, kernel):
        kernel.execute("open('result.txt', 'w').write('42')")
    kept = api.post(f"/sandboxes/{found['id']}/keep", json={"to": "project:kept-here"})
    assert kept.status_code in (200, 201), kept.text
    files = [one["name"] for one in api.get(f"/projects/kept-here/files?path={kept.json()['folder']}").json()]
    assert "result.txt" in files
    until(lambda: not pods(site, found), 300, "the sandbox has ended at its deadline")
    until(lambda: api.get(f"/sandboxes/{found['id']}").json()["state"] == "destroyed", 120, "it is destroyed")
    assert api.get(f"/sandboxes/{found['id']}").json()["why"] == "deadline"


def test_a_home_beyond_its_limit_ends_the_sandbox_and_is_said(
    site: Site, person: tuple[LabClient, httpx2.Client]
) -> None:
    lab, api = person
    with made(api, lab) as (found, kernel):
        kernel.begin("open('large', 'wb').write(b'x' * 400_000_000)")
        until(lambda: not pods(site, found), 170, "the kubelet has ended it")
    until(lambda: api.get(f"/sandboxes/{found['id']}").json()["why"], 60, "the reason is known")
    assert api.get(f"/sandboxes/{found['id']}").json()["why"] == "disk"


def pods(site: Site, sandbox: dict[str, Any]) -> list[str]:
    found = site.get("pods", "--selector", "gaia-vre/kind=sandbox", namespace=site.users)["items"]
    names = [one["metadata"]["name"] for one in found if one["status"]["phase"] in ("Pending", "Running")]
    return [name for name in names if sandbox["id"] in name]

"""One site on the cluster for all tests of this folder; it goes again, unless GAIA_CLUSTER_NAMESPACE names yours."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.support.lab_client import LabClient
from tests.support.site import Site, forwarded, install, refuse_without_cluster


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
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


@pytest.fixture
def sign_in(site: Site) -> Iterator[Callable[[str], LabClient]]:
    """Return a function that signs a person in; their servers stop after the test."""
    clients: list[LabClient] = []

    def sign_in(name: str) -> LabClient:
        client = LabClient(site.url)
        clients.append(client)
        client.login(name, site.password())
        return client

    yield sign_in
    for client in clients:
        if client.username:
            client.stop_server()
        client.close()

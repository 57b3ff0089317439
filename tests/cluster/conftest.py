"""One site on the cluster for all tests of this folder; it goes again, unless GAIA_CLUSTER_NAMESPACE names yours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.lab_client import LabClient
from tests.support.site import Site, a_site


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with a_site() as site:
        yield site


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

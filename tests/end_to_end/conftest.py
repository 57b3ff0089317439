"""One started environment for all tests of this folder, or a site that runs elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.support.environment import Environment
from tests.support.lab_client import LabClient
from tests.support.site import Reached, a_site, has_cluster

ON_A_CLUSTER = Path(__file__).with_name("cluster.yaml")


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The environment, started once; the tests leave it as they found it.

    With GAIA_VRE_SITE_URL it is the site there, with a cluster given one that is installed on it; what asks for more
    than those have skips and says so.
    """
    if url := os.environ.get("GAIA_VRE_SITE_URL"):
        yield cast("Environment", Reached(url))
        return
    if has_cluster():
        with a_site(ON_A_CLUSTER) as site:
            yield cast("Environment", site)
        return
    environment = Environment(tmp_path_factory.mktemp("environment") / "state")
    try:
        yield environment.start()
    finally:
        environment.down()


@pytest.fixture
def another(environment: Environment, tmp_path: Path) -> Iterator[Environment]:
    """A second environment, not yet started, for tests that end or change it; its data are ready."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    shutil.copytree(environment.state / "data", state / "data", symlinks=True)
    second = Environment(state)
    try:
        yield second
    finally:
        second.down()


@pytest.fixture
def sign_in(environment: Environment) -> Iterator[Callable[[str], LabClient]]:
    """Return a function that signs a person in; their servers stop after the test."""
    clients: list[LabClient] = []

    def sign_in(name: str, where: Environment = environment) -> LabClient:
        client = LabClient(where.url)
        clients.append(client)
        client.login(name, where.password())
        return client

    yield sign_in
    for client in clients:
        if client.username:
            client.stop_server()
        client.close()

"""One started environment for all tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.support.environment import Environment
from tests.support.lab_client import LabClient
from tests.support.site import a_site, has_cluster


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The environment, started once; the tests leave it as they found it. With a cluster given it is a site there."""
    if has_cluster():
        with a_site() as site:
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

"""A start that does not fit is refused with the number; one that fits is charged until it stops."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.environment import Environment, until
from tests.support.lab_client import LabClient, LabError

SignIn = Callable[[str], LabClient]


def quota(environment: Environment, *arguments: str) -> Any:
    """Call `gaia-vre quota` as an operator does, and return what it answers."""
    return json.loads(environment.command("quota", *arguments, "--json"))


@pytest.fixture
def two_cores(environment: Environment) -> Iterator[Environment]:
    """The environment in which grace may hold two cores at a time."""
    limit = ("override", "ceiling:grace", "cores")
    quota(environment, *limit, "2", "--reason", "a test")
    yield environment
    quota(environment, *limit, "unlimited", "--reason", "the test is over")


def test_a_start_that_does_not_fit_tells_the_number_and_what_would(two_cores: Environment, sign_in: SignIn) -> None:
    grace = sign_in("grace")
    with pytest.raises(LabError, match=r"A Large lab does not fit .* It needs 8 cores; 2 of 2 are free"):
        grace.start_server({"size": "large"})
    assert quota(two_cores, "show", "ceiling:grace")["held"]["cores"] == 0


def test_what_runs_is_charged_and_what_stopped_is_given_back(two_cores: Environment, sign_in: SignIn) -> None:
    grace = sign_in("grace")
    grace.start_server({"size": "small"})
    kernel = grace.open_notebook()
    assert kernel.execute("import os; print(os.environ['GAIA_VRE_LEASE'][:2])").text.strip() == "s-"
    kernel.close()
    assert quota(two_cores, "show", "person:grace")["held"]["cores"] == 2
    until(lambda: quota(two_cores, "show", "person:grace")["used"]["credits"] > 0, 60, "grace is charged")
    grace.stop_server()
    until(lambda: quota(two_cores, "show", "person:grace")["held"]["cores"] == 0, 30, "the lease is given back")
    assert quota(two_cores, "check")["differences"] == []


def test_without_the_service_a_small_lab_starts_and_is_charged_later(environment: Environment, sign_in: SignIn) -> None:
    heloise = sign_in("heloise")
    killed = environment.kill("service")
    heloise.start_server({"size": "small"})
    environment.recovered("service", killed)
    until(lambda: _held(environment, "person:heloise") == 2, 60, "the service has been told")
    heloise.stop_server()
    until(lambda: _held(environment, "person:heloise") == 0, 30, "the lease is given back")
    assert quota(environment, "check")["differences"] == []


def _held(environment: Environment, account: str) -> float:
    found = {one["name"]: one["held"]["cores"] for one in quota(environment, "accounts")}
    return float(found.get(account, -1))

"""Who loses a group at the identity provider is out of the project that it led to: real sign-in, real hub, our service.

Nobody touches the hub after signing in, as with a browser tab that is left open.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest

from gaia_vre.core.errors import NotAllowed
from gaia_vre.projects.founding import Wish
from gaia_vre.projects.model import Actor
from gaia_vre.service.hub import Hub
from gaia_vre.service.projects.groups import REMEMBERED
from gaia_vre.service.reconcile import Reconciler
from tests.hub.gate import Gate, Mode
from tests.hub.test_institution import ODATIS, provider, sign_in  # noqa: F401
from tests.hub.test_project_users import OTHER, SERVICE, RunningHub
from tests.service.conftest import World, world  # noqa: F401
from tests.support.environment import until

LIMIT_SECONDS = 60
OCEAN = "urn:mace:egi.eu:group:ocean#aai.example.org"


@pytest.fixture(scope="module")
def gate(provider: str) -> Iterator[Gate]:  # noqa: F811
    with Gate(provider) as found:
        yield found


@pytest.fixture(scope="module")
def hub(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    # An hour: nothing but our question brings news from the provider.
    oidc = {"issuer": gate.url, "client_id": "gaia", "allowed_groups": ["odatis"], "refresh_seconds": 3600}
    oidc["groups_seconds"] = 1
    found = RunningHub(tmp_path_factory.mktemp("hub"), login={"kind": "oidc", "oidc": oidc})
    yield found
    found.kill()


@pytest.fixture
def heat(world: World, hub: RunningHub, gate: Gate, provider: str) -> Iterator[World]:  # noqa: F811
    """A project whose editors are those of the group ocean; its server was started, and bob is in it."""
    say(provider, ODATIS, OCEAN)
    with httpx2.Client(follow_redirects=True, timeout=30) as browser:
        sign_in(browser, f"http://127.0.0.1:{hub.port}", "9")
    real = replace(world, parts=replace(world.parts, hub=Hub(f"{hub.url}/api", SERVICE)))
    registry, owner = real.parts.registry, Actor("ada")
    registry.founding.found(Wish("Ocean heat", "heat"), owner)
    registry.people.put_group("heat", "ocean", "editor", owner)
    real.parts.hub.make_project_user("heat")
    mine = registry.projects.seen_by("heat", Actor("bob", real.parts.hub.groups("bob")))
    real.parts.project_servers.open(mine, "bob")
    assert real.parts.hub.visitors("heat") == {"bob"}
    yield real
    gate.mode = "open"
    real.parts.hub.shut_out("heat", "bob")
    real.parts.hub.close()


def say(provider: str, *groups: str) -> None:  # noqa: F811
    claims = {"preferred_username": "bob", "eduperson_entitlement": list(groups)}
    httpx2.put(f"{provider}/users/9", json=claims).raise_for_status()


def out_after(world: World) -> float:  # noqa: F811
    """Return after how long bob is neither shared the server nor named to it: passes as the service makes them."""
    begun, loop = time.monotonic(), Reconciler(world.parts)

    def out() -> bool:
        world.later(seconds=REMEMBERED.total_seconds())
        loop.step()
        return not world.parts.hub.visitors("heat") and "bob" not in world.parts.project_servers.inside("heat")

    until(out, LIMIT_SECONDS, "bob is out")
    return time.monotonic() - begun


def test_who_loses_the_group_is_out_of_the_projects_server(heat: World, provider: str) -> None:  # noqa: F811
    assert "bob" in heat.parts.project_servers.inside("heat")
    say(provider, ODATIS)
    waits = REMEMBERED.total_seconds() + heat.parts.settings.service.reconcile_seconds
    assert out_after(heat) + waits < LIMIT_SECONDS  # the test asks at once what the service asks in its time


def test_who_may_not_use_the_hub_any_more_is_out_too(heat: World, provider: str) -> None:  # noqa: F811
    say(provider)
    assert out_after(heat) < LIMIT_SECONDS


def test_who_keeps_the_group_stays(heat: World, gate: Gate) -> None:
    asked_anew(heat, gate)
    assert heat.parts.hub.visitors("heat") == {"bob"}


def test_who_was_renewed_by_a_refresh_token_stays(heat: World, hub: RunningHub, gate: Gate) -> None:
    said = logged(hub)
    gate.mode = "token refused"
    asked_anew(heat, gate)
    assert heat.parts.hub.visitors("heat") == {"bob"}
    assert "in vain" not in (hub.folder / "log").read_text()[said:]


def test_whose_tokens_are_revoked_is_out(heat: World, provider: str) -> None:  # noqa: F811
    httpx2.post(f"{provider}/users/9/revoke-tokens").raise_for_status()
    assert out_after(heat) < LIMIT_SECONDS


@pytest.mark.parametrize("mode", ["down", "slow", "broken", "busy", "forgets the hub"])
def test_nobody_is_thrown_out_because_the_provider_fails(
    heat: World,
    hub: RunningHub,
    gate: Gate,
    provider: str,  # noqa: F811
    mode: Mode,
) -> None:
    said = logged(hub)
    gate.mode = mode
    asked_anew(heat, gate)
    assert heat.parts.hub.visitors("heat") == {"bob"}
    assert "bob" in heat.parts.project_servers.inside("heat")
    assert "in vain, who keeps those told last" in (hub.folder / "log").read_text()[said:]
    gate.mode = "open"  # and as soon as it answers, its word counts again
    say(provider, ODATIS)
    assert out_after(heat) < LIMIT_SECONDS


def asked_anew(world: World, gate: Gate) -> None:  # noqa: F811
    """Make passes until one of them has asked the provider for somebody."""
    before, loop = gate.asked, Reconciler(world.parts)

    def asked() -> bool:
        world.later(seconds=REMEMBERED.total_seconds())
        loop.step()
        return gate.asked > before

    until(asked, LIMIT_SECONDS, "the provider is asked")


def logged(hub: RunningHub) -> int:
    return len((hub.folder / "log").read_text())


def test_only_the_service_asks_for_groups(heat: World, hub: RunningHub) -> None:
    assert hub.ask("GET", "/gaia/people/bob/groups", OTHER) == 403
    with pytest.raises(NotAllowed):
        heat.parts.hub._ask("GET", "/gaia/people/bob/groups", "nobody")
    assert heat.parts.hub.groups("nobody") == frozenset()

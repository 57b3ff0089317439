"""Who leaves a project is let into its server no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gaia_vre.core.errors import Unavailable
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import World
from tests.service.fakes import server
from tests.service.projects.heat import ADA, API, lease, project_client, started


@pytest.mark.parametrize("how", ["removed", "viewer", "stay over", "left"])
def test_whoever_is_out_is_let_in_no_longer(heat: World, how: str) -> None:
    started(heat)
    ada, bob = heat.program(), heat.program("bob-token")
    if how == "removed":
        ada.delete(f"{API}/heat/members/bob")
    elif how == "viewer":
        ada.put(f"{API}/heat/members/bob", json={"role": "viewer"})
    elif how == "left":
        bob.delete(f"{API}/heat/members/bob")
    else:
        until = heat.time[0] + timedelta(hours=1)
        ada.put(f"{API}/heat/members/bob", json={"role": "editor", "until": until.isoformat()})
        heat.later(hours=2)
        Reconciler(heat.parts).step()
    assert heat.hub.shares == {"p-heat": {"ada"}}
    assert project_client(heat).post(f"{API}/heat/server/people").json() == ["ada"]


def test_a_member_by_group_is_let_in_when_they_come_and_out_when_the_group_is_lost(heat: World) -> None:
    ada, bob = heat.program(), heat.program("bob-token")
    ada.delete(f"{API}/heat/members/bob")
    ada.put(f"{API}/heat/groups", json={"group": "ocean", "role": "editor"})
    started_by_ada = ada.post(f"{API}/heat/server", json={})
    assert started_by_ada.status_code == 202
    heat.hub.groups["bob"], heat.hub.tokens["bob-token"]["groups"] = ["ocean"], ["ocean"]
    assert bob.post(f"{API}/heat/server/open").json() == {"url": "/user/p-heat/lab"}
    loop = Reconciler(heat.parts)
    heat.later(seconds=20)
    loop.step()
    assert heat.hub.shares == {"p-heat": {"ada", "bob"}}
    heat.hub.groups["bob"] = []
    heat.later(seconds=20)
    loop.step()
    assert heat.hub.shares == {"p-heat": {"ada"}}
    # The token still says what the hub knew when bob last did something there.
    assert [bob.get(f"{API}/heat{path}").status_code for path in ("", "/files", "/bag.zip")] == [404] * 3


def test_what_the_hub_was_told_by_others_is_put_right_while_the_server_runs(heat: World) -> None:
    started(heat)
    heat.hub.servers["p-heat"] = {"": server()}
    heat.hub.shares["p-heat"] = {"eve", "bob"}
    Reconciler(heat.parts).step()
    assert heat.hub.shares == {"p-heat": {"ada", "bob"}}


def test_a_kill_while_somebody_is_let_in_or_out_is_made_up_by_one_pass(heat: World) -> None:
    started(heat)
    project, visitors = heat.parts.registry.projects.find("heat"), heat.parts.visitors
    visitors.forget(project, "bob")
    heat.hub.shares["p-heat"].discard("bob")
    visitors.ask(project, "bob")  # killed before the hub was asked
    heat.parts.registry.people.remove("heat", "bob", ADA)
    heat.parts.registry.people.put("heat", "root", "editor", ADA)  # killed before anything was done about either
    Reconciler(heat.parts).step()
    assert heat.hub.shares == {"p-heat": {"ada", "root"}}
    assert {one.visit.username for one in visitors.told("heat")} == {"ada", "root"}
    assert all(one.granted for one in visitors.told())


def test_a_silent_hub_delays_and_changes_nothing_else(heat: World) -> None:
    started(heat)
    heat.hub.down = True
    with pytest.raises(Unavailable):
        heat.parts.hub.let_in("heat", "bob")
    heat.parts.registry.people.remove("heat", "bob", ADA)
    heat.parts.project_servers.settle("heat")
    heat.hub.down = False
    Reconciler(heat.parts).step()
    assert heat.hub.shares == {"p-heat": {"ada"}}


def test_a_pass_asks_the_hub_nothing_when_nothing_changed(heat: World) -> None:
    started(heat)
    loop = Reconciler(heat.parts)
    loop.step()
    heat.hub.calls.clear()
    loop.step()
    assert [call for call in heat.hub.calls if "share" in call] == []


def test_the_server_of_a_project_that_is_over_stops(heat: World) -> None:
    started(heat)
    lease(heat, username="p-heat")
    heat.hub.servers["p-heat"] = {"": server(state={"lease": "s-1"})}
    loop = Reconciler(heat.parts)
    loop.step()
    heat.later(days=400)
    loop.step()
    assert ("DELETE", "/users/p-heat/server") in heat.hub.done
    assert heat.hub.shares == {"p-heat": set()}

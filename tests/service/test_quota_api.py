from __future__ import annotations

from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from gaia_vre.client import Amounts, LeaseWanted, ServiceClient
from gaia_vre.core.errors import Conflict, DoesNotFit, InvalidInput, NotAllowed, NotFound
from tests.service.conftest import World, with_quotas
from tests.service.fakes import SERVICE_TOKEN

API = "/services/gaia/api/quotas"
HEAT = {
    "accounts": [
        {"name": "site:a"},
        {"name": "community:b", "parent": "site:a", "managers": ["snguyen"]},
        {"name": "project:heat", "title": "Ocean heat", "parent": "community:b", "cores": 6, "groups": ["ocean"]},
    ]
}


def client(world: World, token: str = SERVICE_TOKEN) -> ServiceClient:
    """Return our client, talking to the service in this process."""
    http: TestClient = world.program(token)

    def answer(request: httpx2.Request) -> httpx2.Response:
        path = request.url.raw_path.decode()
        said = http.request(request.method, path, content=request.content, headers=dict(request.headers))
        return httpx2.Response(said.status_code, content=said.content, headers=dict(said.headers), request=request)

    return ServiceClient("http://testserver/services/gaia", token, httpx2.MockTransport(answer))


def lab(name: str = "s-1", cores: float = 2, user: str = "ada", **more: Any) -> LeaseWanted:
    return LeaseWanted(name, "server", user, "", Amounts(cores, 4), **more)


def cluster(name: str = "c-1", workers: int = 2, **more: Any) -> LeaseWanted:
    return LeaseWanted(name, "cluster", "ada", "one", Amounts(1, 2), Amounts(2, 4), workers, **more)


def test_a_lease_is_given_grown_and_ended(any_world: World) -> None:
    hub = client(any_world)
    assert hub.admit(lab()).account == "person:ada"
    given = hub.admit(cluster(parent="s-1"))
    assert (given.granted_workers, given.message) == (2, "")
    assert (given.until - any_world.time[0]).total_seconds() == 600
    assert hub.resize("c-1", Amounts(1, 2), Amounts(2, 4), 5) == (5, "")
    assert hub.release("s-1", ran=True)
    assert not hub.release("s-1", ran=True)


def test_asked_twice_it_is_one_lease(any_world: World) -> None:
    hub = client(any_world)
    assert hub.admit(lab()) == hub.admit(lab())
    assert len(client(any_world, "ada-token").usage()["holds"]) == 1


def test_a_refusal_carries_its_facts(world: World) -> None:
    hub = client(with_quotas(world, **HEAT))
    hub.admit(lab("s-0", 4, "bob", account="project:heat", groups=("ocean",)))
    with pytest.raises(DoesNotFit, match="Ocean heat: 4 cores asked, 2 of 6 left") as caught:
        hub.admit(lab(cores=4, account="project:heat", groups=("ocean",)))
    facts = caught.value.facts
    assert (facts["held_by"], facts["ask"]) == ([{"username": "bob", "amount": 4.0}], ["snguyen"])
    assert {"account": "project:heat", "title": "Ocean heat", "size": "small", "credits": 1.5} in facts["fitting"]


def test_the_gateway_acts_for_people_and_hears_of_partial_grants(world: World) -> None:
    gateway = client(with_quotas(world, defaults={"ceiling": {"cores": 6}}), "gateway-token")
    given = gateway.admit(cluster(workers=40))
    assert given.granted_workers == 2
    assert given.message.startswith("2 of 40 workers: ada: 76 cores asked, 1 of 6 left")


def test_a_lower_limit_shows_when_a_cluster_asks_again(world: World) -> None:
    hub = client(world)
    hub.admit(cluster(workers=10))
    lower = client(with_quotas(world, defaults={"ceiling": {"workers": 4}}))
    assert lower.admit(LeaseWanted("c-2", "cluster", "ada", "two", Amounts(1, 2), Amounts(2, 4), 1)).message
    granted, why = lower.resize("c-1", Amounts(1, 2), Amounts(2, 4), 10)
    assert (granted, "default of a ceiling" in why) == (4, True)


@pytest.mark.parametrize("token", ["ada-token", "root-token", "culler-token"])
@pytest.mark.parametrize("act", ["admit", "resize", "release"])
def test_only_hub_and_gateway_change_leases(world: World, token: str, act: str) -> None:
    someone = client(world, token)
    acts = {
        "admit": lambda: someone.admit(lab()),
        "resize": lambda: someone.resize("c-1", Amounts(1, 1), Amounts(1, 1), 1),
        "release": lambda: someone.release("s-1"),
    }
    with pytest.raises(NotAllowed):
        acts[act]()


def test_people_see_what_is_theirs_only(world: World) -> None:
    hub, bob = client(world), client(world, "bob-token")
    hub.admit(lab())
    assert bob.usage()["holds"] == []
    assert [one["name"] for one in bob.accounts()] == ["person:bob"]
    for path in ("accounts", "usage"):
        assert world.program("bob-token").get(f"{API}/{path}?username=ada").status_code == 403
    assert world.anyone().get(f"{API}/usage").status_code == 401


def test_the_hub_asks_for_somebody_with_their_groups(world: World) -> None:
    hub = with_quotas(world, **HEAT).program(SERVICE_TOKEN)
    found = hub.get(f"{API}/accounts?username=ada&groups=ocean").json()
    assert [one["name"] for one in found] == ["person:ada", "project:heat"]
    large = found[1]["sizes"]["large"]
    assert (large["fits"], large["why"]) == (False, "6 of 6 cores left on Ocean heat")
    assert hub.get(f"{API}/accounts").status_code == 422


def test_a_cluster_of_others_is_no_parent(world: World) -> None:
    hub = client(with_quotas(world, **HEAT))
    hub.admit(lab("s-bob", user="bob", account="project:heat", groups=("ocean",)))
    assert hub.admit(cluster(parent="s-bob")).account == "person:ada"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"cores": -1}, 422),
        ({"cores": 1e9}, 422),
        ({"cores": "NaN"}, 422),
        ({"memory_gib": 1e300}, 422),
        ({"workers": {"count": 10**9, "cores": 1, "memory_gib": 1}}, 422),
        ({"workers": {"count": -1, "cores": 1, "memory_gib": 1}}, 422),
        ({"id": "anything"}, 422),
        ({"id": "s-" + "x" * 500}, 422),
        ({"username": "ada\0"}, 422),
        ({"username": "service:batch"}, 422),
        ({"groups": ["x"] * 2000}, 422),
        ({"seconds_ago": -5}, 422),
        ({"seconds_ago": 1e9}, 422),
        ({"account": "project:gone"}, 404),
        ({"account": "person:bob"}, 404),
        ({"price": 0}, 422),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(world: World, changes: dict[str, Any], status: int) -> None:
    body = lab().body() | changes
    assert world.program(SERVICE_TOKEN).post(f"{API}/leases", json=body).status_code == status
    assert client(world, "ada-token").usage()["holds"] == []


def test_a_forged_lease_grows_nothing(world: World) -> None:
    hub = client(world)
    with pytest.raises(NotFound, match="no running lease"):
        hub.resize("c-forged", Amounts(1, 1), Amounts(1, 1), 1)
    with pytest.raises(InvalidInput):
        hub.resize("x" * 99, Amounts(1, 1), Amounts(1, 1), 1)
    assert not hub.release("s-forged", ran=True)


def test_the_lease_of_another_start_is_not_taken_over(world: World) -> None:
    hub = client(world)
    hub.admit(lab())
    with pytest.raises(Conflict, match="something else"):
        hub.admit(lab(user="bob"))


def test_an_end_gives_its_lease_back(world: World) -> None:
    client(world).admit(lab())
    world.later(hours=1)
    told = {"username": "ada", "ended": world.time[0].isoformat(), "reason": "asked", "lease": "s-1", "ran": True}
    assert world.program(SERVICE_TOKEN).post("/services/gaia/api/endings", json=told).status_code == 201
    usage = client(world, "ada-token").usage()
    assert usage["holds"] == []
    assert usage["accounts"][0]["used"]["core_hours"] == pytest.approx(2)


def test_what_was_told_late_is_charged_from_its_beginning(world: World) -> None:
    hub = client(world)
    world.later(hours=3)
    hub.admit(lab(forced=True, seconds_ago=7200))
    hub.release("s-1", seconds_ago=3600, ran=True)
    own = client(world, "ada-token").accounts()[0]
    assert own["used"]["core_hours"] == pytest.approx(2)

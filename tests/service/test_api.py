import pytest

from gaia_vre.service.model import Thing
from tests.service.conftest import HOUR, NOON, SERVICE_TOKEN, World, problem, server

API = "/services/gaia/api"


def test_a_program_is_known_by_its_token(world: World) -> None:
    answer = world.client.get(f"{API}/me", headers=world.program())
    assert answer.json() == {"name": "ada", "kind": "user", "admin": False}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token forged"}, {"Authorization": "basic YWRhOg=="}])
def test_who_is_not_known_gets_401(world: World, headers: dict[str, str]) -> None:
    assert problem(world.client.get(f"{API}/me", headers=headers))["code"] == "not-signed-in"


def test_a_token_for_something_else_gets_403(world: World) -> None:
    world.hub.add("ada", "narrow", scopes=("read:users!user=ada",))
    told = problem(world.client.get(f"{API}/me", headers=world.program("narrow")))
    assert (told["status"], "access:services!service=gaia" in told["detail"]) == (403, True)


def test_my_servers_and_clusters_are_mine_alone(world: World) -> None:
    world.hub.servers = {"ada": [server()], "grace": [server("hers")]}
    world.gateway.add("ada", "a1")
    world.gateway.add("grace", "g1")
    assert [each["name"] for each in world.client.get(f"{API}/servers", headers=world.program()).json()] == [""]
    assert [each["name"] for each in world.client.get(f"{API}/clusters", headers=world.program()).json()] == ["a1"]


def test_a_start_is_made_with_my_own_rights(world: World) -> None:
    assert world.client.post(f"{API}/server", headers=world.program()).status_code == 202
    assert world.hub.changes() == [("POST", "/users/ada/server", "token-of-ada")]


def test_the_cluster_of_another_is_not_there_and_goes_on(world: World) -> None:
    world.gateway.add("grace", "g1")
    answer = world.client.delete(f"{API}/clusters/g1", headers=world.program())
    assert problem(answer)["status"] == 404
    assert world.gateway.stopped == []


def test_my_cluster_stops(world: World) -> None:
    world.gateway.add("ada", "a1")
    assert world.client.delete(f"{API}/clusters/a1", headers=world.program()).status_code == 204
    assert world.gateway.stopped == ["a1"]


REPORT = {"username": "ada", "reason": "memory", "ended": NOON.isoformat()}


def test_the_hub_tells_why_something_ended(world: World) -> None:
    answer = world.client.post(f"{API}/endings", json=REPORT, headers=world.program(SERVICE_TOKEN))
    assert answer.status_code == 201, answer.text
    told = world.client.get(f"{API}/endings", headers=world.program()).json()
    assert [each["reason"] for each in told] == ["memory"]


def test_nobody_else_may_tell_it(world: World) -> None:
    answer = world.client.post(f"{API}/endings", json=REPORT, headers=world.program())
    assert problem(answer)["status"] == 403
    assert world.store.endings("ada") == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"reason": "magic"}, id="unknown reason"),
        pytest.param({"username": "x" * 256}, id="long name"),
        pytest.param({"ended": "yesterday"}, id="no time"),
        pytest.param({"surprise": 1}, id="unknown key"),
    ],
)
def test_a_report_that_does_not_fit_changes_nothing(world: World, change: dict[str, object]) -> None:
    answer = world.client.post(f"{API}/endings", json=REPORT | change, headers=world.program(SERVICE_TOKEN))
    assert problem(answer)["status"] == 422
    assert world.store.endings("ada") == []


def test_the_notice_of_another_cannot_be_dismissed(world: World) -> None:
    world.store.report(Thing("server", "grace", ""), "memory", NOON - HOUR, NOON)
    number = world.store.endings("grace")[0].id
    answer = world.client.post(f"{API}/endings/{number}/dismiss", headers=world.program())
    assert problem(answer)["status"] == 404
    assert len(world.store.endings("grace")) == 1


def test_a_body_over_the_limit_is_refused(world: World) -> None:
    answer = world.client.post(f"{API}/endings", content=b"x" * 1_000_001, headers=world.program(SERVICE_TOKEN))
    assert "1,000,000 bytes" in problem(answer)["detail"]
    assert answer.status_code == 413


def test_a_body_that_hides_its_length_is_refused_too(world: World) -> None:
    parts = (b"x" * 100_000 for _ in range(11))
    answer = world.client.post(f"{API}/endings", content=parts, headers=world.program(SERVICE_TOKEN))
    assert answer.status_code == 413


def test_a_silent_hub_is_said_so(world: World) -> None:
    world.hub.down = True
    assert "hub does not answer" in problem(world.client.get(f"{API}/me", headers=world.program()))["detail"]
    health = world.client.get("/services/gaia/health")
    assert (health.status_code, "hub" in health.json()["detail"]) == (503, True)


def test_health_is_good_when_all_answers(world: World) -> None:
    assert world.client.get("/services/gaia/health").json() == {"status": "ok"}


def test_the_interface_describes_itself(world: World) -> None:
    paths = world.client.get(f"{API}/openapi.json").json()["paths"]
    assert f"{API}/servers" in paths


def test_numbers_name_no_person(world: World) -> None:
    world.client.get(f"{API}/servers", headers=world.program())
    told = world.client.get("/services/gaia/metrics").text
    assert 'route="/api/servers"' in told
    assert "ada" not in told


def test_every_answer_has_a_strict_policy(world: World) -> None:
    policy = world.client.get(f"{API}/me").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy

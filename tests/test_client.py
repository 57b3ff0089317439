"""The client raises what the service raised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from gaia_vre.client import Report, ServiceClient
from gaia_vre.core.errors import (
    ERRORS,
    GaiaError,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    Unavailable,
)
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from tests.service.conftest import World, make_world
from tests.service.fakes import NOON, SERVICE_TOKEN, cluster, server

URL = "http://testserver/services/gaia"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, tmp_path)
    yield world
    world.close()


class Bridge(httpx2.BaseTransport):
    """Carry the client's requests to the service in this process."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = {key: value for key, value in request.headers.items() if key != "host"}
        answer = self.client.request(
            request.method, request.url.raw_path.decode(), content=request.read(), headers=headers
        )
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)


def client(world: World, token: str = "ada-token") -> ServiceClient:
    return ServiceClient(URL, token, transport=Bridge(world.anyone()))


def answering(response: httpx2.Response | Exception) -> ServiceClient:
    def answer(_: httpx2.Request) -> httpx2.Response:
        if isinstance(response, Exception):
            raise response
        return response

    return ServiceClient(URL, "t", transport=httpx2.MockTransport(answer))


def test_it_says_who_i_am(world: World) -> None:
    with client(world) as service:
        assert (service.me().name, service.me().admin) == ("ada", False)


def test_it_lists_and_stops_what_is_mine(world: World) -> None:
    world.hub.servers["ada"] = {"": server(), "two": server("two")}
    world.gateway.clusters = [cluster()]
    service = client(world)
    assert [each.name for each in service.servers()] == ["", "two"]
    assert service.servers()[0].started == NOON - timedelta(hours=2)
    assert service.clusters()[0].started == NOON - timedelta(hours=1)
    service.stop_server("two")
    service.stop_server()
    service.start_server()
    service.stop_cluster("c1")
    assert [path for _, path in world.hub.done] == ["/users/ada/servers/two", "/users/ada/server", "/users/ada/server"]
    assert service.clusters() == []


def test_a_reported_end_is_found_and_dismissed(world: World) -> None:
    client(world, SERVICE_TOKEN).report(Report(username="ada", reason="memory", ended=NOON, detail="x" * 900))
    service = client(world)
    ending = service.endings()[0]
    assert (ending.reason, ending.ended, len(ending.detail)) == ("memory", NOON, 500)
    service.dismiss(ending.id)
    assert service.endings() == []


@pytest.mark.parametrize(
    ("token", "act", "kind"),
    [
        ("nobody", lambda service: service.me(), NotSignedIn),
        ("weak-token", lambda service: service.me(), NotAllowed),
        ("ada-token", lambda service: service.stop_cluster("c9"), NotFound),
        ("ada-token", lambda service: service.stop_server("NO"), InvalidInput),
        ("ada-token", lambda service: service.ask("POST", "/endings", {"x": "y" * 2_000_000}), TooLarge),
    ],
    ids=["401", "403", "404", "422", "413"],
)
def test_it_raises_what_the_service_raised(world: World, token: str, act: object, kind: type[GaiaError]) -> None:
    with pytest.raises(kind):
        act(client(world, token))


def test_the_message_arrives_whole(world: World) -> None:
    with pytest.raises(NotFound, match="You have no Dask cluster c9"):
        client(world).stop_cluster("c9")


def test_a_name_cannot_leave_its_place_in_the_path(world: World) -> None:
    for name in ("../../server", "a/b", "?x", "é"):
        with pytest.raises((NotFound, InvalidInput)):
            client(world).stop_server(name)
    assert world.hub.done == []


def test_a_service_that_is_away_is_named() -> None:
    with pytest.raises(Unavailable, match="http://testserver/services/gaia does not answer"):
        answering(httpx2.ConnectError("refused")).me()


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (502, b"<html>", Unavailable),
        (404, b"[]", InvalidInput),
        (418, b'{"code": "tea", "detail": "I am a pot"}', GaiaError),
    ],
)
def test_an_answer_that_is_no_problem_document_is_still_an_error_of_ours(
    status: int, content: bytes, kind: type[GaiaError]
) -> None:
    with pytest.raises(kind):
        answering(httpx2.Response(status, content=content)).me()


@pytest.mark.parametrize("kind", ERRORS.values(), ids=lambda kind: kind.__name__)
def test_every_error_of_ours_comes_out_as_itself(kind: type[GaiaError]) -> None:
    told = {"status": kind.status, "code": kind.code, "detail": "3 of 2 asked"}
    with pytest.raises(kind, match="3 of 2 asked"):
        answering(httpx2.Response(kind.status, json=told)).me()


def test_outside_a_lab_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAIA_VRE_URL", raising=False)
    with pytest.raises(NotSignedIn, match="url and a hub token"):
        ServiceClient()


def test_in_a_lab_its_environment_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAIA_VRE_URL", f"{URL}/")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t")
    with ServiceClient() as service:
        assert service.url == URL

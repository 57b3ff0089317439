"""Somebody in a project by a group loses it at the institution while her page is open, and is out of everything."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2
import pytest
import websocket

from tests.end_to_end.test_together import LAB, SLUG, Project, project_kernel, token_of
from tests.hub.test_institution import ODATIS, provider  # noqa: F401
from tests.hub.test_institution import sign_in as by_institution
from tests.support.environment import Environment, until
from tests.support.lab_client import Kernel, LabClient
from tests.support.site import has_cluster

OCEAN = "urn:mace:egi.eu:group:ocean#aai.example.org"
LIMIT_SECONDS = 60
SUBJECTS = {"ada": "11", "bob": "12"}

pytestmark = pytest.mark.skipif(has_cluster(), reason="signs in at a provider of this machine")


@pytest.fixture(scope="module")
def project(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:  # noqa: F811
    """A project of ada's whose editors are those of the group ocean, of which bob is."""
    for name in SUBJECTS:
        say(provider, name, ODATIS, OCEAN)
    oidc = {"issuer": provider, "client_id": "gaia", "allowed_groups": ["odatis"]}
    environment = Environment(
        tmp_path_factory.mktemp("institution") / "state", settings={"login": {"kind": "oidc", "oidc": oidc}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAIA_VRE_OIDC_SECRET", "secret")
        environment.start()
    people = {name: signed_in(environment, name) for name in SUBJECTS}
    found = Project(environment, **people, eve=people["bob"], _tokens={name: token_of(people[name]) for name in people})
    assert found.ask("ada", "POST", "", {"title": "Ocean heat", "slug": SLUG}).status_code == 201
    given = found.ask("ada", "PUT", f"/{SLUG}/groups", {"group": "ocean", "role": "editor"})
    assert given.status_code == 204, given.text
    assert found.ask("ada", "POST", f"/{SLUG}/server", {}).status_code == 202
    until(lambda: found.ask("ada", "GET", f"/{SLUG}/server").json()["state"] == "running", 120, "the server runs")
    try:
        yield found
    finally:
        for one in people.values():
            one.close()
        environment.down()


def signed_in(environment: Environment, name: str) -> LabClient:
    client = LabClient(environment.url)
    by_institution(client.http, environment.url, SUBJECTS[name])
    client.username = name
    return client


def say(provider: str, name: str, *groups: str) -> None:  # noqa: F811
    claims = {"preferred_username": name, "eduperson_entitlement": list(groups)}
    httpx2.put(f"{provider}/users/{SUBJECTS[name]}", json=claims).raise_for_status()


def cut_after(kernel: Kernel, seconds: float) -> float:
    """Sit before an open page and do nothing; return after how long its connection was cut."""
    begun = time.monotonic()
    try:
        while True:
            kernel._receive(begun + seconds)
    except (ValueError, websocket.WebSocketConnectionClosedException, ConnectionError):  # an empty word closes
        return time.monotonic() - begun


def test_a_lost_group_cuts_an_open_page_its_kernel_and_the_share(project: Project, provider: str) -> None:  # noqa: F811
    assert project.ask("bob", "POST", f"/{SLUG}/server/open").status_code == 200
    theirs, kernel = project_kernel(project, "ada"), project_kernel(project, "bob")
    begun = time.monotonic()
    say(provider, "bob", ODATIS)
    assert cut_after(kernel, LIMIT_SECONDS) < LIMIT_SECONDS
    until(lambda: not runs(project, kernel.id), LIMIT_SECONDS, "bob's kernel has ended")
    until(lambda: project.lab("bob", "api/contents") == 403, LIMIT_SECONDS, "bob's requests are refused")
    assert time.monotonic() - begun < LIMIT_SECONDS
    kernel.close()
    assert project.ask("bob", "POST", f"/{SLUG}/server/open").status_code in (403, 404)
    assert theirs.execute("print(1 + 1)").text.strip() == "2"
    theirs.close()


def runs(project: Project, number: str) -> bool:
    return number in {one["id"] for one in project.ada.http.get(f"{LAB}/api/kernels").json()}

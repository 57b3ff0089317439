"""Projects as pods: folders by role in members' labs, and a server that two people are in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx2
import pytest

from tests.support.environment import until
from tests.support.lab_client import LabClient
from tests.support.site import Site

SLUG = "sea-ice"


@dataclass
class Project:
    """A project of ada's, with bob as editor and eve as viewer."""

    labs: dict[str, LabClient]
    apis: dict[str, httpx2.Client]

    @contextmanager
    def inside(self, name: str) -> Iterator[LabClient]:
        """Take a person's browser to the project's server."""
        browser = self.labs[name]
        browser.username = f"p-{SLUG}"
        yield browser
        browser.username = name


@pytest.fixture
def project(site: Site, sign_in: Callable[[str], LabClient]) -> Iterator[Project]:
    with ExitStack() as opened:
        labs = {name: sign_in(name) for name in ("ada", "bob", "eve")}
        apis = {name: opened.enter_context(lab.service()) for name, lab in labs.items()}
        made = apis["ada"].post("/projects", json={"title": "Sea ice", "slug": SLUG})
        assert made.status_code in (201, 409), made.text
        for name, role in (("bob", "editor"), ("eve", "viewer")):
            assert apis["ada"].put(f"/projects/{SLUG}/members/{name}", json={"role": role}).status_code == 200
        yield Project(labs, apis)
        apis["ada"].delete(f"/projects/{SLUG}/server")


def test_two_members_work_in_one_server_and_a_viewer_sees_the_files(project: Project) -> None:
    assert project.apis["bob"].post(f"/projects/{SLUG}/server", json={}).status_code == 202
    until(lambda: project.apis["bob"].get(f"/projects/{SLUG}/server").json()["state"] == "running", 180, "it runs")
    for name in ("ada", "bob"):
        with project.inside(name) as there:
            there.open_lab(60)
            with there.open_notebook(f"{name}.ipynb") as kernel:
                kernel.execute(f"open('{name}.txt', 'w').write('of {name}')")
    with project.inside("eve") as viewer:
        assert viewer.http.get(f"/user/p-{SLUG}/api/contents").status_code in (403, 404)
    lab = project.labs["eve"]
    lab.start_server({"size": "tiny"}, seconds=180)
    with lab.open_notebook() as kernel:
        read = kernel.execute(f"print(open('projects/{SLUG}/bob.txt').read())")
        write = kernel.execute(f"open('projects/{SLUG}/bob.txt', 'w')")
    assert read.text.strip() == "of bob"
    assert "Read-only file system" in write.text


def test_what_an_editor_writes_in_the_own_lab_others_can_change(project: Project) -> None:
    for name, code in (
        ("ada", f"open('projects/{SLUG}/shared.txt', 'w').write('ada')"),
        ("bob", f"open('projects/{SLUG}/shared.txt', 'a').write('+bob')"),
    ):
        lab = project.labs[name]
        lab.start_server({"size": "tiny"}, seconds=180)
        with lab.open_notebook() as kernel:
            reply = kernel.execute(code)
        assert reply.status == "ok", reply.text

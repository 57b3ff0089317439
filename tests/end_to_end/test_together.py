"""Two people edit one notebook of a project at once in Chromium; one is taken out while connected, and is out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from gaia_vre.isolation.bubblewrap import bubblewrap
from tests.end_to_end.test_browser import browser, pytestmark, shot, sign_in  # noqa: F401
from tests.support.environment import Environment, until
from tests.support.lab_client import Kernel, LabClient, LabError

SLUG = "ocean-heat"
LAB = f"/user/p-{SLUG}"
OUT_SECONDS = 60
NOTEBOOK = {
    "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": ""}],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@dataclass
class Project:
    """A project of ada's with a server that runs; bob is editor, eve viewer."""

    environment: Environment
    ada: LabClient
    bob: LabClient
    eve: LabClient
    _tokens: dict[str, str]

    def ask(self, name: str, method: str, path: str = "", body: Any = None) -> httpx2.Response:
        """Ask the API of this project as a person."""
        headers = {"Authorization": f"token {self._tokens[name]}"}
        url = f"{self.environment.url}/services/gaia/api/projects{path}"
        return httpx2.request(method, url, headers=headers, json=body, timeout=60, trust_env=False)

    def lab(self, name: str, path: str) -> int:
        """Return how the project's server answers to a person's browser."""
        client: LabClient = getattr(self, name)
        return client.http.get(f"{LAB}/{path}").status_code


def token_of(client: LabClient) -> str:
    headers = client._headers("/hub/")
    answer = client.http.post(f"/hub/api/users/{client.username}/tokens", json={"expires_in": 3600}, headers=headers)
    return str(answer.json()["token"])


@pytest.fixture(scope="module")
def project(environment: Environment) -> Iterator[Project]:
    people = {}
    for name in ("ada", "bob", "eve"):
        people[name] = LabClient(environment.url)
        people[name].login(name, environment.password())
    found = Project(environment, **people, _tokens={name: token_of(one) for name, one in people.items()})
    made = found.ask("ada", "POST", "", {"title": "Ocean heat", "slug": SLUG})
    assert made.status_code in (201, 409), made.text  # a site that is kept has it from before
    for name, role in (("bob", "editor"), ("eve", "viewer")):
        assert found.ask("ada", "PUT", f"/{SLUG}/members/{name}", {"role": role}).status_code == 200
    assert found.ask("bob", "POST", f"/{SLUG}/server", {}).status_code == 202
    until(lambda: found.ask("bob", "GET", f"/{SLUG}/server").json()["state"] == "running", 120, "the server runs")
    yield found
    found.ask("ada", "DELETE", f"/{SLUG}/server")
    for one in people.values():
        one.close()


def opened(browser: Any, environment: Environment, name: str) -> Page:  # noqa: F811
    context = browser.new_context(base_url=environment.url, viewport={"width": 1200, "height": 800}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, environment, name)
    page.wait_for_url("**/services/gaia/**")
    page.goto(f"{LAB}/lab/tree/shared.ipynb")
    expect(page.locator(".jp-Notebook .jp-CodeCell .cm-content").first).to_be_visible()
    return page


def test_a_viewer_and_a_stranger_are_not_in(project: Project) -> None:
    assert project.lab("eve", "lab") == 403
    assert project.lab("eve", "api/contents") == 403


def test_nobody_signs_in_as_a_project_or_starts_its_server_by_the_hub(project: Project) -> None:
    with LabClient(project.environment.url) as client, pytest.raises(LabError):
        client.login(f"p-{SLUG}", project.environment.password())
    headers = project.bob._headers("/hub/")
    for path in (f"users/p-{SLUG}/server", f"users/p-{SLUG}/servers/second", "gaia/projects/mine"):
        method = "PUT" if path.startswith("gaia") else "POST"
        answer = project.bob.http.request(method, f"/hub/api/{path}", headers=headers, json={})
        assert answer.status_code in (403, 404), path


def test_the_server_has_its_projects_credentials_and_nobodys_files(project: Project) -> None:
    kernel = project_kernel(project, "bob")
    told = kernel.execute(
        "import os, gaia_vre as gaia\n"
        "print(os.environ['JUPYTERHUB_USER'], os.path.basename(os.getcwd()), os.path.exists('../../homes'))\n"
        "try:\n    list(gaia.project)\nexcept Exception as error:\n    print(type(error).__name__)"
    )
    kernel.close()
    assert told.text.split() == [f"p-{SLUG}", SLUG, "False", "NotAllowed"], told.text


def project_kernel(project: Project, name: str) -> Kernel:
    """Start a kernel in the project's server as JupyterLab does."""
    client: LabClient = getattr(project, name)
    client.http.get(f"{LAB}/lab")  # through OAuth with the hub
    headers = client._headers(f"{LAB}/")
    made = client.http.post(f"{LAB}/api/kernels", json={"name": "python3"}, headers=headers)
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    address = f"{project.environment.url}{LAB}/api/kernels/{number}/channels"
    kernel = Kernel(number, address, cookies=client.cookies(f"{LAB}/"))
    kernel.wait()
    return kernel


def test_a_project_folder_is_in_the_labs_of_its_members_by_their_roles(project: Project) -> None:
    project.environment.write_to_project(SLUG, "from-the-server.txt", "seen by all")
    for client, writes in ((project.ada, True), (project.eve, False)):
        client.start_server()
        listed = client.api("GET", f"contents/projects/{SLUG}").json()["content"]
        assert "from-the-server.txt" in {one["name"] for one in listed}
        model = {"type": "file", "format": "text", "content": client.username}
        answer = client.api("PUT", f"contents/projects/{SLUG}/by-{client.username}.txt", json=model)
        if bubblewrap() is not None:
            assert (answer.status_code == 201) is writes, answer.text
    deleted = project.ada.api("DELETE", f"contents/projects/{SLUG}/by-ada.txt")
    assert deleted.status_code == 204, deleted.text
    assert [one["path"] for one in project.ask("ada", "GET", f"/{SLUG}/trash").json()] == ["by-ada.txt"]
    assert project.ask("eve", "GET", f"/{SLUG}/trash").status_code == 403
    project.eve.stop_server()
    assert project.ask("ada", "DELETE", f"/{SLUG}/members/eve").status_code == 204
    project.eve.start_server()
    assert project.eve.api("GET", f"contents/projects/{SLUG}").status_code == 404
    for client in (project.ada, project.eve):
        client.stop_server()


def test_the_panel_offers_what_a_project_has(project: Project, browser: Any, environment: Environment) -> None:  # noqa: F811
    body = {"type": "notebook", "format": "json", "content": NOTEBOOK}
    project.ada.http.get(f"{LAB}/lab")
    headers = project.ada._headers(f"{LAB}/")
    assert project.ada.http.put(f"{LAB}/api/contents/shared.ipynb", json=body, headers=headers).status_code == 201
    ada, bob = (opened(browser, environment, name) for name in ("ada", "bob"))
    ada.locator('.lm-TabBar-tab[data-id="gaia-panel"]').click()
    ada.get_by_role("searchbox").fill("température de surface")
    ada.get_by_role("button", name="Insert cell: OSTIA").click()
    expect(bob.locator(".jp-Notebook")).to_contain_text('gaia.open("ostia-monthly")')
    expect(ada.locator("[data-gaia-section=projects]")).to_have_count(0)  # a project is in no other
    sections = ada.locator("[data-gaia-section]").evaluate_all("all => all.map(one => one.dataset.gaiaSection)")
    shot(ada, "together-panel")
    assert sections == ["catalog", "usage", "dask", "sandboxes"]
    ada.context.close()
    bob.context.close()
    gone = project.ada.http.delete(f"{LAB}/api/contents/shared.ipynb", headers=headers)
    assert gone.status_code == 204, gone.text


def test_two_people_edit_at_once_and_one_who_is_taken_out_is_out(
    project: Project,
    browser: Any,  # noqa: F811
    environment: Environment,
) -> None:
    headers = project.ada._headers(f"{LAB}/")
    project.ada.http.get(f"{LAB}/lab")
    headers = project.ada._headers(f"{LAB}/")
    body = {"type": "notebook", "format": "json", "content": NOTEBOOK}
    written = project.ada.http.put(f"{LAB}/api/contents/shared.ipynb", json=body, headers=headers)
    assert written.status_code == 201, written.text
    ada, bob = (opened(browser, environment, name) for name in ("ada", "bob"))
    for page, words in ((ada, "# ada was here"), (bob, "# and bob")):
        cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
        cell.click()
        page.keyboard.press("Control+End")
        page.keyboard.insert_text(f"{words}\n")
    for page in (ada, bob):
        cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
        expect(cell).to_contain_text("# ada was here")
        expect(cell).to_contain_text("# and bob")
    shot(ada, "together-ada")
    shot(bob, "together-bob")

    def saved() -> str:
        return environment.read_from_project(SLUG, "shared.ipynb")

    until(lambda: "# and bob" in (text := saved()) and "# ada was here" in text, 20, "both are saved")

    kernel, theirs = project_kernel(project, "bob"), project_kernel(project, "ada")
    assert project.ask("ada", "DELETE", f"/{SLUG}/members/bob").status_code == 204
    began = time.monotonic()
    until(lambda: project.lab("bob", "api/contents") == 403, OUT_SECONDS, "bob's requests are refused")
    until(lambda: _cut(kernel), OUT_SECONDS, "bob's kernel is cut")
    until(lambda: not _runs(project, kernel.id), OUT_SECONDS, "bob's kernel has ended")
    took = time.monotonic() - began
    assert took < OUT_SECONDS
    kernel.close()
    expect(bob.get_by_role("dialog")).to_be_visible()
    shot(bob, "together-bob-out")
    bob.keyboard.press("Escape")
    bob.keyboard.insert_text("# bob is out\n")
    ada.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    ada.keyboard.press("Control+End")
    ada.keyboard.insert_text("# ada goes on\n")
    until(lambda: "# ada goes on" in saved(), 20, "ada's words are saved")
    assert "# bob is out" not in saved()
    assert theirs.execute("print(1 + 1)").text.strip() == "2"
    theirs.close()
    ada.context.close()
    bob.context.close()


@pytest.mark.parametrize("part", ["service", "hub"])
def test_a_kill_while_somebody_is_taken_out_lets_nobody_stay(
    project: Project, environment: Environment, part: str
) -> None:
    assert project.ask("ada", "PUT", f"/{SLUG}/members/bob", {"role": "editor"}).status_code == 200
    project.bob.http.get(f"{LAB}/lab")
    until(lambda: project.lab("bob", "api/contents") == 200, 60, "bob is in")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(project.ask, "ada", "DELETE", f"/{SLUG}/members/bob")
        before = environment.kill(part)
        with contextlib.suppress(httpx2.HTTPError):
            asked.result()
    environment.recovered(part, before)
    project.ask("ada", "DELETE", f"/{SLUG}/members/bob")  # the request itself may have been lost; twice changes nothing
    names = [one["username"] for one in project.ask("ada", "GET", f"/{SLUG}/members").json()]
    assert "bob" not in names
    until(lambda: project.lab("bob", "api/contents") == 403, OUT_SECONDS, "bob is out")
    assert project.lab("ada", "api/contents") == 200


def test_a_kill_while_a_project_is_made_leaves_all_of_it_or_nothing(project: Project, environment: Environment) -> None:
    body = {"title": "Half a project", "slug": f"half-{SLUG}"}
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(project.ask, "ada", "POST", "", body)
        before = environment.kill("service")
        with contextlib.suppress(httpx2.HTTPError):
            asked.result()
    environment.recovered("service", before)
    made = project.ask("ada", "GET", f"/half-{SLUG}").status_code
    assert made in (200, 404)
    if made == 404:
        assert project.ask("ada", "POST", "", body).status_code == 201

    def paid() -> bool:
        headers = {"Authorization": f"token {project._tokens['ada']}"}
        url = f"{environment.url}/services/gaia/api/quotas/accounts"
        answer = httpx2.get(url, headers=headers, timeout=60, trust_env=False)
        return f"project:half-{SLUG}" in answer.text

    until(paid, 60, "its account is there")


def _cut(kernel: Kernel) -> bool:
    try:
        kernel.execute("1", seconds=2)
    except Exception:
        return True
    return False


def _runs(project: Project, number: str) -> bool:
    answer = project.ada.http.get(f"{LAB}/api/kernels")
    assert answer.status_code == 200
    return number in {one["id"] for one in answer.json()}

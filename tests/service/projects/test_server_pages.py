"""The part of a project's page about its server and its files."""

from __future__ import annotations

from typing import Any

from tests.service.conftest import World, proof
from tests.service.fakes import server
from tests.service.projects.heat import API, project_client

PAGE = "/services/gaia/projects/heat"


def press(world: World, path: str, user: str = "ada", **fields: str) -> Any:
    browser = world.browser(user=user)
    return browser.post(f"{PAGE}/{path}", data=fields | {"_xsrf": proof(browser.get(PAGE).text)})


def test_the_page_starts_opens_and_stops_the_server(heat: World) -> None:
    assert "It does not run." in heat.browser().get(PAGE).text
    assert press(heat, "server/start", size="medium").headers["location"] == f"{PAGE}#server"
    heat.hub.servers["p-heat"] = {"": server(pending="spawn", ready=False)}
    assert 'http-equiv="refresh"' in heat.browser().get(PAGE).text
    heat.hub.servers["p-heat"] = {"": server()}
    project_client(heat).post(f"{API}/heat/server/people", params={"present": ["bob", "eve"]})
    text = heat.browser().get(PAGE).text
    assert "In it: bob" in text
    assert "bob, eve" not in text
    assert press(heat, "server/open").headers["location"] == "/user/p-heat/lab"
    assert press(heat, "server/stop").status_code == 303
    assert heat.hub.done[-1] == ("DELETE", "/users/p-heat/server")


def test_the_page_gives_viewers_no_button_and_answers_a_forged_one_with_403(heat: World) -> None:
    heat.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    text = heat.browser(user="bob").get(PAGE).text
    assert "/server/" not in text
    assert [press(heat, f"server/{act}", "bob").status_code for act in ("start", "open", "stop")] == [403] * 3
    assert heat.browser().post(f"{PAGE}/server/start").status_code == 403


def test_the_page_shows_files_as_text_and_folders_as_links(heat: World) -> None:
    folder = heat.parts.folders.make("heat")
    (folder / "<b>run").mkdir()
    (folder / "<b>run" / "deep").mkdir()
    text = heat.browser().get(PAGE).text
    assert "&lt;b&gt;run" in text
    assert "?folder=%3Cb%3Erun#files" in text
    assert "%3Cb%3Erun/deep#files" in heat.browser().get(PAGE, params={"folder": "<b>run"}).text
    assert "no such folder" in heat.browser().get(PAGE, params={"folder": "../cold"}).text


def test_a_silent_hub_leaves_the_page_whole(heat: World) -> None:
    browser = heat.browser()
    heat.hub.tokens["ada-token"]["groups"] = []
    assert browser.get(PAGE).status_code == 200
    heat.hub.down = True
    assert "The hub does not answer" in browser.get(PAGE).text

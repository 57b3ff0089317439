"""An editor of heat reaches nothing of heating, a project beside it, by any route that reads a project's files.

Whatever an editor can put into the own folder stands there: links to the neighbour's folder and files, and files of
the neighbour under a second name.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.core.errors import NotFound
from tests.service.conftest import HOME, World
from tests.service.fakes import ACCESS, NOON
from tests.service.projects.heat import API

SECRET = "what heating keeps for itself"
FILES = {
    "secret.ipynb": json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": SECRET}],
        }
    ),
    "secret.py": f"import panel  # {SECRET}",
    "secret.csv": f"a\n{SECRET}\n",
}
WAYS = {
    "above": "../heating/{name}",
    "from the top": "/projects/heating/{name}",
    "through a folder and above": "run/../../heating/{name}",
    "a link to the folder": "way/{name}",
    "a link to the file": "link-{name}",
    "a second name": "twin-{name}",
}
CSV = {"title": "Mine", "abstract": "", "licence": "CC-BY-4.0", "creators": ["Bob"]}


@pytest.fixture
def heat(world: World) -> World:
    """Bob edits heat and is a stranger to eve's heating, whose name begins with it."""
    world.hub.tokens["eve-token"] = {"name": "eve", "kind": "user", "admin": False, "scopes": [ACCESS]}
    assert world.program().post(API, json={"title": "Heat", "slug": "heat"}).status_code == 201
    assert world.program().put(f"{API}/heat/members/bob", json={"role": "editor"}).status_code == 200
    assert world.program("eve-token").post(API, json={"title": "Heating", "slug": "heating"}).status_code == 201
    mine, theirs = (world.parts.folders.make(slug) for slug in ("heat", "heating"))
    put(mine, theirs)
    return world


def put(mine: Path, theirs: Path) -> None:
    """Let the neighbour have files, and an editor every kind of way to them."""
    (mine / "run").mkdir()
    (mine / "way").symlink_to(theirs)
    for name, content in FILES.items():
        (theirs / name).write_text(content)
        (mine / f"link-{name}").symlink_to(theirs / name)
        os.link(theirs / name, mine / f"twin-{name}")


@contextlib.contextmanager
def swapped(mine: Path, theirs: Path) -> Iterator[None]:
    """Have a folder be one's own and a link to the neighbour's in turns, as fast as can be, as long as this lasts."""
    folder, link, stop = mine / "turns", mine / "other", threading.Event()
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text("ours")
    link.symlink_to(theirs)

    def swap() -> None:
        while not stop.is_set():
            for old, new in (("turns", "third"), ("other", "turns"), ("third", "other")):
                (mine / old).rename(mine / new)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def refused(answer: Any) -> None:
    assert answer.status_code in (403, 404, 422), answer.text
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "path", ["../heating", "/heating", "run/../../heating", "way", "way/", "..", "heating", "%2e%2e"]
)
def test_no_list_of_files_shows_a_neighbours(heat: World, path: str) -> None:
    refused(heat.program("bob-token").get(f"{API}/heat/files", params={"path": path}))
    page = heat.browser(user="bob").get(f"{HOME}projects/heat", params={"folder": path}).text
    assert ">secret.csv" not in page


@pytest.mark.parametrize("path", ["files", "server", "snapshots", "trash", "bag.zip", "facts", "published", "apps"])
def test_no_route_of_a_neighbour_answers_a_stranger(heat: World, path: str) -> None:
    refused(heat.program("bob-token").get(f"{API}/heating/{path}"))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_notebook_of_a_neighbour_is_published(heat: World, way: str) -> None:
    body = {"path": way.format(name="secret.ipynb")}
    refused(heat.program("bob-token").post(f"{API}/heat/published", json=body))
    assert heat.program("bob-token").get(f"{API}/heat/published").json() == []


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_program_of_a_neighbour_is_an_app(heat: World, way: str) -> None:
    refused(heat.program("bob-token").post(f"{API}/heat/apps", json={"path": way.format(name="secret.py")}))
    assert heat.program("bob-token").get(f"{API}/heat/apps").json() == []


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_data_of_a_neighbour_are_published(heat: World, way: str) -> None:
    body = {"path": way.format(name="secret.csv"), "name": "heat.mine", "collection": {"id": "heat.mine"}, **CSV}
    refused(heat.program("bob-token").post(f"{API}/heat/published-datasets", json=body))
    assert heat.program("bob-token").get(f"{API}/heat/published-datasets").json() == []


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_earlier_state_of_a_neighbour_is_read_or_copied_back(heat: World, way: str) -> None:
    heat.later(days=365)
    name = f"daily-{NOON.year + 1}-01-02-0000"
    states = heat.parts.settings.project_folders / ".zfs" / "snapshot" / name
    for slug in ("heat", "heating"):
        (states / slug).mkdir(parents=True)
    put(states / "heat", states / "heating")
    bob, path = heat.program("bob-token"), way.format(name="secret.csv")
    state = bob.get(f"{API}/heat/snapshots").json()[0]["name"]
    refused(bob.get(f"{API}/heat/snapshots/{state}/files", params={"path": path.rpartition("/")[0] or path}))
    before = shown(heat)
    refused(bob.post(f"{API}/heat/snapshots/{state}/restore", json={"path": path}))
    assert shown(heat) == before


def shown(world: World) -> list[str]:
    return [one.name for one in world.parts.folders.entries("heat")]


def test_no_state_is_found_by_a_name_that_leads_to_a_neighbour(heat: World) -> None:
    for state in ("%2e%2e%2f%2e%2e%2fheating", "%2e%2e%2fheating", "..%5cheating", "heating"):
        refused(heat.program("bob-token").get(f"{API}/heat/snapshots/{state}/files"))


def test_the_archive_holds_nothing_of_a_neighbour(heat: World) -> None:
    (heat.parts.folders.path("heat") / "mine.txt").write_text("ours")
    os.link(heat.parts.folders.path("heat") / "mine.txt", heat.parts.folders.path("heat") / "mine-too.txt")
    answer = heat.program("bob-token").get(f"{API}/heat/bag.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bag:
        content = {name: bag.read(name) for name in bag.namelist()}
    assert not [name for name, inside in content.items() if SECRET.encode() in inside]
    files = {name.partition("/data/files/")[2]: inside for name, inside in content.items() if "/data/files/" in name}
    assert (files["mine.txt"], files["mine-too.txt"]) == (b"ours", b"ours")


def test_a_sandbox_that_is_a_copy_holds_nothing_of_a_neighbour(heat: World) -> None:
    (heat.parts.folders.path("heat") / "mine.txt").write_text("ours")
    body = {"source": {"kind": "project", "reference": "heat"}}
    made = heat.program("bob-token").post("/services/gaia/api/sandboxes", json=body)
    assert made.status_code == 202, made.text
    home = Path(heat.parts.settings.state) / "sandboxes" / made.json()["id"]
    found = [one for one in home.rglob("*") if one.is_file()]
    assert "mine.txt" in {one.name for one in found}
    assert not [one for one in found if SECRET.encode() in one.read_bytes()]


@pytest.mark.parametrize("to", ["project:heating", "project:heat/../heating", "project:../heating", "project:heat-"])
def test_nothing_is_kept_in_a_neighbours_folder(heat: World, to: str) -> None:
    before = sorted(one.name for one in heat.parts.folders.path("heating").iterdir())
    refused(heat.program("bob-token").post("/services/gaia/api/sandboxes/none/keep", json={"to": to}))
    assert sorted(one.name for one in heat.parts.folders.path("heating").iterdir()) == before


def test_what_is_thrown_away_elsewhere_is_not_put_back_here(heat: World) -> None:
    for number in ("20261124T120000-0123abcd", "%2e%2e%2f%2e%2e%2fheating", "heating"):
        refused(heat.program("bob-token").post(f"{API}/heat/trash/{number}"))


def test_no_folder_that_becomes_a_link_meanwhile_leads_to_a_neighbour(heat: World) -> None:
    mine, theirs = (heat.parts.folders.path(slug) for slug in ("heat", "heating"))
    with swapped(mine, theirs):
        for _ in range(300):
            with contextlib.suppress(NotFound):
                assert heat.parts.folders.read("heat", "turns/secret.csv", 1000) == b"ours"
            with contextlib.suppress(NotFound):
                assert {one.size for one in heat.parts.folders.entries("heat", "turns")} == {4}

"""A project comes in from the page: the file is sent, what would be made is told, a button makes it."""

from __future__ import annotations

import io
import os
import time
import zipfile

import pytest
from fastapi.testclient import TestClient

from gaia_vre.service.projects.moving_pages import waiting_bags
from gaia_vre.service.projects.waiting_bags import KEPT_SECONDS
from tests.service.conftest import HOME, World, proof
from tests.service.projects.test_endings import project, with_projects
from tests.service.projects.test_moving import bag

PAGE = f"{HOME}projects/imports"


def sent(browser: TestClient, content: bytes):
    headers = {"X-XSRFToken": proof_of(browser), "Accept": "application/json"}
    return browser.post(f"{PAGE}/bag", content=content, headers=headers)


def proof_of(browser: TestClient) -> str:
    return browser.get(PAGE).text.partition('data-proof="')[2].partition('"')[0]


def staged(world: World) -> list[str]:
    folder = world.parts.settings.state / "service" / "bags"
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


def test_the_page_tells_what_would_be_made_and_makes_it(world: World) -> None:
    project(world, bob="editor")
    ada = world.browser()
    told = ada.get(sent(ada, bag(world)).json()["address"]).text
    assert "This would be made" in told
    assert "<bdi>bob</bdi> (Editor)" in told
    assert "ocean-heat is taken: choose another" in told
    number = told.partition('name="bag" value="')[2].partition('"')[0]
    made = ada.post(PAGE, data={"_xsrf": proof(told), "bag": number, "slug": "sea-ice"})
    assert made.headers["location"] == f"{HOME}projects/sea-ice"
    assert (world.parts.registry.folder("sea-ice") / "sst.txt").read_text() == "12.5\n"
    assert staged(world) == []


def test_nothing_is_made_before_the_button(world: World) -> None:
    project(world)
    ada = world.browser()
    assert sent(ada, bag(world)).status_code == 201
    assert [one.name for one in world.parts.registry.root.iterdir()] == ["ocean-heat"]
    told = ada.get(PAGE).text
    assert ada.post(f"{PAGE}/drop", data={"_xsrf": proof_of(ada)}).status_code == 303, told
    assert staged(world) == []


def test_a_bag_is_of_whoever_sent_it(world: World) -> None:
    project(world)
    ada, bob = world.browser(), world.browser(user="bob")
    address = sent(ada, bag(world)).json()["address"]
    assert "This would be made" not in bob.get(address).text
    number = address.partition("bag=")[2]
    assert bob.post(PAGE, data={"_xsrf": proof_of(bob), "bag": number, "slug": "sea-ice"}).status_code == 404


def test_a_second_bag_takes_the_place_of_the_first_and_old_ones_go(world: World) -> None:
    project(world)
    ada, content = world.browser(), bag(world)
    sent(ada, content)
    sent(ada, content)
    (name,) = staged(world)
    old = time.time() - KEPT_SECONDS - 60
    os.utime(world.parts.settings.state / "service" / "bags" / name, (old, old))
    waiting_bags(world.parts).forget()
    assert staged(world) == []


def with_entry(name: str, content: bytes = b"x", mode: int = 0o100644) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        archive.writestr(info, content)
    return made.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"PK not at all", id="no archive"),
        pytest.param(b"", id="nothing"),
        pytest.param(with_entry("heat/../../etc/passwd"), id="a path that leads out"),
        pytest.param(with_entry("/etc/passwd"), id="an absolute path"),
        pytest.param(with_entry("heat/data/files/a", b"/etc/passwd", 0o120777), id="a link"),
        pytest.param(with_entry("heat/bagit.txt"), id="no bag"),
    ],
)
def test_hostile_and_broken_archives_are_refused_and_leave_nothing(world: World, content: bytes) -> None:
    answer = sent(world.browser(), content)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert staged(world) == []


def test_a_bomb_is_refused_by_what_it_would_hold(world: World) -> None:
    small = with_projects(world, import_gib=0.001)
    content = with_entry("heat/data/files/a", bytes(1 << 24))
    assert len(content) < 2**20
    assert sent(small.browser(), content).json()["code"] == "too-large"
    assert staged(small) == []


def test_a_file_over_the_limit_is_not_kept(world: World) -> None:
    small = with_projects(world, import_gib=1e-6)
    assert sent(small.browser(), bytes(10_000)).status_code == 413
    assert staged(small) == []


def test_another_site_cannot_send_one(world: World) -> None:
    ada = world.browser()
    assert ada.post(f"{PAGE}/bag", content=b"x").status_code in (401, 403)
    assert ada.post(f"{PAGE}/bag", content=b"x", headers={"X-XSRFToken": "0" * 64}).status_code in (401, 403)


def test_who_may_make_no_project_sends_none(world: World) -> None:
    closed = with_projects(world, communities=[])
    assert "Others make projects here" in closed.browser().get(PAGE).text
    token = closed.program()
    assert token.post(f"{PAGE}/bag", content=b"x").status_code == 403

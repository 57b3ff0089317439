"""Earlier states of a project's folder, over HTTP and on its page."""

from __future__ import annotations

import pytest

from tests.service.conftest import HOME, World, proof
from tests.service.fakes import NOON
from tests.service.projects.heat import API

PAGE = f"{HOME}projects/heat"


@pytest.fixture
def kept(heat: World) -> World:
    """One state with a file, some days after the project was made."""
    heat.later(days=365)
    root = heat.parts.settings.project_folders
    heat.parts.folders.make("heat")
    day = f"{NOON.year + 1}-01-02"
    for name in (f"daily-{day}-0000", f"daily-{NOON.year - 1}-01-02-0000"):
        folder = root / ".zfs" / "snapshot" / name / "heat" / "run"
        folder.mkdir(parents=True)
        (folder / "out.nc").write_text("then")
    return heat


def state_of(world: World, token: str = "ada-token") -> str:
    (one,) = world.program(token).get(f"{API}/heat/snapshots").json()
    return str(one["name"])


def files_now(world: World) -> list[str]:
    return [one.name for one in world.parts.folders.entries("heat")]


def test_members_look_at_states_since_the_project_was_made(kept: World) -> None:
    kept.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    name, bob = state_of(kept, "bob-token"), kept.program("bob-token")
    listed = bob.get(f"{API}/heat/snapshots/{name}/files", params={"path": "run"}).json()
    assert [one["name"] for one in listed] == ["out.nc"]


def test_viewers_copy_nothing_back(kept: World) -> None:
    name = state_of(kept)
    kept.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    answer = kept.program("bob-token").post(f"{API}/heat/snapshots/{name}/restore", json={"path": "run"})
    assert answer.status_code == 403
    assert files_now(kept) == []


def test_strangers_see_no_states(kept: World) -> None:
    name = state_of(kept)
    kept.program().patch(f"{API}/heat", json={"visibility": "open"})
    kept.program().delete(f"{API}/heat/members/bob")
    bob = kept.program("bob-token")
    for path in ("snapshots", f"snapshots/{name}/files"):
        assert bob.get(f"{API}/heat/{path}").status_code == 403
    assert "Earlier states" not in kept.browser(user="bob").get(PAGE, params={"state": name}).text


def test_an_editor_copies_back_beside_what_is_and_members_read_of_it(kept: World) -> None:
    name, bob = state_of(kept), kept.program("bob-token")
    made = bob.post(f"{API}/heat/snapshots/{name}/restore", json={"path": "run/out.nc"})
    assert made.status_code == 201, made.text
    path = made.json()["path"]
    assert path.startswith("out (")
    assert (kept.parts.folders.path("heat") / path).read_text() == "then"
    assert bob.post(f"{API}/heat/snapshots/{name}/restore", json={"path": "run/out.nc"}).status_code == 409
    assert bob.get(f"{API}/heat/history").json()[0]["kind"] == "restored"


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        pytest.param("none", "run", 404, id="no such state"),
        pytest.param("..", "run", 404, id="above the states"),
        pytest.param(None, "../cold", 422, id="above the project"),
        pytest.param(None, "gone", 404, id="no such file"),
        pytest.param(None, "", 422, id="nothing"),
        pytest.param(None, "x" * 1001, 422, id="too long"),
    ],
)
def test_what_is_no_file_of_a_state_is_not_copied(kept: World, name: str | None, path: str, status: int) -> None:
    address = f"{API}/heat/snapshots/{name or state_of(kept)}/restore"
    assert kept.program().post(address, json={"path": path}).status_code in (status, 405)
    assert files_now(kept) == []


def test_the_page_shows_states_and_copies_back(kept: World) -> None:
    name, ada = state_of(kept), kept.browser()
    assert f"state={name}" in ada.get(PAGE).text
    page = ada.get(PAGE, params={"state": name, "folder": "run"}).text
    assert "out.nc" in page
    assert "Nothing can be changed in it" in page
    french = kept.browser("fr").get(PAGE, params={"state": name, "folder": "run"}).text
    assert "Rien ne peut y être changé" in french
    form = {"_xsrf": proof(page), "state": name, "path": "run/out.nc"}
    assert ada.post(f"{PAGE}/restore", data=form).status_code == 303
    assert "copied back an earlier state: out (2 Jan 2027" in ada.get(PAGE).text
    assert kept.browser(user="bob").post(f"{PAGE}/restore", data=form).status_code == 403  # another's page
    gone = ada.get(PAGE, params={"state": name, "folder": "../cold"}).text
    assert "There was no such folder then" in gone

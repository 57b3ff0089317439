"""Projects go out as bags and come in, over HTTP and from a terminal."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import bagit
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from gaia_vre import client as clients
from gaia_vre import shared
from gaia_vre.cli.project import project as command
from gaia_vre.core.errors import GaiaError
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.projects.imports import Imports
from tests.service.conftest import HOME, World, make_world
from tests.service.projects.test_endings import ADA, a_pass, project, with_projects
from tests.test_client import URL, Bridge

API = f"{HOME}api/projects"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[World]:
    """Another machine with a state folder of its own."""
    engine = make_engine(f"sqlite:///{tmp_path / 'other.sqlite'}")
    upgrade(engine)
    world = make_world(engine, tmp_path / "other")
    yield world
    world.close()


def ask(world: World, monkeypatch: pytest.MonkeyPatch, *words: str, name: str = "ada") -> str:
    """Run a command of a person's terminal; return what it says."""
    bridge = Bridge(world.anyone())
    monkeypatch.setattr(shared, "_service", lambda: clients.ServiceClient(URL, f"{name}-token", transport=bridge))
    done = CliRunner().invoke(command, list(words))
    if isinstance(done.exception, GaiaError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def bag(world: World, name: str = "ada") -> bytes:
    answer = world.program(f"{name}-token").get(f"{API}/ocean-heat/bag.zip")
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def bring(world: World, content: bytes, name: str = "ada", **query: str):
    return world.program(f"{name}-token").post(f"{API}/imports", content=content, params=query)


def test_a_project_goes_from_one_machine_to_another(
    world: World, other: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project(world, bob="editor")
    files = str(world.parts.registry.folder("ocean-heat"))
    told = ask(world, monkeypatch, "export", "ocean-heat", "--to", str(tmp_path / "usb"), "--files", files)
    assert "2 files" in told
    bagit.Bag(str(tmp_path / "usb" / "ocean-heat")).validate()
    assert "you are owner" in ask(other, monkeypatch, "import", str(tmp_path / "usb" / "ocean-heat"))
    there = other.parts.registry
    assert (there.folder("ocean-heat") / "sst.txt").read_text() == "12.5\n"
    assert [(one.username, one.role) for one in there.people.of("ocean-heat")] == [("ada", "owner")]
    assert [(one.username, one.role) for one in there.pending.of("ocean-heat")] == [("bob", "editor")]
    assert other.parts.office.accounts.find("project:ocean-heat").limits["credits"] == 500 * 3600 * 10**6
    assert "You are editor" in ask(other, monkeypatch, "accept", "ocean-heat", name="bob")
    assert there.pending.of("ocean-heat") == []


def test_what_was_only_opened_elsewhere_is_not_cited_here(
    world: World, other: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project(world)
    told = {"datasets": ["ostia-monthly"], "project": "ocean-heat"}
    assert world.program().post("/services/gaia/api/openings", json=told).status_code == 204
    files = str(world.parts.registry.folder("ocean-heat"))
    ask(world, monkeypatch, "export", "ocean-heat", "--to", str(tmp_path / "usb"), "--files", files)
    ask(other, monkeypatch, "import", str(tmp_path / "usb" / "ocean-heat"))
    assert other.parts.registry.lives.cited("ocean-heat") == []


def test_a_project_is_downloaded_as_a_file(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    project(world)
    target = tmp_path / "heat.zip"
    told = json.loads(ask(world, monkeypatch, "export", "ocean-heat", "--to", str(target), "--json"))
    assert (told["files"], told["size_bytes"]) == (2, target.stat().st_size)
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "out")
    bagit.Bag(str(next((tmp_path / "out").iterdir()))).validate()
    with pytest.raises(GaiaError, match="is there already"):
        ask(world, monkeypatch, "export", "ocean-heat", "--to", str(target))


def test_files_are_for_members_even_of_a_page_that_all_may_read(world: World) -> None:
    project(world, bob="viewer")
    ada, root = world.program(), world.program("root-token")
    ada.patch(f"{API}/ocean-heat", json={"visibility": "open"})
    world.hub.tokens["eve-token"] = world.hub.tokens["bob-token"] | {"name": "eve"}
    for path in ("bag.zip", "facts"):
        assert world.program("eve-token").get(f"{API}/ocean-heat/{path}").status_code == 403
        assert world.program("bob-token").get(f"{API}/ocean-heat/{path}").status_code == 200
    assert root.get(f"{API}/ocean-heat/bag.zip").status_code == 200
    told = [(one.kind, one.by) for one in world.parts.registry.projects.history("ocean-heat")]
    assert {("looked", "root"), ("copied", "root")} <= set(told)


def test_a_bag_holds_no_secret(world: World) -> None:
    project(world)
    made = world.program().post(f"{API}/ocean-heat/invitations", json={"role": "editor"}).json()
    with zipfile.ZipFile(io.BytesIO(bag(world))) as archive:
        content = b"".join(archive.read(one) for one in archive.namelist())
    assert made["secret"].encode() not in content
    assert b"invited" in content


def test_a_name_that_is_taken_is_refused_and_nothing_left(world: World) -> None:
    project(world)
    answer = bring(world, bag(world))
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert [one.name for one in world.parts.registry.root.iterdir()] == ["ocean-heat"]
    assert bring(world, bag(world), slug="sea-ice").status_code == 201


def test_what_is_no_bag_leaves_nothing(world: World) -> None:
    assert bring(world, b"PK not at all").status_code == 422
    assert world.program().get(API).json() == []


def test_a_damaged_bag_makes_no_project(world: World) -> None:
    project(world)
    content = bag(world).replace(b"ocean-heat-20", b"ocean-heat-21", 1)
    assert bring(world, content, slug="sea-ice").status_code == 422
    assert [one.name for one in world.parts.registry.root.iterdir()] == ["ocean-heat"]


def test_a_bag_over_the_limit_is_refused(world: World) -> None:
    project(world)
    content = bag(world)
    small = with_projects(world, import_gib=1e-7)
    assert bring(small, content, slug="sea-ice").json()["code"] == "too-large"


def test_who_may_make_no_project_brings_none_in(world: World) -> None:
    closed = with_projects(world, communities=[])
    assert bring(closed, b"x").status_code == 403


def test_a_bag_makes_nobody_owner_but_who_brings_it_in(world: World, other: World) -> None:
    project(world, bob="owner")
    assert bring(other, bag(world, "ada"), name="root").status_code == 201
    roles = {one.username: one.role for one in other.parts.registry.pending.of("ocean-heat")}
    assert roles == {"ada": "manager", "bob": "manager"}


def test_an_import_that_is_killed_is_whole_after_one_pass(
    world: World, other: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(world, bob="editor")
    content = io.BytesIO(bag(world))
    with monkeypatch.context() as killed:
        killed.setattr(Imports, "finish", _dies)
        with pytest.raises(KeyboardInterrupt):
            other.parts.registry.imports.bring_in(content, ADA)
    assert not other.parts.registry.folder("ocean-heat").exists()
    a_pass(other)
    a_pass(other)
    assert (other.parts.registry.folder("ocean-heat") / "sst.txt").exists()
    assert [one.name for one in other.parts.registry.root.iterdir()] == ["ocean-heat"]
    assert [one.username for one in other.parts.registry.pending.of("ocean-heat")] == ["bob"]


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_invitation_by_name_is_declined(world: World, other: World) -> None:
    project(world, bob="editor")
    bring(other, bag(world))
    bob: TestClient = other.program("bob-token")
    assert [one["slug"] for one in bob.get(f"{API}/invited").json()] == ["ocean-heat"]
    assert bob.get(f"{API}/ocean-heat").status_code == 404
    assert bob.delete(f"{API}/ocean-heat/pending/bob").status_code == 204
    assert bob.post(f"{API}/ocean-heat/accept").status_code == 404


def test_a_folder_that_a_lab_lacks_is_named(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    project(world)
    shutil.rmtree(world.parts.registry.folder("ocean-heat"))
    with pytest.raises(GaiaError, match="projects/ocean-heat is not there"):
        ask(world, monkeypatch, "export", "ocean-heat", "--to", str(tmp_path / "x"))

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.core.settings import parse_settings
from gaia_vre.sandboxes.folders import Folders
from gaia_vre.sandboxes.keeping import MANIFEST
from gaia_vre.service.openings.store import Openings
from gaia_vre.service.sandboxes.lives import Lives
from tests.service.conftest import World, with_quotas
from tests.service.fakes import ACCESS
from tests.service.sandboxes.test_lives import API, look, make


def state(world: World) -> Path:
    return Path(world.parts.settings.state)


def work(world: World, made: dict[str, Any]) -> Path:
    """Put some work into a sandbox and return its home."""
    home = Folders(state(world) / "sandboxes").home(made["id"])
    (home / "data").mkdir()
    (home / "try.ipynb").write_text('{"cells": []}')
    (home / "data" / "a.csv").write_text("1,2")
    (home / ".cache").mkdir()
    (home / ".cache" / "big").write_text("x" * 1000)
    return home


def keep(world: World, made: dict[str, Any], **body: Any) -> Any:
    return world.program().post(f"{API}/{made['id']}/keep", json=body)


def opens(world: World, made: dict[str, Any], *names: str) -> Any:
    """Tell as the sandbox's own lab does that datasets are opened in it."""
    scopes = [ACCESS, f"access:servers!server=ada/{made['server']}"]
    world.hub.tokens["sandbox-token"] = {"name": "ada", "kind": "user", "admin": False, "scopes": scopes}
    return world.program("sandbox-token").post("/services/gaia/api/openings", json={"datasets": list(names)})


def test_what_a_sandbox_opened_is_forgotten_with_it(world: World) -> None:
    made = make(world)
    assert opens(world, made, "ostia-monthly", "other").status_code == 204
    assert opens(world, made, "../../etc").status_code == 422
    place, openings = f"sandbox:{made['id']}", Openings(world.parts.engine)
    assert {one.dataset for one in openings.of(place)} == {"ostia-monthly", "other"}
    Lives.of(world.parts).finish(world.parts.sandboxes.find(made["id"]))
    assert openings.of(place) == []


def test_the_work_is_copied_with_a_manifest(world: World) -> None:
    made = make(world, title="Ocean try")
    home = work(world, made)
    opens(world, made, "ostia-monthly")
    (home / ".local/lib/python3.11/site-packages/tidal-1.2.dist-info").mkdir(parents=True)
    receipt = keep(world, made).json()
    kept = state(world) / "homes" / "ada" / receipt["folder"]
    assert sorted(one.name for one in kept.iterdir()) == ["data", MANIFEST, "try.ipynb"]
    manifest = json.loads((kept / MANIFEST).read_text())
    assert (receipt["files"], receipt["size"]) == (2, 16)
    assert manifest["datasets"] == ["ostia-monthly"]
    assert manifest["packages_added"] == ["tidal==1.2"]
    assert manifest["environment"]["digest"].startswith("sha256:")
    assert manifest["source"]["kind"] == "blank"
    assert look(world, made)["kept"]["folder"] == "Ocean try"


def test_the_same_work_kept_again_is_the_same_folder(world: World) -> None:
    made = make(world)
    home = work(world, made)
    first = keep(world, made).json()
    assert keep(world, made).json()["folder"] == first["folder"]
    (home / "more.txt").write_text("more")
    assert keep(world, made).json()["folder"] == f"{first['folder']} 2"


def test_what_a_killed_attempt_left_is_cleared_away(world: World) -> None:
    made = make(world)
    work(world, made)
    left = state(world) / "homes" / "ada" / f".keeping-{made['id']}"
    left.mkdir(parents=True)
    (left / "half").write_text("half")
    assert keep(world, made).status_code == 200
    assert not left.exists()


def test_links_and_devices_are_left_out_and_named(world: World) -> None:
    made = make(world)
    home = work(world, made)
    (home / "passwords").symlink_to("/etc/passwd")
    (home / "everything").symlink_to("/")
    os.mkfifo(home / "pipe")
    receipt = keep(world, made).json()
    assert receipt["left_out"] == ["everything", "passwords", "pipe"]
    assert not (state(world) / "homes" / "ada" / receipt["folder"] / "passwords").exists()


def test_a_link_in_the_home_leads_the_copy_nowhere(world: World, tmp_path: Path) -> None:
    made = make(world)
    work(world, made)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    home = state(world) / "homes" / "ada"
    home.mkdir(parents=True)
    (home / f".keeping-{made['id']}").symlink_to(elsewhere)
    (home / "Sandbox").symlink_to(elsewhere)
    assert keep(world, made).json()["folder"] == "Sandbox 2"
    assert list(elsewhere.iterdir()) == []


def test_what_does_not_fit_is_refused_with_choices(world: World) -> None:
    world = with_quotas(world, storage={"home": {"soft_gib": 0.00001, "hard_gib": 0.00002}})
    world.program().post("/services/gaia/api/projects", json={"title": "Ocean heat"})
    made = make(world)
    (work(world, made) / "big.bin").write_bytes(b"x" * 100_000)
    (state(world) / "homes" / "ada").mkdir(parents=True)
    answer = keep(world, made)
    assert answer.status_code == 409
    assert answer.json()["facts"]["choices"] == ["project:ocean-heat"]
    assert list((state(world) / "homes" / "ada").iterdir()) == []
    assert keep(world, made, to="project:ocean-heat").json()["place"] == "project:ocean-heat"


def test_a_project_of_others_takes_nothing(world: World) -> None:
    world.program("bob-token").post("/services/gaia/api/projects", json={"title": "Secret things"})
    assert keep(world, make(world), to="project:secret-things").status_code == 404


@pytest.mark.parametrize(
    "body", [{"to": "/etc"}, {"to": "project:../x"}, {"name": "../x"}, {"name": ".ssh"}, {"name": "a/b"}]
)
def test_a_place_or_name_that_leads_out_is_refused(world: World, body: dict[str, str]) -> None:
    assert keep(world, make(world), **body).status_code == 422


def test_a_title_that_leads_out_becomes_a_plain_name(world: World) -> None:
    made = make(world, title="../../.ssh/<b>x</b>")
    work(world, made)
    folder = keep(world, made).json()["folder"]
    assert "/" not in folder
    assert (state(world) / "homes" / "ada" / folder / MANIFEST).is_file()


def test_nothing_is_left_to_keep_of_what_is_destroyed(world: World) -> None:
    made = make(world)
    world.program().delete(f"{API}/{made['id']}")
    answer = keep(world, made)
    assert answer.status_code == 409
    assert "destroyed" in answer.json()["detail"]


def test_a_home_that_the_service_has_not_is_no_choice(world: World) -> None:
    shared = {"claim": "gaia-shared", "mount": str(state(world)), "folder": "."}
    settings = parse_settings({"state": str(state(world)), "kubernetes": {"shared": shared}})
    world = replace(world, parts=replace(world.parts, settings=settings))
    made = make(world)
    work(world, made)
    refused = keep(world, made)
    assert (refused.status_code, "keep the work in a project" in refused.json()["detail"]) == (409, True)
    assert "Make a project to keep this in" in world.browser().get("/services/gaia/sandboxes").text

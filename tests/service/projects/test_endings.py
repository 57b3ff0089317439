"""How projects end: told in time, inherited, archived, removed; whatever is killed on the way."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import bagit
import pytest

from gaia_vre.bundles.sinks import FolderSink
from gaia_vre.core.settings import parse_settings
from gaia_vre.projects.founding import Wish
from gaia_vre.projects.model import Actor, Project
from gaia_vre.service.messages.words import Reader
from gaia_vre.service.projects.archiving import Archivist
from gaia_vre.service.projects.tending import tend
from tests.service.conftest import World, make_books

ADA = Actor("ada")


def with_projects(world: World, **projects: object) -> World:
    settings = parse_settings({"state": str(world.parts.settings.state), "projects": projects})
    office, registry = make_books(world.parts.engine, settings, world.time)
    return replace(world, parts=replace(world.parts, settings=settings, office=office, registry=registry))


def project(world: World, days: float = 100, **members: str) -> Project:
    """Make a project of ada's with a file, which ends in some days."""
    registry = world.parts.registry
    made = registry.founding.found(Wish("Ocean heat", ends=world.time[0] + timedelta(days=days)), ADA)
    for name, role in members.items():
        registry.people.put(made.slug, name, role, ADA)  # type: ignore[arg-type]
    folder = registry.folder(made.slug)
    folder.mkdir(parents=True)
    (folder / "sst.txt").write_text("12.5\n")
    return made


def a_pass(world: World) -> None:
    """Do what the loops of the service do."""
    tend(world.parts.registry, world.time[0])
    Archivist(world.parts, threading.Event()).step()


def told(world: World, name: str) -> list[str]:
    from gaia_vre.look.language import Language

    reader = Reader(Language("en"), world.time[0], "UTC")
    return [reader.say(one).title for one in reversed(world.parts.messages.latest(name))]


def test_owners_and_managers_are_told_60_14_and_1_days_before_each_once(world: World) -> None:
    project(world, bob="manager", eve="editor")
    for _ in range(100):
        world.later(days=1, hours=0.01)
        tend(world.parts.registry, world.time[0])
        tend(world.parts.registry, world.time[0])
    said = ["ends in 60 days or less", "ends in 14 days or less", "ends within a day"]
    assert told(world, "ada") == told(world, "bob") == [f"Ocean heat {one}" for one in said]
    assert told(world, "eve") == []


def test_a_notice_that_was_missed_is_not_made_up_for_by_three(world: World) -> None:
    project(world)
    world.later(days=99.5)
    tend(world.parts.registry, world.time[0])
    assert told(world, "ada") == ["Ocean heat ends within a day"]


def test_a_moved_end_is_told_of_anew(world: World) -> None:
    project(world)
    world.later(days=90)
    tend(world.parts.registry, world.time[0])
    world.parts.registry.founding.extend("ocean-heat", world.time[0] + timedelta(days=200), ADA)
    world.later(days=190)
    tend(world.parts.registry, world.time[0])
    assert told(world, "ada") == ["Ocean heat ends in 14 days or less"] * 2


def test_a_project_that_was_made_for_a_week_is_told_of_on_its_last_day(world: World) -> None:
    project(world, days=7)
    tend(world.parts.registry, world.time[0])
    assert told(world, "ada") == []


def test_what_is_over_is_read_then_archived_then_removed(world: World) -> None:
    registry = world.parts.registry
    project(world, days=10)
    world.later(days=11)
    a_pass(world)
    assert registry.projects.find("ocean-heat").state == "read-only"
    assert registry.lives.of("ocean-heat").archived is None
    world.later(days=30)
    a_pass(world)
    life = registry.lives.of("ocean-heat")
    assert life.archive_where is not None
    bag = bagit.Bag(life.archive_where)
    bag.validate()
    assert Path(bag.path, "data/files/sst.txt").read_text() == "12.5\n"
    assert registry.folder("ocean-heat").exists()
    world.later(days=31)
    a_pass(world)
    assert not registry.folder("ocean-heat").exists()
    assert registry.lives.of("ocean-heat").purged == world.time[0]
    kinds = [one.kind for one in registry.projects.history("ocean-heat")]
    assert kinds[:2] == ["purged", "archived"]
    assert "created" in kinds
    assert told(world, "ada")[-1] == "Ocean heat is archived"
    assert world.parts.office.accounts.find("project:ocean-heat").limits["credits"] == 0


@pytest.mark.parametrize("at", ["while it writes", "before its name", "before it is recorded"])
def test_a_kill_while_it_is_archived_is_made_up_for_by_one_pass(
    world: World, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(world, days=1)
    world.later(days=40)
    method = {"while it writes": "put", "before its name": "finish"}.get(at)
    with monkeypatch.context() as killed:
        if method:
            killed.setattr(FolderSink, method, _dies)
        else:
            killed.setattr(world.parts.registry.lives.__class__, "note_archive", _dies)
        with pytest.raises(KeyboardInterrupt):
            a_pass(world)
    assert world.parts.registry.lives.of("ocean-heat").archived is None
    a_pass(world)
    life = world.parts.registry.lives.of("ocean-heat")
    assert life.archive_where
    bagit.Bag(life.archive_where).validate()
    assert sorted(one.name for one in Path(life.archive_where).parent.iterdir()) == [
        "ocean-heat-2026-11-25",
        "ocean-heat-2026-11-25.receipt.json",
    ]
    assert told(world, "ada").count("Ocean heat is archived") == 1


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_kill_while_it_is_removed_is_made_up_for(world: World) -> None:
    project(world, days=1)
    world.later(days=40)
    a_pass(world)
    folder = world.parts.registry.folder("ocean-heat")
    folder.rename(folder.with_name(".purged-ocean-heat"))
    world.later(days=31)
    a_pass(world)
    assert list(world.parts.registry.root.iterdir()) == []
    assert world.parts.registry.lives.of("ocean-heat").purged


def test_a_place_that_does_not_answer_is_tried_again_and_nothing_removed(world: World, tmp_path: Path) -> None:
    (tmp_path / "full").write_text("a file where a folder should be")
    world = with_projects(world, archive={"to": str(tmp_path / "full" / "x"), "purge_days": 0})
    project(world, days=1)
    world.later(days=40)
    a_pass(world)
    life = world.parts.registry.lives.of("ocean-heat")
    assert life.archived is None
    assert life.trouble
    (tmp_path / "full").unlink()
    a_pass(world)
    assert world.parts.registry.lives.of("ocean-heat").archived is None  # not before an hour
    world.later(hours=2)
    a_pass(world)
    a_pass(world)
    assert world.parts.registry.lives.of("ocean-heat").purged


def test_the_heir_owns_it_when_the_hub_knows_no_owner_any_more(world: World) -> None:
    registry = world.parts.registry
    project(world)
    registry.lives.name_heir("ocean-heat", "bob", ADA)
    a_pass(world)
    assert registry.people.of("ocean-heat")[0].username == "ada"
    del world.hub.servers["ada"]
    a_pass(world)
    assert [(one.username, one.role) for one in registry.people.of("ocean-heat")] == [("bob", "owner")]
    assert told(world, "bob") == ["You own Ocean heat now"]


def test_without_an_heir_the_community_is_told_once_and_names_an_owner(world: World) -> None:
    registry = world.parts.registry
    project(world)
    del world.hub.servers["ada"]
    a_pass(world)
    a_pass(world)
    assert told(world, "admin") == ["Nobody owns Ocean heat any more"]
    registry.inheriting.appoint("ocean-heat", "bob", Actor("root"))
    assert [one.username for one in registry.people.of("ocean-heat")] == ["bob"]


def test_a_silent_hub_takes_nobodys_project(world: World) -> None:
    project(world)
    world.parts.registry.lives.name_heir("ocean-heat", "bob", ADA)
    world.hub.down = True
    a_pass(world)
    assert world.parts.registry.people.of("ocean-heat")[0].username == "ada"


def test_a_project_comes_back_from_its_archive(world: World) -> None:
    from gaia_vre.bundles.reading import pack

    registry = world.parts.registry
    project(world, days=1, bob="editor")
    world.later(days=40)
    a_pass(world)
    stream = io.BytesIO()
    pack(Path(registry.lives.of("ocean-heat").archive_where or ""), stream)
    again = registry.imports.bring_in(stream, Actor("root"), slug="ocean-heat-2")
    assert (again.title, again.state) == ("Ocean heat", "active")
    assert (registry.folder("ocean-heat-2") / "sst.txt").read_text() == "12.5\n"
    assert [one.username for one in registry.people.of("ocean-heat-2")] == ["root"]
    assert {one.username: one.role for one in registry.pending.of("ocean-heat-2")} == {
        "ada": "manager",
        "bob": "editor",
    }
    registry.pending.accept("ocean-heat-2", Actor("bob"))
    assert [one.username for one in registry.people.of("ocean-heat-2")] == ["root", "bob"]

"""Projects in a notebook and on the command line, over the real service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import gaia_vre as gaia
from gaia_vre import client as clients
from gaia_vre import shared
from gaia_vre.cli.project import project as command
from gaia_vre.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from tests.service.conftest import World, make_world
from tests.test_client import URL, Bridge


@pytest.fixture
def as_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Call it with a name to go on as that person."""
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    world: World = make_world(engine, tmp_path)

    def become(name: str) -> None:
        monkeypatch.setattr(
            shared,
            "_service",
            lambda: clients.ServiceClient(URL, f"{name}-token", transport=Bridge(world.anyone())),
        )

    become("ada")
    yield become
    world.close()


def test_a_project_is_made_shared_and_left(as_person: Callable[[str], None]) -> None:
    made = gaia.project.create("Chaleur océanique")
    assert (made.slug, made.role, made.account) == ("chaleur-oceanique", "owner", "project:chaleur-oceanique")
    link = made.invite("editor")
    as_person("bob")
    assert gaia.project.join(link).role == "editor"
    assert [one.slug for one in gaia.project] == ["chaleur-oceanique"]
    assert [one.username for one in gaia.project("chaleur-oceanique").members()] == ["ada", "bob"]
    gaia.project("chaleur-oceanique").remove("bob")
    with pytest.raises(NotFound):
        gaia.project("chaleur-oceanique")
    assert repr(gaia.project).startswith("You are in no project")


def test_what_the_service_refuses_is_raised_here(as_person: Callable[[str], None]) -> None:
    made = gaia.project.create("Ocean heat")
    with pytest.raises(Conflict, match="is taken"):
        gaia.project.create("Ocean heat")
    with pytest.raises(InvalidInput, match="no name of a project"):
        gaia.project.create("!")
    with pytest.raises(Conflict, match="last owner"):
        made.remove("ada")
    made.add("bob", "viewer")
    as_person("bob")
    with pytest.raises(NotAllowed, match="managers and owners"):
        gaia.project("ocean-heat").invite()


def test_a_title_is_shown_inert(as_person: Callable[[str], None]) -> None:
    made = gaia.project.create("<script>alert(1)</script>", slug="inert")
    assert "<script>" not in made._repr_html_()


def test_the_command_line_says_the_same(as_person: Callable[[str], None]) -> None:
    def run(*arguments: str) -> str:
        ended = CliRunner().invoke(command, arguments, catch_exceptions=False)
        assert ended.exit_code == 0, ended.output
        return ended.output

    assert "no project" in run("list")
    assert json.loads(run("new", "Sea ice", "--json"))["slug"] == "sea-ice"
    assert "bob is viewer of sea-ice" in run("add", "sea-ice", "bob", "--role", "viewer")
    shown = run("show", "sea-ice")
    assert "pays as project:sea-ice" in shown
    assert "bob" in shown
    link = run("invite", "sea-ice", "--role", "editor").strip()
    as_person("bob")
    assert run("join", link) == "You are editor of sea-ice.\n"
    assert "bob is out of sea-ice" in run("remove", "sea-ice", "bob")


def test_the_server_is_started_shown_and_stopped(as_person: Callable[[str], None]) -> None:
    made = gaia.project.create("Ocean heat")
    assert made.server() == {"state": "stopped", "size": None, "url": None}
    assert made.start_server("medium") == "/user/p-ocean-heat/lab"
    assert made.files() == []
    run = CliRunner().invoke(command, ["server", "ocean-heat", "--stop"])
    assert run.output == "ocean-heat: stopped\n"
    run = CliRunner().invoke(command, ["server", "ocean-heat", "--start", "--json"])
    assert json.loads(run.output)["state"] == "stopped"  # the hub of this test starts nothing
    with pytest.raises(InvalidInput):
        made.start_server("huge")
    as_person("bob")
    with pytest.raises(NotFound):
        made.start_server()

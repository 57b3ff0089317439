"""Sandboxes in a notebook and on the command line, over the real service."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import gaia_vre as gaia
from gaia_vre import client as clients
from gaia_vre import trying
from gaia_vre.cli.sandbox import sandbox as command
from gaia_vre.core.errors import Conflict, InvalidInput, NotFound
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from tests.service.conftest import World, make_world
from tests.test_client import URL, Bridge


@pytest.fixture(autouse=True)
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    engine = make_engine(f"sqlite:///{tmp_path / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, tmp_path)
    bridge = Bridge(world.anyone())
    monkeypatch.setattr(trying, "_service", lambda: clients.ServiceClient(URL, "ada-token", transport=bridge))
    yield world
    world.close()


def test_a_sandbox_is_made_extended_kept_and_destroyed() -> None:
    made = gaia.sandbox.new(title="Try it")
    assert made.extend().extensions_left == 1
    assert made.keep()["folder"] == "Try it"
    made.destroy()
    assert list(gaia.sandbox) == []
    assert [(one.state, one.kept is not None) for one in gaia.sandbox.history()] == [("destroyed", True)]
    assert repr(gaia.sandbox).startswith("You have no sandbox")


def test_what_the_service_refuses_is_raised_here() -> None:
    gaia.sandbox.new(), gaia.sandbox.new()
    with pytest.raises(Conflict, match="2 is the limit"):
        gaia.sandbox.new()
    with pytest.raises(InvalidInput):
        gaia.sandbox.new("magic")
    with pytest.raises(NotFound):
        gaia.sandbox("0123abcd")


def test_it_is_waited_for_until_it_is_made_and_its_problem_is_raised(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def behind(act: Callable[[], None]) -> None:
        threading.Thread(target=lambda: (begun.wait(60), act())).start()

    slow = replace(world, parts=replace(world.parts, behind=behind))
    bridge = Bridge(slow.anyone())
    monkeypatch.setattr(trying, "_service", lambda: clients.ServiceClient(URL, "ada-token", transport=bridge))
    monkeypatch.setattr(trying.time, "sleep", lambda _: begun.set())
    assert gaia.sandbox.new().state == "running"
    begun.clear()
    world.hub.refusal = "2 cores asked, 1 left of Sandboxes"
    with pytest.raises(Conflict, match="1 left of Sandboxes"):
        gaia.sandbox.new()


def test_inside_a_sandbox_it_need_not_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="This is no sandbox"):
        gaia.sandbox()
    monkeypatch.setenv("GAIA_VRE_SANDBOX", gaia.sandbox.new().id)
    assert gaia.sandbox().state == "running"


def test_the_same_on_the_command_line() -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    number = json.loads(run("new", "--title", "From here", "--json"))["id"]
    assert "From here" in run("list")
    assert json.loads(run("extend", number, "--json"))["extensions_left"] == 1
    assert "0 files are kept in 'From here' of home." in run("keep", number)
    assert "is destroyed" in run("destroy", number)
    assert "You have no sandbox" in run("list")
    assert number in run("list", "--all")

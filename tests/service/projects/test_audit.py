"""What members read of what others did: who entered, who changed what, which administrator looked."""

from __future__ import annotations

from typing import Any

import pytest

from gaia_vre.core.trash import throw_away
from gaia_vre.service.projects.words import _EVENTS
from tests.service.conftest import World
from tests.service.fakes import ACCESS
from tests.service.projects.heat import API, project_client, started

PAGE = "/services/gaia/projects/heat"


def told(world: World, user: str = "bob") -> list[tuple[str, str]]:
    """Return what a member reads, the newest first."""
    lines: list[dict[str, Any]] = world.program(f"{user}-token").get(f"{API}/heat/history").json()
    return [(one["kind"], one["by"]) for one in lines]


@pytest.mark.parametrize("visibility", ["private", "listed", "open"])
def test_an_administrators_look_is_told_once_an_hour(heat: World, visibility: str) -> None:
    heat.program().patch(f"{API}/heat", json={"visibility": visibility})
    root = heat.program("root-token")
    for path in ("", "/members", "/files", "/history"):
        assert root.get(f"{API}/heat{path}").status_code == 200
    assert [one for one in told(heat) if one[0] == "looked"] == [("looked", "root")]
    heat.later(hours=2)
    root.get(f"{API}/heat")
    assert len([one for one in told(heat) if one[0] == "looked"]) == 2


def test_who_enters_starts_and_stops_the_server_is_told(heat: World) -> None:
    started(heat)
    inside = project_client(heat)
    for _ in range(2):
        assert inside.post("/services/gaia/api/visits", json={"visitor": "root"}).status_code == 204
    assert heat.program().delete(f"{API}/heat/server").status_code == 202
    assert told(heat)[:3] == [("server-stopped", "ada"), ("entered", "root"), ("server-started", "bob")]


def test_a_server_tells_of_nobody_who_is_not_there(heat: World) -> None:
    answer = project_client(heat).post("/services/gaia/api/visits", json={"visitor": "nobody"})
    assert answer.status_code == 422
    assert ("entered", "nobody") not in told(heat)


def test_copies_and_what_is_put_back_are_told(heat: World) -> None:
    folder = heat.parts.folders.make("heat")
    (folder / "run.nc").write_text("1")
    throw_away(folder / "run.nc", folder, heat.time[0])
    number = heat.program().get(f"{API}/heat/trash").json()[0]["number"]
    assert heat.program("bob-token").post(f"{API}/heat/trash/{number}").status_code == 200
    assert heat.program().get(f"{API}/heat/bag.zip").status_code == 200
    assert told(heat)[:2] == [("copied", "ada"), ("put-back", "bob")]


def test_strangers_read_an_open_page_but_not_who_was_there(heat: World) -> None:
    heat.program().patch(f"{API}/heat", json={"visibility": "open"})
    heat.hub.tokens["eve-token"] = {"name": "eve", "kind": "user", "admin": False, "scopes": [ACCESS]}
    assert heat.program("eve-token").get(f"{API}/heat").status_code == 200
    assert heat.program("eve-token").get(f"{API}/heat/history").status_code == 403
    assert "What happened" not in heat.browser(user="eve").get(PAGE).text


def test_the_page_says_who_got_which_role_and_shows_all_on_demand(heat: World) -> None:
    heat.program().put(f"{API}/heat/members/bob", json={"role": "viewer"})
    text = heat.browser(user="bob").get(PAGE).text
    assert "ada made bob Viewer" in text
    assert "All that happened" not in text
    for _ in range(25):
        heat.parts.registry.projects.happened("heat", "ada", "copied")
    assert "?lines=1000#history" in heat.browser().get(PAGE).text
    assert heat.browser().get(PAGE, params={"lines": 1000}).text.count("took a copy") == 25


def test_every_kind_of_line_has_words_in_both_languages() -> None:
    from gaia_vre.look.language import Language

    for text in _EVENTS.values():
        assert Language("fr").text(text) != text

"""What a panel is told of datasets, over HTTP."""

from __future__ import annotations

from typing import Any

from gaia_vre.catalog.engine.load import build
from gaia_vre.core.state import StateFolder
from tests.catalog.engine.documents import COLLECTIONS
from tests.service.catalog.conftest import collection
from tests.service.conftest import HOME, World

API = f"{HOME}api/catalog"


def find(world: World, user: str = "ada", language: str = "en", **asked: Any) -> dict[str, Any]:
    answer = world.program(f"{user}-token").get(f"{API}/search", params=asked, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.json()


def with_catalog(world: World, *collections: dict[str, Any]) -> World:
    folder = StateFolder(world.parts.settings.state)
    folder.catalog.mkdir(parents=True)
    build(folder.catalog / "catalog.sqlite", collections, [])
    return world


def test_what_is_found_comes_as_cards_with_facets(library: World) -> None:
    found = find(library, q=COLLECTIONS[0]["title"])
    assert found["matched"] == len(found["datasets"]) > 0
    card = next(one for one in found["datasets"] if one["id"] == "open-sst")
    assert card["opens"]
    assert card["site"] == "this platform"
    assert not card["far"]
    assert "access" in {one["name"] for one in found["facets"]}


def test_cards_are_in_the_language_asked_for(library: World) -> None:
    assert find(library, language="fr")["datasets"][0]["access"] != find(library)["datasets"][0]["access"]


def test_a_dataset_that_somebody_may_not_read_does_not_open_for_them(library: World) -> None:
    def opens(user: str) -> bool:
        return {one["id"]: one["opens"] for one in find(library, user)["datasets"]}["ocean-only"]

    assert opens("ada")
    assert not opens("bob")


def test_a_chosen_facet_narrows(library: World) -> None:
    everything = find(library)
    pole = next(one for one in everything["facets"] if one["name"] == "access")["choices"][0]
    assert find(library, access=pole["value"])["matched"] == pole["count"]
    assert find(library, pole="pndb")["matched"] == 0


def test_a_box_that_makes_no_sense_is_refused(library: World) -> None:
    answer = library.program().get(f"{API}/search", params={"north": "far"})
    assert answer.status_code == 422
    assert "four numbers" in answer.json()["detail"]


def test_nobody_unknown_searches(library: World) -> None:
    assert library.anyone().get(f"{API}/search").status_code == 401


def test_a_cell_opens_the_dataset_and_says_what_it_is(library: World) -> None:
    use = library.program().get(f"{API}/datasets/open-sst/use").json()
    assert "gaia.open(" in use["code"]
    assert use["code"].splitlines()[2].startswith(f"# {use['title']}")
    assert use["bibtex"].startswith("@misc{")


def test_a_hostile_title_stays_in_its_comment(world: World) -> None:
    title = "Sea\nimport os; os.system('steal')\u2028<script>\u202e"
    with_catalog(world, collection("hostile", None) | {"title": title})
    code = world.program().get(f"{API}/datasets/hostile/use").json()["code"]
    assert [line for line in code.splitlines() if "steal" in line or "script" in line] == [code.splitlines()[2]]
    assert "\u202e" not in code
    compile(code, "cell", "exec")


def test_a_dataset_at_another_site_is_far_and_above_the_warning_large(world: World) -> None:
    there = {"href": "https://data.example.org/a.zarr", "type": "application/vnd.zarr", "file:size": 10**12}
    there["alternate"] = {"brest": {"href": "https://brest.example.org/a.zarr"}}
    with_catalog(world, collection("there", None) | {"assets": {"data": there}})
    card = find(world)["datasets"][0]
    assert card["far"]
    assert card["large"]
    assert card["site"] == "data.example.org"

"""The home page: what runs, why something stopped, and what its buttons do."""

from __future__ import annotations

import json
import re

import pytest

from gaia_vre.look.language import Language, choose_language
from gaia_vre.service.model import Thing
from tests.service.conftest import HOME, World, proof
from tests.service.fakes import NOON, cluster, server

LAB = Thing("server", "ada", "")


def page(world: World, language: str = "en") -> str:
    answer = world.browser(language).get(HOME)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " "))


def press(world: World, action: str, **fields: str) -> str:
    """Submit a form of the page as it stands there; return where it leads."""
    browser = world.browser()
    text = browser.get(HOME).text
    assert f'action="{HOME}{action}"' in text
    return browser.post(f"{HOME}{action}", data=fields | {"_xsrf": proof(text)}).headers["location"]


def test_with_nothing_running_one_button_starts_a_lab(world: World) -> None:
    text = page(world)
    assert "Nothing runs. Tuesday 24 November, 13:00." in text
    assert text.count("btn-primary") == 1
    assert "gaia-notice" not in text


def test_a_running_lab_shows_its_size_and_opens(world: World) -> None:
    world.hub.servers["ada"] = {"": server()}
    text = page(world)
    assert "Running since 11:00" in text
    assert "Medium, 4 cores, 8 GiB" in text
    assert '<a class="btn btn-primary btn-sm" href="/user/ada/">Open</a>' in text


def test_a_starting_lab_is_watched_until_it_runs(world: World) -> None:
    world.hub.servers["ada"] = {"": server(ready=False, pending="spawn")}
    text = page(world)
    assert '<meta http-equiv="refresh" content="3">' in text
    assert 'href="/hub/spawn-pending/ada"' in text


def test_dask_clusters_stand_under_the_lab(world: World) -> None:
    world.hub.servers["ada"] = {"": server()}
    world.gateway.clusters = [cluster(), cluster("c2", "bob", workers=7)]
    text = page(world)
    assert "Dask cluster, 2 workers" in text
    assert "7 workers" not in text


def test_a_silent_gateway_is_said_and_the_rest_is_shown(world: World) -> None:
    world.gateway.down = True
    assert "The Dask gateway does not answer now" in page(world)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("memory", "its memory was full"),
        ("idle", "nothing had happened in it"),
        ("crashed", "its process ended by itself"),
        ("deadline", "its time was over"),
        ("node", "the computer it ran on failed"),
        ("stuck", "the start took too long"),
        ("abandoned", "its lab had stopped"),
        ("lost", "the reason is not known"),
    ],
)
def test_every_death_has_its_reason(world: World, reason: str, said: str) -> None:
    world.parts.store.report(LAB, reason, None, NOON, "7.4 GiB in use")
    text = page(world)
    assert f"Your personal lab stopped at 13:00: {said}" in text
    assert "7.4 GiB in use" in text


def test_what_i_stopped_myself_is_no_news(world: World) -> None:
    world.parts.store.report(LAB, "asked", None, NOON)
    text = page(world)
    assert "gaia-notice" not in text
    assert "Stopped at 13:00" in text


def test_a_cluster_that_a_notebook_closed_is_no_news(world: World) -> None:
    world.parts.store.report(Thing("cluster", "ada", "c1"), "lost", None, NOON)
    assert "gaia-notice" not in page(world)
    world.parts.store.report(Thing("cluster", "ada", "c2"), "memory", None, NOON)
    assert "A Dask cluster of yours stopped at 13:00: its memory was full" in page(world)


def test_a_death_is_not_hidden_by_what_i_stopped_since(world: World) -> None:
    world.parts.store.report(LAB, "memory", None, NOON)
    for number in range(30):
        world.parts.store.report(Thing("server", "ada", f"s{number}"), "asked", None, NOON)
    assert "its memory was full" in page(world)


def test_yesterday_is_named(world: World) -> None:
    world.parts.store.report(LAB, "memory", None, NOON)
    world.later(days=1)
    assert "stopped on 24 Nov at 13:00" in page(world)
    assert "s’est arrêtée le 24 nov. à 13 h 00 : sa mémoire" in page(world, "fr")


def test_a_notice_can_be_dismissed(world: World) -> None:
    world.parts.store.report(LAB, "memory", None, NOON)
    number = str(world.parts.store.endings("ada")[0].id)
    assert press(world, "notices/dismiss", number=number) == HOME
    assert "gaia-notice" not in page(world)


def test_start_leads_to_the_progress_page(world: World) -> None:
    assert press(world, "servers/start") == "/hub/spawn-pending/ada"
    assert world.hub.done == [("POST", "/users/ada/server")]


def test_stop_leads_back(world: World) -> None:
    world.hub.servers["ada"] = {"": server()}
    assert press(world, "servers/stop", name="") == HOME
    assert world.hub.done == [("DELETE", "/users/ada/server")]


def test_a_cluster_is_stopped(world: World) -> None:
    world.gateway.clusters = [cluster()]
    assert press(world, "clusters/stop", name="c1") == HOME
    assert world.gateway.stopped == ["c1"]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202egnp.exe", '"><img src=x onerror=alert(1)>'])
def test_hostile_names_are_shown_inert(world: World, name: str) -> None:
    world.hub.tokens["ada-token"]["name"] = name
    world.hub.servers[name] = {"x": server(name, user_options={"size": name, "environment": [name]})}
    world.parts.store.report(Thing("server", name, name), "crashed", None, NOON, name)
    text = page(world)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert text.count("<bdi>") >= 3


def test_odd_options_of_a_server_do_no_harm(world: World) -> None:
    world.hub.servers["ada"] = {"": server(user_options={"size": ["a", {"b": 1}]}, started=None)}
    assert "Running" in page(world)


def test_the_page_has_no_inline_script_and_no_inline_style(world: World) -> None:
    text = page(world)
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"\sstyle=|\son\w+=|javascript:", text) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', text) == []


def test_data_at_hand_is_counted_by_pole(world: World) -> None:
    from gaia_vre.catalog.model import Asset, Dataset, Facts
    from gaia_vre.catalog.stac import stac_files

    assert "The catalog is being prepared" in page(world)
    here = Facts(assets=(Asset("data", "zarr/a", "application/vnd+zarr", "A", 1),))
    datasets = [
        Dataset("a", "A", "…", "odatis", facts=here),
        Dataset("b", "B", "…", "odatis"),
        Dataset("c", "C", "…", "pndb"),
    ]
    folder = world.parts.shelf.folder
    folder.mkdir()
    (folder / "index.json").write_text(json.dumps(stac_files(datasets)["index.json"]))
    counts = [(each.key, each.described, each.opening) for each in world.parts.shelf.poles()]
    assert counts == [("odatis", 2, 1), ("pndb", 1, 0)]
    assert "ODATIS" in page(world)


def test_a_damaged_catalog_leaves_the_rest_of_the_page(world: World) -> None:
    folder = world.parts.shelf.folder
    folder.mkdir()
    for content in ("{", "", '{"version": 0}'):
        (folder / "index.json").write_text(content)
        assert "My servers" in page(world)


# Languages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,en", "en"),
        ("de,fr;q=0.5", "fr"),
        ("", "en"),
        ("\x00;;,,x" * 500, "en"),
    ],
)
def test_the_browser_chooses_the_language(accepted: str, code: str) -> None:
    assert choose_language(None, accepted).code == code


def test_the_switch_is_remembered(world: World) -> None:
    browser = world.browser("en")
    assert browser.post(f"{HOME}language", data={"code": "fr"}).headers["location"] == HOME
    assert "Mes serveurs" in browser.get(HOME).text
    assert browser.post(f"{HOME}language", data={"code": "xx"}).status_code == 404


def test_french_writes_times_its_own_way() -> None:
    french = Language("fr")
    assert french.when(NOON, NOON, "Europe/Paris") == "13\xa0h\xa000"

"""A dataset with copies at sites: which is read, and which addresses are refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gaia_vre.catalog.model import Asset, Copy, Dataset, from_json, to_json
from gaia_vre.catalog.opening import open_dataset
from gaia_vre.catalog.reader import Catalog
from gaia_vre.catalog.replicas import ReplicaNotice
from gaia_vre.catalog.sites import Site, current_sites, places
from gaia_vre.catalog.stac import collection, copies_of, item
from gaia_vre.catalog.stac_reading import dataset_of
from gaia_vre.core.errors import InvalidInput, SettingsError, Unavailable
from gaia_vre.core.settings import parse_settings
from gaia_vre.core.state import StateFolder
from gaia_vre.hub.launch import gaia_environment
from tests.support.stores import web_of

SITES = (Site("montpellier", "Montpellier"), Site("toulouse", "Toulouse", folders=("/mnt/toulouse",)))
COPIES = (
    Copy("elsewhere", "https://elsewhere.example/x.zarr"),
    Copy("toulouse", "file:///mnt/toulouse/x.zarr"),
    Copy("montpellier", "s3://gaia/x.zarr"),
)


def asset(path: str = "", *copies: Copy) -> Asset:
    return Asset("data", path, "application/vnd.zarr", "Zarr", 1, copies=copies)


def moved(dataset: Dataset, path: str, *copies: Copy) -> Dataset:
    one = replace(dataset.facts.assets[0], path=path, copies=copies)
    return replace(dataset, facts=replace(dataset.facts, assets=(one,)))


def test_copies_come_in_the_order_of_the_sites() -> None:
    found = places("x", asset("zarr/x.zarr", *COPIES), Path("/data"), SITES)
    assert [one.title for one in found] == ["this platform", "Montpellier", "Toulouse", "elsewhere"]


def test_an_address_of_no_site_comes_after_the_sites() -> None:
    found = places("x", asset("https://origin.example/x.zarr", *COPIES[2:]), Path("/data"), SITES)
    assert [one.title for one in found] == ["Montpellier", "origin.example"]


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd", "/etc/passwd", "../../etc/passwd", "zarr/../../secret", "file:///data/%2e%2e/etc/passwd",
        "file:///data-of-others/x", "file:///mnt/toulouse/../passwd", "FILE:///etc/passwd", "simplecache::file:///etc/passwd",
        "local:///etc/passwd", "ftp://host/x", "http://", "https://host/x::file:///etc/passwd", "x\0y:",
    ],
)  # fmt: skip
def test_an_address_outside_the_data_is_refused(href: str) -> None:
    with pytest.raises(InvalidInput, match=r"^x: its address"):
        places("x", asset(href), Path("/data"), SITES)
    with pytest.raises(InvalidInput, match=r"^x: its address"):
        places("x", asset("zarr/x.zarr", Copy("toulouse", href)), Path("/data"), SITES)


def test_copies_are_stac_alternate_assets_and_back(catalog: Catalog) -> None:
    dataset = moved(catalog["ostia-monthly"].dataset, "zarr/ostia-monthly.zarr", *COPIES)
    described = item(dataset)
    assert "alternate-assets" in " ".join(described["stac_extensions"])
    assert copies_of(described["assets"]["data"]) == COPIES
    assert from_json(Dataset, json.loads(json.dumps(to_json(dataset)))) == dataset
    assert dataset_of(collection(dataset), [described]).facts.assets == dataset.facts.assets


@pytest.mark.parametrize("alternate", [None, [], "x", {"a": "b"}, {"a": {"href": 3}}])
def test_alternates_that_are_none_name_no_copy(alternate) -> None:
    assert copies_of({"href": "x", "alternate": alternate}) == ()


def test_a_lost_file_is_read_from_the_next_site_and_said(catalog: Catalog, prepared: Path, monkeypatch) -> None:
    monkeypatch.setenv("GAIA_VRE_SITES", '[{"name": "toulouse", "title": "Toulouse"}]')
    with web_of(prepared) as web:
        copy = Copy("toulouse", f"{web.url}/zarr/ostia-monthly.zarr")
        dataset = moved(catalog["ostia-monthly"].dataset, "zarr/lost.zarr", copy)
        with pytest.warns(ReplicaNotice, match="this platform is gone there; read from Toulouse"):
            assert open_dataset(dataset, prepared, {"time": "2008"}).sizes["time"] == 12


def test_an_asset_that_is_gone_says_what_was_tried(catalog: Catalog, prepared: Path) -> None:
    dataset = moved(catalog["ostia-monthly"].dataset, "zarr/lost.zarr")
    with pytest.raises(Unavailable, match=r"this platform \(.*lost\.zarr\) is gone there"):
        open_dataset(dataset, prepared, {})


def test_labs_are_told_the_sites(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = parse_settings({"sites": [{"name": "toulouse", "title": "Toulouse", "folders": ["/mnt/toulouse"]}]})
    environment = gaia_environment(settings, StateFolder(tmp_path), tmp_path, "/user/ada/")
    monkeypatch.setenv("GAIA_VRE_SITES", environment["GAIA_VRE_SITES"])
    assert current_sites() == (Site("toulouse", "Toulouse", folders=("/mnt/toulouse",)),)


def test_damaged_sites_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAIA_VRE_SITES", '[{"nom": "x"}]')
    with pytest.raises(SettingsError, match="GAIA_VRE_SITES"):
        current_sites()


@pytest.mark.parametrize(
    ("site", "said"),
    [({"name": "a", "title": "A", "folders": ["/"]}, "no folder"), ({"name": "A B", "title": "A"}, "sites.0.name")],
    ids=["whole disk", "name with a space"],
)
def test_a_site_that_cannot_be_is_refused(site: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse_settings({"sites": [site]})


def test_two_sites_of_one_name_are_refused() -> None:
    site = {"name": "a", "title": "A"}
    with pytest.raises(SettingsError, match="'a' stands twice"):
        parse_settings({"sites": [site, site]})

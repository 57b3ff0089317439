"""What a bag says that the project gave out."""

from __future__ import annotations

import io
import json
import zipfile

from gaia_vre.projects.outputs import MOST_FILES, outputs_of
from tests.service.conftest import World
from tests.service.projects.test_endings import project
from tests.service.projects.test_moving import API, bag

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def crate_of(world: World) -> list[dict[str, object]]:
    with zipfile.ZipFile(io.BytesIO(bag(world))) as archive:
        name = next(one for one in archive.namelist() if one.endswith("ro-crate-metadata.json"))
        return list(json.loads(archive.read(name))["@graph"])


def test_published_notebooks_and_large_results_stand_in_the_crate(world: World) -> None:
    folder = world.parts.folders.path(project(world).slug)
    (folder / "run").mkdir()
    (folder / "run" / "sst.nc").write_bytes(bytes(100))
    (folder / "run" / "notes.txt").write_bytes(bytes(1000))
    (folder / "run" / "heat.ipynb").write_text(NOTEBOOK)
    (folder / "all.zarr" / "sst").mkdir(parents=True)
    (folder / "all.zarr" / "sst" / "0.0").write_bytes(bytes(500))
    body = {"path": "run/heat.ipynb", "title": "The heat of the sea"}
    assert world.program().post(f"{API}/ocean-heat/published", json=body).status_code == 201
    told = {str(one["@id"]): one for one in crate_of(world)}
    assert told["files/run/heat.ipynb"]["name"] == "The heat of the sea"
    assert told["files/run/heat.ipynb"]["encodingFormat"] == "application/x-ipynb+json"
    assert told["files/run/sst.nc"]["@type"] == "File"
    assert told["files/all.zarr/"]["@type"] == "Dataset"
    assert "files/run/notes.txt" not in told
    parts = {one["@id"] for one in told["./"]["hasPart"]}  # type: ignore[attr-defined]
    assert {"files/run/heat.ipynb", "files/run/sst.nc"} <= parts


def test_what_is_gone_or_withdrawn_was_not_given_out(world: World) -> None:
    folder = world.parts.folders.path(project(world).slug)
    for name in ("kept", "withdrawn", "gone"):
        (folder / f"{name}.ipynb").write_text(NOTEBOOK)
    ada = world.program()
    numbers = [
        ada.post(f"{API}/ocean-heat/published", json={"path": f"{name}.ipynb"}).json()["id"]
        for name in ("kept", "withdrawn", "gone")
    ]
    ada.delete(f"{API}/ocean-heat/published/{numbers[1]}")
    (folder / "gone.ipynb").unlink()
    told = {one["@id"] for one in crate_of(world)}
    assert "files/kept.ipynb" in told
    facts = ada.get(f"{API}/ocean-heat/facts").json()
    assert [one["path"] for one in facts["outputs"]] == ["kept.ipynb"]


def test_apps_stand_in_the_crate_with_what_serves_them(world: World) -> None:
    folder = world.parts.folders.path(project(world).slug)
    (folder / "plots").mkdir()
    (folder / "plots" / "slide.py").write_text("import streamlit as st")
    (folder / "page.ipynb").write_text(NOTEBOOK)
    (folder / "gone.py").write_text("import panel")
    ada = world.program()
    for path, title in (("plots/slide.py", "Slide it"), ("page.ipynb", "A page"), ("gone.py", "Gone")):
        assert ada.post(f"{API}/ocean-heat/apps", json={"path": path, "title": title}).status_code == 201
    (folder / "gone.py").unlink()
    told = {str(one["@id"]): one for one in crate_of(world)}
    slide, page = told["files/plots/slide.py"], told["files/page.ipynb"]
    assert (slide["name"], slide["@type"]) == ("Slide it", ["File", "SoftwareSourceCode"])
    assert (slide["additionalType"], slide["runtimePlatform"]) == ("WebApplication", "Streamlit")
    assert told["#program-Streamlit"]["@type"] == "SoftwareApplication"
    assert (page["name"], page["runtimePlatform"]) == ("A page", "Voilà")
    assert page["encodingFormat"] == "application/x-ipynb+json"
    assert "files/gone.py" not in told
    parts = [one["@id"] for one in told["./"]["hasPart"]]  # type: ignore[attr-defined]
    assert parts.count("files/page.ipynb") == parts.count("files/plots/slide.py") == 1


def test_links_hidden_files_and_names_that_are_no_text_are_no_results(world: World) -> None:
    folder = world.parts.folders.path(project(world).slug)
    (folder / ".trash").mkdir()
    for name in (b".trash/old.nc", b".hidden.nc", b"b\xff.nc", b"new\nline.nc"):
        (folder / name.decode(errors="surrogateescape")).write_bytes(bytes(10))
    (folder / "link.nc").symlink_to(folder / ".hidden.nc")
    assert world.program().get(f"{API}/ocean-heat/facts").json()["outputs"] == []


def test_only_the_largest_are_named(world: World) -> None:
    found = project(world)
    folder = world.parts.folders.path(found.slug)
    for number in range(MOST_FILES + 5):
        (folder / f"{number:02}.nc").write_bytes(bytes(number + 1))
    told = [one.path for one in outputs_of(world.parts.engine, found.id, folder)]
    assert (len(told), told[0], told[-1]) == (MOST_FILES, f"{MOST_FILES + 4:02}.nc", "05.nc")

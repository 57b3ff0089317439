"""Datasets of projects in a notebook: described where the files are, found and opened beside the catalog's."""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gaia_vre.core.errors import GaiaError, InvalidInput, NotFound, NotSignedIn, Unavailable

if TYPE_CHECKING:
    from gaia_vre.catalog.discovery import Discovered
    from gaia_vre.catalog.reader import Entry, Results
    from gaia_vre.client import ServiceClient


def folder_of(slug: str) -> Path:
    """Return where the files of a project are: below ``~/projects``, or the home of its own server."""
    inside = Path.home() / "projects" / slug
    own = os.environ.get("JUPYTERHUB_USER") == f"p-{slug}"
    return Path.home() if own and not inside.is_dir() else inside


def described(slug: str, path: str, name: str = "") -> dict[str, Any]:
    """Return what the service is told of a file or store: extent, variables and statistics, as it holds them.

    Raises
    ------
    InvalidInput
        The path leaves the project's folder, or nothing here can read the file.
    NotFound
        There is no such file.
    """
    from gaia_vre.catalog.harvest.files import describe_file

    file = _file(slug, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            collection, *items = describe_file(file, path)
    except GaiaError:
        raise
    except Exception as error:  # libraries raise what they like over a broken file
        raise InvalidInput(f"{path!a} cannot be read ({type(error).__name__}: {str(error)[:200]})") from error
    key = name or re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")[:60].strip("-")
    return {"path": path, "name": key, "collection": collection, "item": items[0] if items else None}


def entry(dataset_id: str) -> Entry:
    """Return a dataset of the catalog, or else one that a project publishes; raises NotFound."""
    from gaia_vre.catalog.reader import Entry, current_catalog

    try:
        return current_catalog()[dataset_id]
    except (NotFound, Unavailable):
        if "." not in dataset_id:
            raise
        found = _asked(f"/published-datasets/{quote(dataset_id, safe='')}")
        if found is None:
            raise
    if not found["mine"]:
        raise Unavailable(f"{dataset_id}: its files are for members of the project {found['project']}; ask to join it")
    return Entry(_dataset(found), folder_of(found["project"]))


def with_ours(results: Results, text: str | None, bbox: Any, time: Any, pole: str | None) -> Results:
    """Return what a search found, behind what it finds among the datasets of projects that I may know of."""
    listed = _asked("/published-datasets") or []
    if not listed:
        return results
    found, projects = _found(listed, text, bbox, time, pole), {one["name"]: one["project"] for one in listed}
    from gaia_vre.catalog.reader import Entry, Results

    if not found.datasets or (results.found.complete and not found.complete and len(results)):
        return results
    own = [Entry(one, folder_of(projects[one.id])) for one in found.datasets]
    theirs = list(results) if results.complete or not found.complete else []
    both = tuple(one.dataset for one in (*own, *theirs))
    said = replace(results.found, datasets=both, matched=len(own) + (results.found.matched if theirs else 0))
    return Results([*own, *theirs], results.question, replace(said, complete=found.complete))


def _found(listed: list[dict[str, Any]], text: str | None, bbox: Any, time: Any, pole: str | None) -> Discovered:
    """Search a few documents as the catalog is searched."""
    from gaia_vre.catalog.discovery import Question, find
    from gaia_vre.catalog.engine.load import FILE, build
    from gaia_vre.catalog.engine.model import PAGE_LIMIT
    from gaia_vre.catalog.engine.store import SqliteEngine
    from gaia_vre.catalog.rules import pole_key
    from gaia_vre.catalog.selection import parse_box, parse_time

    box, span = parse_box(bbox) if bbox is not None else None, parse_time(time) if time is not None else None
    question = Question(text, box, span, pole_key(pole) if pole else None)
    with tempfile.TemporaryDirectory(prefix="gaia-") as folder:
        items = [one["item"] for one in listed if one["item"]]
        engine = SqliteEngine(build(Path(folder) / FILE, [one["collection"] for one in listed], items))
        try:
            return find(engine, question, PAGE_LIMIT)
        finally:
            engine.close()


def _dataset(found: dict[str, Any]) -> Any:
    from gaia_vre.catalog.stac_reading import dataset_of

    return dataset_of(found["collection"], [found["item"]] if found["item"] else [])


def _asked(path: str) -> Any:
    """Return the service's answer, or None where there is no service, no such thing, or nobody signed in."""
    from gaia_vre.client import URL_VARIABLE

    if URL_VARIABLE not in os.environ:
        return None
    try:
        with _service() as service:
            return service.ask("GET", path)
    except (NotFound, NotSignedIn, Unavailable):
        return None


def _file(slug: str, path: str) -> Path:
    folder = folder_of(slug)
    steps = path.split("/")
    if path.startswith("/") or {"", ".", ".."} & set(steps):
        raise InvalidInput(f"{path!a} is no path within the folder of {slug}, as results/heat.nc is")
    file = folder.joinpath(*steps)
    if not file.exists():
        raise NotFound(f"There is no {path!a} in {folder}")
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InvalidInput(f"{path!a} is a link that leads out of the folder of {slug}")
    return file


def _service() -> ServiceClient:
    from gaia_vre.client import ServiceClient

    return ServiceClient()

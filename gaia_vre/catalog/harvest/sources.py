"""The sources that come configured, and the harvester of each kind."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from gaia_vre.catalog.harvest.contract import Source
from gaia_vre.core.errors import InvalidInput, NotFound, did_you_mean

if TYPE_CHECKING:
    from gaia_vre.catalog.harvest.contract import Harvester, Memory
    from gaia_vre.catalog.harvest.fetch import Fetcher

HARVESTERS = {
    "stac-api": ("stac_api", "StacApi"),
    "geodes": ("stac_api", "Geodes"),
    "stac-static": ("stac_static", "StacStatic"),
    "csw": ("csw", "Csw"),
    "eml": ("eml_files", "Eml"),
    "stationxml": ("stationxml", "StationXml"),
    "cmip6": ("cmip6", "Cmip6"),
    "eodag": ("eodag", "Eodag"),
}
"""Module and class of each kind that is asked over HTTP, or may be."""
ON_DISK = ("eml", "cmip6", "eodag")
CONFIGURED = Path(__file__).parent / "sources.yaml"


def configured_sources(file: Path = CONFIGURED) -> dict[str, Source]:
    """Return the sources of a file by name.

    Raises
    ------
    InvalidInput
        The file has an unknown key, a value out of bounds, or a name twice.
    """
    try:
        listed = [Source(**values) for values in yaml.safe_load(file.read_text(encoding="utf-8"))["sources"]]
    except (OSError, KeyError, TypeError, yaml.YAMLError, ValidationError) as error:
        raise InvalidInput(f"{file}: no list of sources ({str(error)[:300]})") from error
    twice = [one.name for one in listed if [each.name for each in listed].count(one.name) > 1]
    if twice:
        raise InvalidInput(f"{file}: the source {twice[0]!r} stands twice")
    return {one.name: one for one in listed}


def find_source(name: str, file: Path = CONFIGURED) -> Source:
    """Return the source of this name.

    Raises
    ------
    NotFound
        There is none; the message names the nearest.
    """
    known = configured_sources(file)
    if name not in known:
        hint = did_you_mean(name, known)
        raise NotFound(f"There is no source {name!r}; there are {', '.join(known)}{hint}")
    return known[name]


def changed_address(source: Source, url: str) -> Source:
    """Return the source at another address; its key is kept from hosts that it was not given for."""
    values = source.model_dump() | {"url": url, "key_variable": None}
    try:
        return Source(**values)
    except ValidationError as error:
        raise InvalidInput(f"{url[:200]!r} cannot be the address of {source.name}") from error


def harvester_of(source: Source, memory: Memory) -> Harvester:
    """Return the harvester that reads a source.

    Raises
    ------
    InvalidInput
        The kind is read over HTTP only, and the source is a path.
    """
    if source.kind == "folder":
        from gaia_vre.catalog.harvest.folder import Folder

        return Folder(source, memory)
    index = source.kind == "cmip6" and "/esg-search/" in source.url
    module, name = ("esgf", "EsgfIndex") if index else HARVESTERS[source.kind]
    fetcher = _fetcher(source, memory) if source.remote else None
    if fetcher is None and source.kind not in ON_DISK:
        raise InvalidInput(f"{source.name}: {source.url[:200]!r} is no address that begins with https:// or http://")
    made: Harvester = getattr(import_module(f"gaia_vre.catalog.harvest.{module}"), name)(source, fetcher)
    return made


def _fetcher(source: Source, memory: Memory) -> Fetcher:
    from gaia_vre.catalog.harvest.fetch import Fetcher

    key = os.environ.get(source.key_variable, "") if source.key_variable else ""
    headers = {"X-API-Key": key} if key else {}
    return Fetcher(source.url, source.limits, memory, hosts=source.hosts, headers=headers)

"""The sites that keep copies of datasets, as this environment names them, and where the copies of an asset stand."""

from __future__ import annotations

import functools
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from gaia_vre.catalog.files import SCHEME, linked_parts
from gaia_vre.core.errors import InvalidInput, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.catalog.model import Asset

VARIABLE = "GAIA_VRE_SITES"
"""Environment variable with the sites as JSON, nearest first; labs have it."""

SECONDS = 10.0
"""How long a site may keep silent before the next one is asked."""

HERE = "this platform"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
REMOTE = ("http", "https", "s3", "irods")


@dataclass(frozen=True)
class Site:
    """One place of storage; see the settings of the same names."""

    name: str
    title: str
    s3_endpoint: str | None = None
    folders: tuple[str, ...] = ()
    seconds: float = SECONDS


@dataclass(frozen=True)
class Place:
    """One address where an asset stands, and whose it is."""

    href: str
    title: str
    s3_endpoint: str | None = None
    seconds: float = SECONDS

    @property
    def scheme(self) -> str:
        return self.href.partition(":")[0]

    @property
    def shown(self) -> str:
        """The address without what may be secret: the signature in the query, a password before the host."""
        plain = self.href.partition("?")[0]
        return re.sub(r"//[^/@]*@", "//", plain)


def current_sites() -> tuple[Site, ...]:
    """Return the sites of this environment, nearest first."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return _parsed(named)
    if "GAIA_VRE_SETTINGS" not in os.environ:
        return ()  # the settings model is slow to import, and has nothing to say
    from gaia_vre.core.settings import load_settings

    return _parsed(json.dumps([site.model_dump(mode="json") for site in load_settings().sites]))


@functools.lru_cache(maxsize=4)
def _parsed(text: str) -> tuple[Site, ...]:
    try:
        return tuple(Site(**{**one, "folders": tuple(one.get("folders", ()))}) for one in json.loads(text))
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingsError(f"{VARIABLE} does not hold the sites as JSON: {error}") from error


def places(owner: str, asset: Asset, data: Path, sites: Iterable[Site]) -> tuple[Place, ...]:
    """Return where an asset stands, nearest first: here, then as `sites` has them, then those that nobody ranked.

    Raises
    ------
    InvalidInput
        An address is of no kind that is read, or a file outside the data folder and the sites' folders.
    """
    sites = tuple(sites)
    roots = data_folders(data, sites)
    by_name = {site.name: site for site in sites}
    ranks = {site.name: rank for rank, site in enumerate(sites)}
    copies = sorted(asset.copies, key=lambda copy: ranks.get(copy.site, len(ranks)))
    found = [_place(owner, asset.path, roots, _answering(asset.path))] if asset.path else []
    found += [_place(owner, one.href, roots, by_name.get(one.site) or Site(one.site, one.site)) for one in copies]
    if found and _SCHEME.match(asset.path) and any(one.site in ranks for one in copies):
        found.append(found.pop(0))  # an address that belongs to no site is no nearer than a site we know
    return tuple(dict.fromkeys(found))


def data_folders(data: Path, sites: Iterable[Site]) -> tuple[Path, ...]:
    """Return the folders in which files are read, that of the prepared data first."""
    return (data, *(Path(folder) for one in sites for folder in one.folders))


def checked_address(owner: str, href: str, folders: tuple[Path, ...]) -> str:
    """Return an address that may be read; a path without scheme is below the first folder.

    Raises
    ------
    InvalidInput
        It is of no kind that is read, or a file outside the folders.
    """
    match = _SCHEME.match(href)
    scheme = match.group(1).lower() if match else ""
    if scheme == SCHEME and linked_parts(href):
        return href
    if scheme in REMOTE and "::" not in href and urlsplit(href).netloc:
        return scheme + href[len(scheme) :]
    if scheme not in ("", "file") or "\0" in href:
        raise InvalidInput(f"{owner}: its address {href} is none that is read; these are: {', '.join(REMOTE)}, file")
    base = folders[0]
    path = Path(os.path.normpath(base / unquote(urlsplit(href).path) if scheme else base / href))
    if not any(path.is_relative_to(os.path.normpath(folder)) for folder in folders):
        raise InvalidInput(f"{owner}: its address {href} lies outside the folders of the data; it is not read")
    return f"file://{path}"


def _answering(path: str) -> Site:
    """Return who answers at an address that names no site: this platform, or the host."""
    if path.startswith(f"{SCHEME}://"):
        return Site("here", HERE)
    host = urlsplit(path).netloc.rpartition("@")[2] if _SCHEME.match(path) else ""
    return Site(host or "here", host or HERE)


def _place(owner: str, href: str, folders: tuple[Path, ...], site: Site) -> Place:
    return Place(checked_address(owner, href, folders), site.title, site.s3_endpoint, site.seconds)


def local_path(place: Place) -> Path | None:
    """Return the path of a place on this machine's own disks."""
    return Path(place.href.removeprefix("file://")) if place.scheme == "file" else None

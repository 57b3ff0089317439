"""Addresses of a dataset's files for the person who may read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from gaia_vre.catalog.engine.model import Search
from gaia_vre.catalog.files import SCHEME, linked_parts
from gaia_vre.core.errors import NotFound, did_you_mean
from gaia_vre.service.catalog.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.hub import Person


@dataclass(frozen=True)
class Linked:
    """Links to files and when they end."""

    dataset: str
    expires: datetime
    path: str
    assets: dict[str, str]


def links_of(parts: Parts, dataset: str, person: Person, keys: Iterable[str] | None = None) -> Linked:
    """Return links to the files of a dataset; raises NotAllowed with whom to ask, NotFound for an unknown asset."""
    gate = Gate(parts)
    link = gate.link(dataset, person)
    path = gate.path(link)
    base = f"{parts.settings.addresses.public_url}/services/gaia/{path}"
    found = _restricted_assets(parts, dataset)
    wanted = list(found) if keys is None else list(keys)
    for key in wanted:
        if key not in found:
            raise NotFound(f"{dataset}: there is no asset {key!r} behind links{did_you_mean(key, found)}")
    return Linked(dataset, link.expires, path, {key: f"{base}/{quote(found[key])}" for key in wanted})


def _restricted_assets(parts: Parts, dataset: str) -> dict[str, str]:
    """Return the paths of the files with rights that hang on a dataset or on its item, by key."""
    engine = parts.catalog
    held = [engine.collection(dataset), *engine.search("items", Search(collections=(dataset,), limit=1)).documents]
    found = {}
    for document in held:
        for key, asset in document.get("assets", {}).items():
            if str(asset["href"]).startswith(f"{SCHEME}://"):
                found[key] = linked_parts(asset["href"])[1]
    return found

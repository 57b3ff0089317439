"""Addresses of a dataset's files for the person who may read them: our own links, and those of other archives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from gaia_vre.catalog.engine.model import Search
from gaia_vre.catalog.files import SCHEME, linked_parts
from gaia_vre.core.errors import NotFound, did_you_mean
from gaia_vre.service.catalog.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.hub import Person

THROUGH = "="
"""Path below a link of files of other archives that pass through the service."""


@dataclass(frozen=True)
class Linked:
    """Links to files and when the first of them ends."""

    dataset: str
    expires: datetime
    path: str
    assets: dict[str, str]


def links_of(
    parts: Parts, dataset: str, person: Person, keys: Iterable[str] | None = None, item: str | None = None
) -> Linked:
    """Return links to the files of a dataset or of one item; those that need no link are left out.

    Raises
    ------
    NotAllowed
        The person may not read them; says whom to ask.
    NotFound
        There is no such asset.
    Unavailable
        Another archive cannot be asked for its links now.
    """
    gate = Gate(parts)
    link = gate.link(dataset, person)
    path = gate.path(link)
    base = f"{parts.settings.addresses.public_url}/services/gaia/{path}"
    hrefs = asset_hrefs(parts, dataset, item)
    behind = {key: href for key, href in hrefs.items() if _needs_link(parts, href)}
    wanted = list(behind) if keys is None else list(keys)
    assets, ends = {}, [link.expires]
    for key in wanted:
        if key not in behind:
            raise NotFound(f"{dataset}: there is no asset {key!r} behind links{did_you_mean(key, behind)}")
        assets[key], end = _address(parts, base, item, key, behind[key])
        ends += [end] if end else []
    return Linked(dataset, min(ends), path, assets)


def asset_hrefs(parts: Parts, dataset: str, item: str | None = None) -> dict[str, str]:
    """Return the addresses of an item's files, or of a dataset's with those of its item of the same name."""
    if item is not None:
        held = [parts.catalog.item(dataset, item)]
    else:
        own = Search(collections=(dataset,), ids=(dataset,), limit=1)
        held = [parts.catalog.collection(dataset), *parts.catalog.search("items", own).documents]
    return {key: str(asset["href"]) for document in held for key, asset in document.get("assets", {}).items()}


def _needs_link(parts: Parts, href: str) -> bool:
    return href.startswith(f"{SCHEME}://") or parts.signers.of(href) is not None


def _address(parts: Parts, base: str, item: str | None, key: str, href: str) -> tuple[str, datetime | None]:
    if href.startswith(f"{SCHEME}://"):
        return f"{base}/{quote(linked_parts(href)[1])}", None
    signer = parts.signers.of(href)
    assert signer is not None  # noqa: S101 - `_needs_link` has found it
    signed = signer.sign(href, parts.clock())
    if signed.headers:
        query = urlencode({"asset": key} | ({"item": item} if item is not None else {}))
        return f"{base}/{THROUGH}?{query}", None
    return signed.href, signed.expires

"""Where the files of a dataset stand: below the data folder, or with rights behind the service.

Files with rights have an address of their own, ``gaia://<dataset>/<path>``. It says nothing of
where they are kept; the service alone turns it into a link, for who may read.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from gaia_vre.catalog.model import Asset, Dataset

SCHEME = "gaia"
ELSEWHERE = ("http", "https", "s3", "irods")
"""Addresses at other sites, which have locks of their own."""


def linked_href(dataset: str, path: str) -> str:
    """Return the address of a file with rights."""
    return f"{SCHEME}://{dataset}/{checked_path(path)}"


def linked_parts(href: str) -> tuple[str, str]:
    """Return dataset and path of a file with rights; raises InvalidInput."""
    scheme, _, rest = href.partition("://")
    dataset, _, path = rest.partition("/")
    if scheme != SCHEME or not dataset:
        raise InvalidInput(f"{href!r} is no address of a file with rights, as {SCHEME}://dataset/path is")
    return dataset, checked_path(path)


def linked_asset(dataset: Dataset, asset: Asset) -> Asset:
    """Return an asset as it is opened: with rights by its address, else as it is.

    Raises
    ------
    InvalidInput
        It lies outside the dataset's folder, or belongs to another dataset.
    """
    if asset.path.startswith(f"{SCHEME}://"):
        owner, path = linked_parts(asset.path)
        if owner != dataset.id:
            raise InvalidInput(f"{dataset.id}: the asset {path!r} belongs to {owner!r}")
        return asset
    if dataset.rights is None or urlsplit(asset.path).scheme in ELSEWHERE:
        return asset
    return replace(asset, path=linked_href(dataset.id, asset.path))


def local_path(href: str, data: Path) -> Path:
    """Return the path of an absolute address on this machine; raises InvalidInput outside the data folder."""
    target = Path(os.path.normpath(href))
    if "://" in href or "\0" in href or not target.is_relative_to(data):
        raise InvalidInput(f"the asset {href!r} lies outside {data}")
    return target


def checked_path(path: str) -> str:
    """Return a path that stays below its folder; raises InvalidInput for any other."""
    parts = path.split("/")
    if urlsplit(path).scheme or "\\" in path or "\0" in path or {"", ".", ".."} & set(parts):
        raise InvalidInput(f"the asset {path!r} lies outside the data of its dataset")
    return path

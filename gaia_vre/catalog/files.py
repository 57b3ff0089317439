"""Where the files of a dataset stand: below the data folder, or with rights behind the service.

Files with rights have an address of their own, ``gaia://<dataset>/<path>``. It says nothing of
where they are kept; the service alone turns it into a link, for who may read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from gaia_vre.catalog.model import Dataset

SCHEME = "gaia"


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


def place_of(dataset: Dataset, path: str, data: Path) -> Path | str:
    """Return where a file of a dataset is opened from.

    Raises
    ------
    InvalidInput
        It lies outside the data folder.
    """
    if path.startswith(f"{SCHEME}://"):
        owner, path = linked_parts(path)
        if owner != dataset.id:
            raise InvalidInput(f"{dataset.id}: the asset {path!r} belongs to {owner!r}")
        return linked_href(owner, path)
    if dataset.rights is not None:
        return linked_href(dataset.id, path)
    return data / checked_path(path)


def allowed_place(href: str, data: Path) -> Path | str:
    """Return where an address that stands in the catalog is opened from; raises InvalidInput outside the data."""
    if href.startswith(f"{SCHEME}://"):
        return linked_href(*linked_parts(href))
    return local_path(href.removeprefix("file://"), data)


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

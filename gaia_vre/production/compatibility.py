"""Let pangeo-forge-recipes 0.10.8 write Zarr format 3 with zarr 3.

That release imports ``zarr.storage.FSStore``, which zarr 3 no longer has, and gives xarray
the encoded fill value of a format 3 array as it stands. Take what you use of pangeo-forge-recipes
from here. Upstream has no release that works with zarr 3.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
import zarr.storage
from xarray.backends.zarr import FillValueCoder, encode_zarr_variable

if TYPE_CHECKING:
    import xarray as xr


class _NoStore:
    """Stands where the removed class is named in annotations and isinstance checks."""


def _store_data(name: str, variable: xr.Variable, index: Any, group: zarr.Group) -> None:
    """Write one fragment; replaces ``pangeo_forge_recipes.writers._store_data``."""
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise TypeError(f"{name} is not an array of the store")
    encoding = dict(array.attrs)
    if "_FillValue" in encoding:
        encoding["_FillValue"] = FillValueCoder.decode(str(encoding["_FillValue"]), array.dtype)
    coded = variable.copy()
    coded.encoding.update(encoding)
    coded.attrs = {}
    array[writers._region_for(coded, index)] = np.asarray(encode_zarr_variable(coded).data)


def _path(target: Any) -> str:
    """Return where to write; zarr 3 opens the path itself."""
    return str(target.root_path)


if not hasattr(zarr.storage, "FSStore"):
    zarr.storage.FSStore = _NoStore  # type: ignore[attr-defined]

# Beam names optional cloud libraries that nobody here misses.
logging.getLogger("apache_beam").setLevel(logging.ERROR)

# ruff: noqa: E402 - these need the name set above
from pangeo_forge_recipes import storage, writers
from pangeo_forge_recipes.patterns import ConcatDim, FilePattern, MergeDim
from pangeo_forge_recipes.transforms import OpenWithXarray, StoreToZarr

__all__ = ["ConcatDim", "FilePattern", "MergeDim", "OpenWithXarray", "StoreToZarr"]

writers._store_data = _store_data
storage.FSSpecTarget.get_mapper = _path

"""Describe one Zarr store, GeoTIFF, NetCDF, Parquet or CSV file by what it holds itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gaia_vre.catalog.axes import auxiliary_names
from gaia_vre.catalog.facts import facts_of_grid, facts_of_table, image_facts
from gaia_vre.catalog.formats import CSV, PARQUET
from gaia_vre.catalog.formats.tables import read_csv, read_parquet
from gaia_vre.catalog.model import Asset, Contact, Dataset, Licence, Provider
from gaia_vre.catalog.opening import COG, ZARR, read_grid
from gaia_vre.catalog.stac import collection, has_item, item

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NETCDF = "application/netcdf"
GEOTIFF = "image/tiff; application=geotiff"
STATISTICS_BYTES = 256_000_000
"""Variables larger than this get no statistics: reading them whole would take too long."""


def describe_file(path: Path, name: str) -> list[dict[str, Any]]:
    """Return the collection of one file, and its item when the time is known."""
    if name.lower().endswith((".tif", ".tiff")):
        dataset, bands = _image(path, name)
    elif name.lower().endswith((".parquet", ".geoparquet", ".csv")):
        dataset, bands = _table(path, name)
    else:
        dataset, bands = _grid(path, name)
    described = [collection(dataset), *([item(dataset)] if has_item(dataset) else [])]
    for stac in described:
        for asset in stac.get("assets", {}).values():
            asset |= {"href": name, "bands": bands}
    return described


def _grid(path: Path, name: str) -> tuple[Dataset, list[dict[str, Any]]]:
    import xarray as xr

    if name.lower().endswith(".zarr"):
        grid, media_type = read_grid(path), ZARR
    else:
        opened = xr.open_dataset(path, chunks={})
        grid, media_type = opened.set_coords(auxiliary_names(opened)), NETCDF
    with grid:
        facts = facts_of_grid(grid, _asset(path, name, media_type))
        bands = [_grid_band(str(key), grid[key]) for key in sorted(grid.data_vars, key=str)]
        return Dataset(id=name, kind="grid", facts=facts, **_attributes(grid.attrs, name)), bands


def _image(path: Path, name: str) -> tuple[Dataset, list[dict[str, Any]]]:
    import rasterio
    from rio_cogeo import cog_validate

    valid, _, _ = cog_validate(str(path), quiet=True)
    facts = image_facts(path, _asset(path, name, COG if valid else GEOTIFF))
    with rasterio.open(path) as image:
        bands = [
            _band(variable.name, image.dtypes[number - 1], _image_values(image, number))
            for number, variable in enumerate(facts.variables, start=1)
        ]
        return Dataset(id=name, kind="image", facts=facts, **_attributes(image.tags(), name)), bands


def _table(path: Path, name: str) -> tuple[Dataset, list[dict[str, Any]]]:
    is_csv = name.lower().endswith(".csv")
    table = read_csv(path) if is_csv else read_parquet(path)
    facts = facts_of_table(table, _asset(path, name, CSV if is_csv else PARQUET))
    bands = [
        _band(one.name, str(table[one.name].dtype), table[one.name].to_numpy() if _is_number(table[one.name]) else None)
        for one in facts.variables
    ]
    return Dataset(id=name, kind="table", facts=facts, **_attributes({}, name)), bands


def _is_number(column: Any) -> bool:
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf" and column.nbytes <= STATISTICS_BYTES


def _attributes(attributes: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what the global attributes of ACDD say; what they leave out stays unknown."""
    said = {key.lower(): str(value).strip() for key, value in attributes.items() if str(value).strip()}
    maker = said.get("institution") or said.get("creator_name")
    doi = said.get("doi") or said.get("id", "")
    return {
        "title": said.get("title", name),
        "description": said.get("summary") or said.get("title") or name,
        "keywords": tuple(word.strip() for word in said.get("keywords", "").split(",") if word.strip()),
        "licence": Licence(said["license"]) if "license" in said else None,
        "providers": (Provider(maker, ("producer",)),) if maker else (),
        "doi": doi.removeprefix("https://doi.org/") if "10." in doi[:20] and "/" in doi else None,
        "contact": Contact(said["creator_name"], (said["creator_email"],))
        if {"creator_name", "creator_email"} <= said.keys()
        else None,
    }


def _grid_band(name: str, array: Any) -> dict[str, Any]:
    numbers = array.dtype.kind in "iuf" and array.nbytes <= STATISTICS_BYTES
    unit = {"unit": str(array.attrs["units"])} if array.attrs.get("units") else {}
    return _band(name, str(array.dtype), array.to_numpy() if numbers else None) | unit


def _image_values(image: Any, number: int) -> Any:
    size = image.width * image.height * np.dtype(image.dtypes[number - 1]).itemsize
    return image.read(number, masked=True).compressed() if size <= STATISTICS_BYTES else None


def _band(name: str, data_type: str, values: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"name": name}
    if data_type in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"):
        described["data_type"] = data_type
    statistics = _statistics(values) if values is not None else {}
    return described | ({"statistics": statistics} if statistics else {})


def _statistics(values: np.ndarray[Any, Any]) -> dict[str, float]:
    good = values[np.isfinite(values)].astype("float64")
    if not good.size:
        return {}
    return {
        "minimum": float(good.min()),
        "maximum": float(good.max()),
        "mean": float(good.mean()),
        "stddev": float(good.std()),
        "count": int(good.size),
    }


def _asset(path: Path, name: str, media_type: str) -> Asset:
    files = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
    return Asset("data", name, media_type, path.name, sum(one.stat().st_size for one in files))

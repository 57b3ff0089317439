"""The datasets that open here as an Intake catalog, for programs that read such files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.formats import family_of, reader_of
from gaia_vre.catalog.opening import data_assets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gaia_vre.catalog.model import Dataset

_DRIVERS = {
    "read_zarr": "GridSource",
    "read_netcdf": "NetcdfSource",
    "read_grib": "GribSource",
    "read_references": "ReferenceSource",
    "read_image": "ImageSource",
    "read_parquet": "TableSource",
    "read_geopackage": "GeopackageSource",
    "read_csv": "CsvSource",
    "read_archive": "ArchiveSource",
    "read_traces": "TraceSource",
    "read_stations": "StationSource",
    "read_datastore": "DatastoreSource",
}


def intake_sources(datasets: Iterable[Dataset], data: Path) -> dict[str, Any]:
    """Return the content of an Intake YAML file; datasets of several files have an entry a file."""
    sources = {}
    for dataset in datasets:
        assets = data_assets(dataset) if dataset.opens_here else []
        for asset in (one for one in assets if one.path and "://" not in one.path):
            name = dataset.id if len(assets) == 1 else f"{dataset.id}.{asset.key}"
            reader = reader_of(dataset.id, asset.media_type, asset.path)
            sources[name] = {
                "driver": f"gaia_vre.catalog.intake.{_DRIVERS[reader.__name__]}",
                "description": dataset.title,
                "args": {"urlpath": str(data / asset.path)},
                "metadata": {"format": family_of(reader), "citation": dataset.citation},
            }
    return {"metadata": {"version": 1, "name": "GAIA Data"}, "sources": sources}

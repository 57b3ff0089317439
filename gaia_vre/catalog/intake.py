"""``intake.cat.gaia``: the datasets that open here, through Intake and intake-stac.

Intake finds this module by its entry point and loads it when ``intake.cat.gaia`` is first
named; ``import intake`` reads nothing of ours. Each entry is the STAC collection of a
dataset: its items and files can be walked as intake-stac has them, and ``read()`` and
``to_dask()`` open it at once.
"""

from __future__ import annotations

import functools
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog import formats, opening, session
from gaia_vre.catalog.files import linked_parts
from gaia_vre.catalog.formats.darwin_core import read_archive
from gaia_vre.catalog.formats.grids import read_grib, read_netcdf
from gaia_vre.catalog.formats.models import read_datastore
from gaia_vre.catalog.formats.references import read_references
from gaia_vre.catalog.formats.source import Source, as_source
from gaia_vre.catalog.formats.tables import read_csv, read_geopackage
from gaia_vre.catalog.reader import Catalog, current_catalog
from gaia_vre.catalog.sites import HERE, Place, checked_address, local_path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # intake-stac imports pkg_resources, which is deprecated
    import intake_stac.catalog as intake_stac
from intake.catalog import Catalog as IntakeCatalog
from intake.catalog.local import LocalCatalogEntry
from intake.source.base import DataSource, Schema

if TYPE_CHECKING:
    from collections.abc import Callable


class _FileSource(DataSource):  # type: ignore[misc]
    """A file or store read by one of our readers.

    intake-xarray's own sources read the same stores, but warn at each of them.
    """

    version = "1"
    partition_access = False
    reader: Callable[..., Any]

    def __init__(self, urlpath: str, metadata: Any = None, storage_options: Any = None, **options: Any) -> None:
        super().__init__(metadata=metadata)
        self.urlpath = urlpath
        options.pop("consolidated", None)  # STAC says it for other readers; ours know
        self._options = options

    def to_dask(self) -> Any:
        """Open: arrays lazily, small tables and traces at once."""
        opened = type(self).reader(_allowed(self.urlpath), **self._options)
        _remember(self.urlpath)
        return opened

    def read(self) -> Any:
        """Open and load into memory."""
        opened = self.to_dask()
        return opened.load() if self.container == "xarray" else opened

    def _get_schema(self) -> Schema:
        return Schema(datashape=None, dtype=None, shape=None, npartitions=1, extra_metadata={})


class GridSource(_FileSource):
    """Zarr as xarray Dataset; takes ``chunks``."""

    name = "gaia_grid"
    container = "xarray"
    reader = staticmethod(opening.read_grid)


class ImageSource(_FileSource):
    """COG as xarray DataArray; takes ``chunks``."""

    name = "gaia_image"
    container = "xarray"
    reader = staticmethod(opening.read_image)


class TableSource(_FileSource):
    """(Geo)Parquet as GeoDataFrame or DataFrame."""

    name = "gaia_table"
    container = "dataframe"
    reader = staticmethod(opening.read_parquet)


class NetcdfSource(_FileSource):
    """NetCDF as xarray Dataset; takes ``chunks``."""

    name = "gaia_netcdf"
    container = "xarray"
    reader = staticmethod(read_netcdf)


class GribSource(_FileSource):
    """GRIB of edition 2 as xarray Dataset; takes ``chunks``."""

    name = "gaia_grib"
    container = "xarray"
    reader = staticmethod(read_grib)


class ReferenceSource(_FileSource):
    """References of kerchunk or VirtualiZarr as xarray Dataset; takes ``chunks``."""

    name = "gaia_references"
    container = "xarray"
    reader = staticmethod(read_references)


class GeopackageSource(_FileSource):
    """A layer of a GeoPackage as GeoDataFrame."""

    name = "gaia_geopackage"
    container = "dataframe"
    reader = staticmethod(read_geopackage)


class CsvSource(_FileSource):
    """CSV as DataFrame, with points where it has coordinates."""

    name = "gaia_csv"
    container = "dataframe"
    reader = staticmethod(read_csv)


class ArchiveSource(_FileSource):
    """The core table of a Darwin Core archive."""

    name = "gaia_archive"
    container = "dataframe"
    reader = staticmethod(read_archive)


class DatastoreSource(_FileSource):
    """An ensemble of models as intake-esm datastore."""

    name = "gaia_models"
    container = "catalog"
    reader = staticmethod(read_datastore)


class TraceSource(_FileSource):
    """miniSEED or SAC as ObsPy Stream."""

    name = "gaia_traces"
    container = "python"
    reader = staticmethod(opening.read_traces)


class StationSource(_FileSource):
    """StationXML as ObsPy Inventory."""

    name = "gaia_stations"
    container = "python"
    reader = staticmethod(opening.read_stations)


# What intake-stac does not know it sends to rasterio.
intake_stac.drivers.update(
    {
        opening.ZARR: GridSource,
        "application/vnd.zarr; version=3": GridSource,
        "application/vnd+zarr": GridSource,
        opening.COG: ImageSource,
        opening.PARQUET: TableSource,
        "application/x-parquet": TableSource,
        "application/parquet": TableSource,
        formats.CSV: CsvSource,
        formats.NETCDF: NetcdfSource,
        "application/netcdf": NetcdfSource,
        formats.GRIB: GribSource,
        formats.REFERENCES: ReferenceSource,
        formats.REFERENCE_TABLES: ReferenceSource,
        formats.GEOPACKAGE: GeopackageSource,
        formats.DARWIN_CORE: ArchiveSource,
        formats.ESM: DatastoreSource,
        opening.MINISEED: TraceSource,
        opening.SAC: TraceSource,
        opening.STATIONXML: StationSource,
    }
)


class GaiaCollection(intake_stac.StacCollection):  # type: ignore[misc]
    """A dataset: a catalog of its items, or of its files where it has no item, that opens itself."""

    name = "gaia_collection"

    def _load(self) -> None:
        for item in self._stac_obj.get_items():
            item.make_asset_hrefs_absolute()  # intake-stac hands out the paths as they are written
            self._entries[item.id] = LocalCatalogEntry(
                name=item.id, description="", driver=intake_stac.StacItem, catalog=self, args={"stac_obj": item}
            )
        self._stac_obj.make_asset_hrefs_absolute()
        for key, asset in self._stac_obj.assets.items():
            self._entries[key] = intake_stac.StacAsset(key, asset)

    def read(self) -> Any:
        """Open the dataset and load its arrays."""
        opened = self.to_dask()
        return opened.load() if hasattr(opened, "load") and hasattr(opened, "chunks") else opened

    def to_dask(self) -> Any:
        """Open the dataset lazily, as `gaia_vre.open` does: from the nearest site, and kept to be cited."""
        file = Path(str(self._stac_obj.get_self_href()))
        return _catalogs[file.parents[1]][self._stac_obj.id].open()


class GaiaCatalog(IntakeCatalog):  # type: ignore[misc]
    """The datasets of a catalog folder that have a copy here."""

    name = "gaia"

    def __init__(self, catalog: Catalog, **options: Any) -> None:
        self._catalog = catalog
        _catalogs[catalog.folder.absolute()] = catalog
        super().__init__(name="gaia", **options)
        self.description = "Datasets of GAIA Data that open here"

    def _load(self) -> None:
        for one in self._catalog:
            if one.dataset.opens_here:
                self._entries[one.dataset.id] = LocalCatalogEntry(
                    name=one.dataset.id,
                    description=one.dataset.title,
                    driver=GaiaCollection,
                    catalog=self,
                    args={"stac_obj": str(self._catalog.folder.absolute() / one.dataset.id / "collection.json")},
                )


_catalogs: dict[Path, Catalog] = {}
"""The catalogs that Intake was given, by folder."""


def _allowed(address: str) -> Source:
    """Return what an address of a catalog leads to; raises InvalidInput when it reaches outside of the data."""
    if not _catalogs:
        return as_source(address)  # somebody's own file, not one that a catalog names
    folders = tuple(folder.parent for folder in _catalogs)
    place = Place(checked_address("intake.cat.gaia", address, folders), HERE)
    path = local_path(place)
    return Source(path.name if path else linked_parts(place.href)[0], path, (place,), folders)


def _remember(address: str) -> None:
    """Keep to be cited that a file was opened by its own source."""
    path = Path(address)
    for folder, catalog in _catalogs.items():
        if path.is_relative_to(folder.parent):
            name = path.relative_to(folder.parent).as_posix()
            owners = (one.dataset for one in catalog if any(each.path == name for each in one.dataset.facts.assets))
            for dataset in owners:
                session.remember(dataset, {})
            return


@functools.cache
def _intake_catalog(catalog: Catalog) -> GaiaCatalog:
    return GaiaCatalog(catalog)


def __getattr__(name: str) -> Any:
    if name == "gaia":
        return _intake_catalog(current_catalog())
    raise AttributeError(name)

"""What a notebook uses: ``import gaia_vre as gaia``.

Nothing heavy is imported before it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaia_vre.catalog.reader import Catalog, Results
    from gaia_vre.quotas.usage import Usage

__all__ = ["catalog", "cluster", "open", "search", "usage"]


def catalog() -> Catalog:
    """Return the catalog of all datasets: iterate over it, or take one by its id."""
    from gaia_vre.catalog.reader import current_catalog

    return current_catalog()


def search(text: str | None = None, bbox: Any = None, time: Any = None, pole: str | None = None) -> Results:
    """Find datasets, best first.

    Parameters
    ----------
    text
        Words in English or French; accents, capitals and plurals do not matter.
    bbox
        ``(west, south, east, north)`` in degrees; datasets of unknown place are left out.
    time
        ``"2008"``, ``"2008-01"``, ``slice("2007", "2008-06")`` or a pair; datasets of unknown time are left out.
    pole
        Key or name of a pole: ODATIS, Theia, DINAMIS, CLIMERI-France, AERIS, FormaTerre, PNDB.
    """
    from gaia_vre.catalog.reader import current_catalog

    return current_catalog().search(text, bbox=bbox, time=time, pole=pole)


def open(dataset_id: str, **selection: Any) -> Any:  # noqa: A001 - gaia.open is what one expects to type
    """Open a dataset, whole or cut to a selection.

    A grid or an image comes as lazy xarray object in Dask chunks, a table as GeoDataFrame or
    DataFrame, seismic traces as ObsPy Stream, stations as ObsPy Inventory.

    Parameters
    ----------
    dataset_id
        As `search` and `catalog` show it.
    **selection
        ``variables="tos"`` or a list; ``time="2008-01"``, a slice or a pair; ``bbox=(west, south,
        east, north)``; for grids and images any dimension (``lat=slice(40, 50)``, ``plev=100000``:
        the nearest); for tables any column (a value, a list or a slice); for traces ``network``,
        ``station``, ``location`` and ``channel``, with wildcards.

    Raises
    ------
    gaia_vre.core.errors.NotFound
        There is no such dataset; the message has the nearest id.
    gaia_vre.core.errors.InvalidInput
        The selection lies outside the extent, which the message says, or names what is not there.
    gaia_vre.core.errors.Unavailable
        The dataset is only described; the message says how to get it.
    """
    from gaia_vre.catalog.reader import current_catalog

    return current_catalog().open(dataset_id, **selection)


def cluster(*arguments: Any, **options: Any) -> Any:
    """Start a Dask cluster of your own: ``gaia.cluster(workers=2)``."""
    from gaia_vre.gateway.connect import cluster as start

    return start(*arguments, **options)


def usage() -> Usage:
    """Return what I hold now, and what is left of each account that I may pay with."""
    from gaia_vre.client import ServiceClient
    from gaia_vre.quotas.usage import usage_of

    with ServiceClient() as service:
        return usage_of(service.usage())

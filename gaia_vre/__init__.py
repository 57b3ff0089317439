"""What a notebook uses: ``import gaia_vre as gaia``.

Nothing heavy is imported before it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.shared import project
from gaia_vre.trying import sandbox

if TYPE_CHECKING:
    from gaia_vre.catalog.citing import Citation
    from gaia_vre.catalog.estimate import Estimate
    from gaia_vre.catalog.reader import Catalog, Results
    from gaia_vre.linked import DatasetAccess
    from gaia_vre.quotas.usage import Usage

__all__ = [
    "access",
    "catalog",
    "cited",
    "cluster",
    "estimate",
    "open",
    "project",
    "sandbox",
    "search",
    "sign",
    "stack",
    "usage",
]


def catalog() -> Catalog:
    """Return the catalog of all datasets: iterate over it, or take one by its id."""
    from gaia_vre.catalog.reader import current_catalog

    return current_catalog()


def search(text: str | None = None, bbox: Any = None, time: Any = None, pole: str | None = None) -> Results:
    """Find datasets, best first.

    Parameters
    ----------
    text
        Words in English or French; accents, capitals and plurals do not matter, and things are
        found by their other names ("SST"). What stands in quotation marks is searched as it is.
    bbox
        ``(west, south, east, north)`` in degrees; datasets of unknown place are left out.
    time
        ``"2008"``, ``"2008-01"``, ``slice("2007", "2008-06")`` or a pair; datasets of unknown time are left out.
    pole
        Key or name of a pole: ODATIS, Theia, DINAMIS, CLIMERI-France, AERIS, FormaTerre, PNDB.
    """
    from gaia_vre.catalog.reader import current_catalog
    from gaia_vre.shared_data import with_ours

    return with_ours(current_catalog().search(text, bbox=bbox, time=time, pole=pole), text, bbox, time, pole)


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
        ``station``, ``location`` and ``channel``, with wildcards. ``warn_above_gb=5`` warns, and only
        warns, when the selection takes more memory than that.

    Raises
    ------
    gaia_vre.core.errors.NotFound
        There is no such dataset; the message has the nearest id.
    gaia_vre.core.errors.InvalidInput
        The selection lies outside the extent, which the message says, or names what is not there.
    gaia_vre.core.errors.NotAllowed
        Its files are not for everybody; the message says what is missing and who grants access.
    gaia_vre.core.errors.Unavailable
        The dataset is only described; the message says how to get it.
    """
    from gaia_vre.shared_data import entry

    return entry(dataset_id).open(**selection)


def access(dataset_id: str) -> DatasetAccess:
    """Say whether you may read the files of a dataset, and show the licence to accept.

    ``gaia.access("…").accept()`` accepts the licence as it was shown.
    """
    from gaia_vre.linked import dataset_access

    return dataset_access(dataset_id)


def sign(found: Any) -> Any:
    """Give the files of STAC items links that can be read now, for a while; what needs none stays as it is.

    Takes a pystac Item, an ItemCollection or their JSON and returns it changed, so that it can be the ``modifier`` of
    ``pystac_client.Client.open``.
    """
    from gaia_vre.linked import signed

    return signed(found)


def cited() -> Citation:
    """Return how to cite everything that this session opened: ``print(gaia.cited().bibtex)``."""
    from gaia_vre.catalog.session import opened

    return opened()


def estimate(dataset_id: str, **selection: Any) -> Estimate:
    """Tell what reading a selection would cost: bytes, requests, memory and sites; the data is not read.

    Takes what `open` takes. ``print(gaia.estimate("ostia-monthly", time="2008"))``.
    """
    from gaia_vre.catalog.reader import current_catalog

    return current_catalog()[dataset_id].estimate(**selection)


def stack(items: Any, variables: Any = None, bbox: Any = None, sign: Any = None, **options: Any) -> Any:
    """Put the images of STAC items on one grid: a lazy Dataset with time, y and x, by odc-stac.

    Parameters
    ----------
    items
        pystac items (as pystac-client finds them), their JSON, or results of `search`.
    variables
        Names of the images to take (``["red", "nir"]``); all when left out.
    bbox
        ``(west, south, east, north)`` in degrees; items elsewhere are left out.
    sign
        Function that turns a remote address into a signed one.
    **options
        ``crs``, ``resolution``, ``chunks``, ``groupby``, ``resampling`` and what else odc-stac takes. Without
        ``crs`` the items' own is taken, if they have one in common; the grid chosen stands in ``.attrs["grid"]``.

    Raises
    ------
    gaia_vre.core.errors.InvalidInput
        The items are in several projections or name none, none reaches the box, or an address is refused.
    """
    from gaia_vre.catalog.reader import catalog_if_any
    from gaia_vre.catalog.stacking import stack as stacked

    return stacked(items, catalog=catalog_if_any(), variables=variables, bbox=bbox, sign=sign, **options)


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

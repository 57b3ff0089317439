"""Images of a collection as one lazy xarray Dataset, on one grid, through odc-stac."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from gaia_vre.catalog import session
from gaia_vre.catalog.model import Asset, Dataset
from gaia_vre.catalog.selection import boxes_touch, parse_box, spoken_box
from gaia_vre.catalog.sites import Place, current_sites, local_path, places
from gaia_vre.catalog.stac import PROJECTION, copies_of, has_item
from gaia_vre.catalog.stac import item as item_of
from gaia_vre.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gaia_vre.catalog.reader import Catalog

ITEMS = 20_000
"""Most items of one stack; more make a graph that no scheduler likes."""

_CHUNKS = {"x": 2048, "y": 2048}
_IMAGES = ("image/tiff", "image/vnd.stac.geotiff", "image/jp2")


def stack(
    items: Iterable[Any],
    *,
    catalog: Catalog | None,
    variables: Any = None,
    bbox: Any = None,
    sign: Callable[[str], str] | None = None,
    **options: Any,
) -> Any:
    """Return the images as Dataset (time, y, x); see `gaia_vre.stack`."""
    found = [_described(one) for one in items]
    if not found or len(found) > ITEMS:
        raise InvalidInput(f"stack: {len(found)} items; from 1 to {ITEMS} are stacked")
    box = parse_box(bbox) if bbox is not None else None
    if box:
        found = _reaching(found, box)
    data = catalog.folder.parent if catalog else Path.cwd()
    ready = [_located(one, data, sign) for one in found]
    stacked = _loaded(ready, _names(variables), box, options)
    _remember(found, catalog, {"variables": variables, "bbox": bbox})
    return stacked


def _loaded(items: list[Any], names: list[str] | None, box: Any, options: dict[str, Any]) -> Any:
    import odc.stac

    options = {"chunks": _CHUNKS, **options}
    if not {"crs", "like", "geobox"} & options.keys():
        _check_projection(items)
    known = sorted({key for one in items for key in one.assets})
    for name in names or ():
        if name not in known:
            raise InvalidInput(f"stack: no item has the image {name!r}; they have {', '.join(known)}")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The 'shapely.ops.transform")  # odc-geo calls it
            stacked = odc.stac.load(items, bands=names, bbox=box, **options)
    except ValueError as error:
        raise InvalidInput(
            f"stack: {str(error).rstrip('.')}; give crs='EPSG:…' and resolution=… in its units"
        ) from error
    grid = stacked.odc.geobox
    name = f"EPSG:{grid.crs.epsg}" if grid.crs.epsg else str(grid.crs)
    chosen = f"{name}, {abs(grid.resolution.x):g} {grid.crs.units[0]}, {grid.shape[1]} × {grid.shape[0]} cells"
    return stacked.assign_attrs({"grid": chosen})


def _check_projection(items: list[Any]) -> None:
    """Refuse to choose between several projections: that is for who knows what the result is for."""
    codes = {_projection(one) for one in items}
    if len(codes) > 1 or None in codes:
        shown = ", ".join(sorted(str(code or "unknown") for code in codes))
        raise InvalidInput(f"stack: the items are in {shown}; give crs='EPSG:…' and resolution=… in its units")


def _projection(item: Any) -> str | None:
    described = [item.properties, *(asset.extra_fields for asset in item.assets.values())]
    for one in described:
        if one.get("proj:code"):
            return str(one["proj:code"])
        if one.get("proj:epsg"):
            return f"EPSG:{one['proj:epsg']}"
    return None


def _names(variables: Any) -> list[str] | None:
    return None if variables is None else [variables] if isinstance(variables, str) else list(variables)


def _described(one: Any) -> Any:
    """Return a pystac item from one, from its JSON, or from a dataset of the catalog."""
    import pystac

    dataset = getattr(one, "dataset", one)
    if isinstance(dataset, Dataset):
        if not has_item(dataset):
            raise InvalidInput(f"stack: {dataset.id} is an image of unknown time; gaia.open({dataset.id!r}) opens it")
        return pystac.Item.from_dict(item_of(dataset))
    if isinstance(one, dict):
        try:
            return pystac.Item.from_dict(one)
        except (pystac.STACError, pystac.STACTypeError, KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"stack: {str(one.get('id'))[:80]!r} is no STAC item ({error})") from error
    if isinstance(one, pystac.Item):
        return one
    raise InvalidInput(f"stack: {type(one).__name__} is no STAC item; give pystac items, their JSON, or search results")


def _reaching(items: list[Any], box: Any) -> list[Any]:
    touching = [one for one in items if not one.bbox or boxes_touch(_flat(one.bbox), box)]
    if not touching:
        raise InvalidInput(f"stack: none of the {len(items)} items reaches {spoken_box(box)}")
    return touching


def _flat(box: list[float]) -> Any:
    return tuple(box) if len(box) == 4 else (box[0], box[1], box[3], box[4])


def _located(item: Any, data: Path, sign: Callable[[str], str] | None) -> Any:
    """Return a copy of the item with its images only, each at the nearest address, signed where it is remote."""
    import pystac

    sites = current_sites()
    located = pystac.Item.from_dict(item.to_dict(include_self_link=False, transform_hrefs=False))
    if _projection(located) and not any("/projection/" in one for one in located.stac_extensions):
        located.stac_extensions.append(PROJECTION)  # odc-stac believes the fields of declared extensions only
    images = {key: one for key, one in item.assets.items() if _is_image(one)}
    if not images:
        raise InvalidInput(f"stack: item {item.id} has no image")
    located.assets = {}
    for key, one in images.items():
        located.add_asset(key, one.clone())
        described = Asset(key, _whole(one.href, item), str(one.media_type), "", 0, copies=copies_of(one.extra_fields))
        located.assets[key].href = _nearest(places(f"{item.id}/{key}", described, data, sites), sign)
    return located


def _is_image(asset: Any) -> bool:
    plain = str(asset.media_type or "").partition(";")[0].strip().lower()
    roles = asset.roles or []
    return plain in _IMAGES and not {"thumbnail", "overview"} & set(roles)


def _whole(href: str, item: Any) -> str:
    """Return an address without the way up to the data folder that the catalog's own items have."""
    itself: str | None = item.get_self_href()
    if "://" in href or href.startswith("/"):
        return href
    if itself and "://" in itself:
        return str(urljoin(itself, href))
    return str(Path(itself).parent / href) if itself else href.removeprefix("../../")


def _nearest(found: tuple[Place, ...], sign: Callable[[str], str] | None) -> str:
    for place in found:
        path = local_path(place)
        if path is None:
            return str(sign(place.href)) if sign else place.href
        if path.exists():
            return str(path)
    raise NotFound(f"{found[0].shown} is gone, and no site has a copy")


def _remember(items: list[Any], catalog: Catalog | None, selection: dict[str, Any]) -> None:
    chosen = {name: value for name, value in selection.items() if value is not None}
    for name, one in {item.collection_id or item.id: item for item in items}.items():
        if catalog and name in catalog:
            session.remember(catalog[name].dataset, chosen)
        else:
            title = str(one.properties.get("title") or name)
            session.remember(Dataset(name, title, "", doi=one.properties.get("sci:doi")), chosen)

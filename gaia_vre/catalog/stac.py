"""Write the catalog as STAC 1.1: one collection per dataset, an item where its time is known, and an index."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.access import FIELD
from gaia_vre.catalog.files import linked_asset
from gaia_vre.catalog.model import Copy, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gaia_vre.catalog.model import Asset, Box, Dataset, Dimension, Picture

VERSION = "1.1.0"
INDEX = "index.json"
INDEX_VERSION = 1
_GLOBE = [-180.0, -90.0, 180.0, 90.0]
_DATACUBE = "https://stac-extensions.github.io/datacube/v2.2.0/schema.json"
_SCIENTIFIC = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"
PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
_TABLE = "https://stac-extensions.github.io/table/v1.2.0/schema.json"
_CONTACTS = "https://stac-extensions.github.io/contacts/v0.1.1/schema.json"
_FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
_ALTERNATE = "https://stac-extensions.github.io/alternate-assets/v1.2.0/schema.json"
_XARRAY = "https://stac-extensions.github.io/xarray-assets/v1.0.0/schema.json"
_METRES_PER_DEGREE = 111_320.0
_DEGREES = ("degrees_east", "degrees_north")


def stac_files(datasets: Iterable[Dataset]) -> dict[str, Any]:
    """Return the whole catalog as JSON values by path below the catalog's folder, the index last."""
    datasets = list(datasets)
    files: dict[str, Any] = {}
    for dataset in datasets:
        files[f"{dataset.id}/collection.json"] = collection(dataset)
        if has_item(dataset):
            files[f"{dataset.id}/{dataset.id}.json"] = item(dataset)
    files["catalog.json"] = _root(datasets)
    files[INDEX] = {"version": INDEX_VERSION, "datasets": [to_json(dataset) for dataset in datasets]}
    return files


def has_item(dataset: Dataset) -> bool:
    """Tell whether the files hang on an item; without a known time STAC lets them hang on the collection only."""
    period = dataset.facts.period
    return dataset.opens_here and bool(period.start and period.end)


def collection(dataset: Dataset) -> dict[str, Any]:
    """Return the STAC collection. What STAC demands but nobody knows is named in ``gaia:unknown``."""
    facts, period = dataset.facts, dataset.facts.period
    described: dict[str, Any] = {
        "type": "Collection",
        "stac_version": VERSION,
        "stac_extensions": sorted(_collection_extensions(dataset)),
        "id": dataset.id,
        "title": dataset.title,
        "description": dataset.description,
        "keywords": list(dataset.keywords),
        "license": dataset.licence.spdx if dataset.licence and dataset.licence.spdx else "other",
        "providers": to_json(dataset.providers),
        "extent": {
            "spatial": {"bbox": [list(facts.box) if facts.box else _GLOBE]},
            "temporal": {"interval": [[period.start, period.end]]},
        },
        "links": _collection_links(dataset),
        "gaia:unknown": [name for name, value in _placeholders(dataset) if value is None],
        **_own_fields(dataset),
        **_science(dataset),
    }
    if dataset.opens_here or facts.variables:
        described |= _cube(dataset) | _projection(dataset)
    assets = {one.key: _picture(one) for one in facts.pictures}
    if dataset.opens_here and not has_item(dataset):
        assets |= _assets(dataset)
    elif kinds := _item_assets(dataset):
        described["item_assets"] = kinds
    return described | ({"assets": assets} if assets else {})


def item(dataset: Dataset) -> dict[str, Any]:
    """Return the STAC item that carries the files of a dataset."""
    facts, period = dataset.facts, dataset.facts.period
    times = {"start_datetime": period.start, "end_datetime": period.end}
    same = period.start == period.end
    return {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": sorted(_file_extensions(dataset)),
        "id": dataset.id,
        "collection": dataset.id,
        "geometry": _geometry(facts.box) if facts.box else None,
        **({"bbox": list(facts.box)} if facts.box else {}),
        "properties": {
            "title": dataset.title,
            "datetime": period.start if same else None,
            **({} if same else times),
            **_cube(dataset),
            **_projection(dataset),
        },
        "assets": _assets(dataset),
        "links": [
            _link("root", "../catalog.json", "application/json"),
            _link("parent", "./collection.json", "application/json"),
            _link("collection", "./collection.json", "application/json"),
        ],
    }


def write_files(folder: Path, files: dict[str, Any], write: Any) -> None:
    """Write each file with `write(path, text)` and remove what an older catalog left."""
    for name, content in files.items():
        write(folder / name, json.dumps(content, ensure_ascii=False, indent=None if name == INDEX else 1))
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.suffix == ".json" and str(path.relative_to(folder)) not in files:
            path.unlink()


def _root(datasets: list[Dataset]) -> dict[str, Any]:
    children = [
        {**_link("child", f"./{one.id}/collection.json", "application/json"), "title": one.title} for one in datasets
    ]
    return {
        "type": "Catalog",
        "stac_version": VERSION,
        "id": "gaia",
        "title": "GAIA Data",
        "description": "Datasets of the French Earth-system, climate and biodiversity poles.",
        "links": [_link("root", "./catalog.json", "application/json"), *children],
    }


def _collection_links(dataset: Dataset) -> list[dict[str, str]]:
    links = [
        _link("root", "../catalog.json", "application/json"),
        _link("parent", "../catalog.json", "application/json"),
    ]
    if has_item(dataset):
        links.append(_link("item", f"./{dataset.id}.json", "application/geo+json"))
    if dataset.doi:
        links.append({"rel": "cite-as", "href": f"https://doi.org/{dataset.doi}"})
    if dataset.link:
        links.append({"rel": "via", "href": dataset.link})
    return links


def _link(rel: str, href: str, media_type: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": media_type}


def _placeholders(dataset: Dataset) -> list[tuple[str, Any]]:
    return [
        ("extent.spatial", dataset.facts.box),
        ("extent.temporal", dataset.facts.period if dataset.facts.period.known else None),
        ("license", dataset.licence),
    ]


def _own_fields(dataset: Dataset) -> dict[str, Any]:
    own = {
        "gaia:pole": dataset.pole,
        "gaia:kind": dataset.kind,
        "gaia:licence": dataset.licence.text if dataset.licence else None,
        "gaia:package": dataset.package,
        "gaia:access": dataset.access,
        FIELD: to_json(dataset.rights),
        "gaia:example": list(dataset.example),
        "gaia:resolution": dataset.resolution or _step(dataset),
        "gaia:opens": dataset.opens_here,
    }
    return {name: value for name, value in own.items() if value}


def _science(dataset: Dataset) -> dict[str, Any]:
    fields: dict[str, Any] = {"sci:citation": dataset.citation}
    if dataset.doi:
        fields["sci:doi"] = dataset.doi
    if dataset.contact:
        emails = [{"value": address} for address in dataset.contact.emails]
        fields["contacts"] = [{"name": dataset.contact.name, "emails": emails}]
    return fields


def _collection_extensions(dataset: Dataset) -> set[str]:
    used = {_SCIENTIFIC} | ({_CONTACTS} if dataset.contact else set())
    if not dataset.opens_here and not dataset.facts.variables:
        return used
    elsewhere = {_FILE, _XARRAY} if has_item(dataset) or not dataset.opens_here else set()
    return (used | _file_extensions(dataset) - elsewhere) | ({_FILE} if dataset.facts.pictures else set())


def _file_extensions(dataset: Dataset) -> set[str]:
    used = {_FILE}
    used |= {_ALTERNATE} if any(asset.copies for asset in dataset.facts.assets) else set()
    used |= {_DATACUBE} if dataset.kind in ("grid", "image") else set()
    used |= {_XARRAY} if dataset.kind == "grid" else set()
    used |= {_TABLE} if dataset.kind == "table" else set()
    return used | ({PROJECTION} if dataset.facts.projection else set())


def _cube(dataset: Dataset) -> dict[str, Any]:
    """Return dimensions and variables (datacube), or columns (table), or channels as bands have them."""
    facts = dataset.facts
    if dataset.kind == "table":
        columns = [{"name": one.name, **({"unit": one.unit} if one.unit else {})} for one in facts.variables]
        return {"table:columns": columns, "table:row_count": facts.rows}
    if dataset.kind not in ("grid", "image"):
        return {"gaia:channels": [one.name for one in facts.variables]}
    variables = {
        one.name: {
            "type": "data",
            "dimensions": list(one.dimensions),
            **({"description": one.title} if one.title else {}),
            **({"standard_name": one.standard_name} if one.standard_name else {}),
            **({"unit": one.unit} if one.unit else {}),
        }
        for one in facts.variables
    }
    return {
        "cube:dimensions": {one.name: _dimension(one, facts.projection) for one in facts.dimensions},
        "cube:variables": variables,
    }


def _dimension(one: Dimension, projection: str | None) -> dict[str, Any]:
    size = {"gaia:size": one.size}
    extent = [one.lowest, one.highest] if one.lowest is not None else [0, one.size - 1]
    if one.axis == "time":
        return {"type": "temporal", "extent": extent} | size
    if one.axis in ("x", "y") and (one.unit in _DEGREES or projection):
        code = int(projection.removeprefix("EPSG:")) if projection else 4326
        return {"type": "spatial", "axis": one.axis, "extent": extent, "reference_system": code} | size
    plain = {"type": "index" if one.lowest is None else "coordinate", "extent": extent, "gaia:axis": one.axis} | size
    return plain | ({"unit": one.unit} if one.unit else {})


def _step(dataset: Dataset) -> float | None:
    """Return the mean distance of neighbouring rows in metres; columns may wrap around the globe."""
    factor = 1.0 if dataset.facts.projection else None
    for one in dataset.facts.dimensions:
        known = isinstance(one.lowest, int | float) and isinstance(one.highest, int | float)
        metres = _METRES_PER_DEGREE if one.unit in _DEGREES else factor
        if one.axis == "y" and known and metres and one.size > 1:
            return round(abs(float(one.highest) - float(one.lowest)) / (one.size - 1) * metres, 2)  # type: ignore[arg-type]
    return None


def _projection(dataset: Dataset) -> dict[str, Any]:
    if not dataset.facts.projection:
        return {}
    sizes = {one.name: one.size for one in dataset.facts.dimensions}
    shape = {"proj:shape": [sizes["y"], sizes["x"]]} if {"y", "x"} <= sizes.keys() else {}
    return {"proj:code": dataset.facts.projection, **shape}


def _item_assets(dataset: Dataset) -> dict[str, Any]:
    """Return what the items hold, where it is known."""
    if dataset.opens_here:
        return {
            one.key: {"type": one.media_type, "title": one.title, "roles": list(one.roles)}
            for one in dataset.facts.assets
        }
    kinds = enumerate(dataset.formats, start=1)
    return {"data" if place == 1 else f"data-{place}": {"type": kind, "roles": ["data"]} for place, kind in kinds}


def _assets(dataset: Dataset) -> dict[str, Any]:
    return {asset.key: _asset(linked_asset(dataset, asset)) for asset in dataset.facts.assets}


def _picture(picture: Picture) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": picture.kind, "variable": picture.variable, "unit": picture.unit}
    if picture.numbers:
        shown |= {"along": picture.along, "numbers": [list(one) for one in picture.numbers]}
    shown |= {"lowest": picture.lowest, "highest": picture.highest, "shape": [picture.height, picture.width]}
    return {
        "href": f"../../{picture.path}",
        "type": picture.media_type,
        "title": f"{picture.variable}: {picture.kind}",
        "roles": list(picture.roles),
        "file:size": picture.bytes,
        "gaia:picture": {name: value for name, value in shown.items() if value is not None},
    }


def _asset(asset: Asset) -> dict[str, Any]:
    described: dict[str, Any] = {
        "href": asset.path if "://" in asset.path else f"../../{asset.path}",
        "type": asset.media_type,
        "title": asset.title,
        "roles": list(asset.roles),
        "file:size": asset.bytes,
    }
    if asset.copies:
        described["alternate"] = {one.site: {"href": one.href} for one in asset.copies}
    return described | ({"xarray:open_kwargs": {"consolidated": False}} if "zarr" in asset.media_type else {})


def copies_of(asset: dict[str, Any]) -> tuple[Copy, ...]:
    """Return the copies that a STAC asset names by the alternate-assets extension, in its order."""
    alternate = asset.get("alternate")
    if not isinstance(alternate, dict):
        return ()
    return tuple(
        Copy(str(site), one["href"])
        for site, one in alternate.items()
        if isinstance(one, dict) and isinstance(one.get("href"), str)
    )


def _geometry(box: Box) -> dict[str, Any]:
    """Return the box as GeoJSON; a box over the date line becomes two polygons, one place a point."""
    west, south, east, north = box
    if (west, south) == (east, north):
        return {"type": "Point", "coordinates": [west, south]}
    if west <= east:
        return {"type": "Polygon", "coordinates": [_ring(west, south, east, north)]}
    return {
        "type": "MultiPolygon",
        "coordinates": [[_ring(west, south, 180.0, north)], [_ring(-180.0, south, east, north)]],
    }


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]

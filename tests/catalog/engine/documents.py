"""A small catalog for engines: a grid of sea surface temperatures, and islands over the date line."""

from __future__ import annotations

from typing import Any


def collection(name: str, title: str, **more: Any) -> dict[str, Any]:
    extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]}}
    described = {"type": "Collection", "stac_version": "1.1.0", "id": name, "title": title, "description": title}
    return described | {"license": "other", "extent": extent, "links": []} | more


def item(name: str, kind: str, box: list[float], day: int, **properties: Any) -> dict[str, Any]:
    west, south, east, north = box
    rings = [(west, east)] if west <= east else [(west, 180), (-180, east)]
    parts = [[[[w, south], [e, south], [e, north], [w, north], [w, south]]] for w, e in rings]
    shape = {"type": "Polygon", "coordinates": parts[0]}
    if len(parts) > 1:
        shape = {"type": "MultiPolygon", "coordinates": parts}
    described = {"type": "Feature", "stac_version": "1.1.0", "id": name, "collection": kind, "bbox": box}
    properties = {"datetime": f"2020-01-{day:02}T12:00:00Z"} | properties
    return described | {"geometry": shape, "properties": properties, "assets": {}, "links": []}


COLLECTIONS = [
    collection("sst", "Température de surface de la mer"),
    collection("islands", "Islands", keywords=["îles"]),
    collection("glacier-title", "Glaciers", **{"gaia:pole": "theia", "license": "CC-BY-4.0"}),
    collection("glacier-keyword", "Ice", keywords=["glacier"], **{"gaia:pole": "theia", "gaia:licence": "Ask us"}),
    collection("glacier-words", "Mountains", description="With a glacier, rivers and snow", **{"gaia:pole": "pndb"}),
    collection("snow-1", "Snow depth", **{"gaia:pole": "aeris"}),
    collection("snow-2", "Snow depth", **{"gaia:pole": "aeris", "gaia:opens": True}),
]
ITEMS = [
    *(item(f"sst-{n}", "sst", [2 * n, 0, 2 * n + 1, 1], n + 1, **{"eo:cloud_cover": 10 * n}) for n in range(10)),
    item("fiji", "islands", [176, -20, -178, -16 + 12], 20),
]

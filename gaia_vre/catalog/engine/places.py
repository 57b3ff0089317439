"""Boxes and geometries: checked, split at the date line, compared."""

from __future__ import annotations

import functools
import json
import math
from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from gaia_vre.catalog.engine.model import Box, Document

_KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
_POSITIONS_LIMIT = 10_000


def parse_box(values: Sequence[Any]) -> Box:
    """Return a box of 4 numbers, or of 6 without its heights.

    Raises
    ------
    InvalidInput
        There are not 4 or 6 numbers, or they are no place on Earth.
    """
    if len(values) not in (4, 6) or not all(_is_number(value) for value in values):
        raise InvalidInput("bbox: give 4 numbers (west, south, east, north) or 6 with the lowest and highest height")
    half = len(values) // 2
    west, south, east, north = (float(values[place]) for place in (0, 1, half, half + 1))
    if len(values) == 6 and values[2] > values[5]:
        raise InvalidInput(f"bbox: the lowest height {values[2]} is over the highest {values[5]}")
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise InvalidInput(f"bbox: longitudes {west} and {east} must be from -180 to 180")
    if not -90 <= south <= north <= 90:
        raise InvalidInput(f"bbox: latitudes {south} and {north} must rise and be from -90 to 90")
    return west, south, east, north


def split(box: Box) -> tuple[Box, ...]:
    """Return the box, or its two halves where it crosses the date line."""
    west, south, east, north = box
    if west <= east:
        return (box,)
    return (west, south, 180.0, north), (-180.0, south, east, north)


def rectangle(box: Box) -> Document:
    """Return the box as GeoJSON."""
    rings = [[[w, s], [e, s], [e, n], [w, n], [w, s]] for w, s, e, n in split(box)]
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def parse_shape(shape: Any) -> Document:
    """Return a GeoJSON geometry that can be compared.

    Raises
    ------
    InvalidInput
        It is none, or has more than 10,000 positions.
    """
    if not isinstance(shape, dict) or shape.get("type") not in _KINDS:
        raise InvalidInput(f"intersects: give a GeoJSON geometry: {', '.join(_KINDS)}")
    try:
        text = json.dumps({key: shape[key] for key in ("type", "coordinates", "geometries") if key in shape})
        found = _shape(text)
        west, south, east, north = found.bounds
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise InvalidInput("intersects: the geometry has no coordinates that make sense") from error
    if text.count("[") > _POSITIONS_LIMIT:
        raise InvalidInput(f"intersects: the geometry has over {_POSITIONS_LIMIT:,} positions")
    parse_box((west, south, east, north))
    whole: Document = json.loads(text)
    return whole


def bounds(shape: Document) -> Box:
    """Return the box around a geometry."""
    west, south, east, north = _shape(json.dumps(shape)).bounds
    return west, south, east, north


def touches(shape: str, wanted: str) -> bool:
    """Tell whether two GeoJSON geometries share a point; SQL calls this."""
    return bool(_prepared(wanted).intersects(_shape(shape)))


def is_rectangle(shape: Document, boxes: Sequence[Box]) -> bool:
    """Tell whether a geometry is exactly its one box, so that boxes alone decide."""
    if shape.get("type") == "Point":
        return True
    if shape.get("type") != "Polygon" or len(boxes) != 1 or len(shape["coordinates"]) != 1:
        return False
    west, south, east, north = boxes[0]
    corners = {(x, y) for x, y, *_ in shape["coordinates"][0]}
    return len(shape["coordinates"][0]) == 5 and corners == {(west, south), (east, south), (east, north), (west, north)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@functools.lru_cache(maxsize=64)
def _prepared(text: str) -> BaseGeometry:
    import shapely

    found = _shape(text)
    shapely.prepare(found)
    return found


def _shape(text: str) -> BaseGeometry:
    import shapely

    try:
        return shapely.from_geojson(text)
    except shapely.errors.ShapelyError as error:
        raise ValueError(str(error)) from error

"""Single checks of a STAC object from outside; each refusal names the field and the rule."""

from __future__ import annotations

import functools
import json
import math
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

REMOTE = ("http", "https", "s3", "gs", "abfs", "az", "ftp", "irods")
_SCHEMAS = {
    "Collection": "https://schemas.stacspec.org/v1.1.0/collection-spec/json-schema/collection.json",
    "Feature": "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json",
}


class Refused(Exception):
    """One record cannot be taken; the message names the field and the rule."""


def bounded_object(stac: Any, most_bytes: int) -> dict[str, Any]:
    """Return a copy of a JSON object that is neither huge nor endlessly deep."""
    if not isinstance(stac, dict):
        raise Refused(f"an object expected, {type(stac).__name__} found")
    try:
        text = json.dumps(stac, allow_nan=False, ensure_ascii=False).encode()  # half a character is refused
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(f"no JSON: {error}") from error
    if len(text) > most_bytes:
        raise Refused(f"{len(text)} bytes; at most {most_bytes} are taken")
    copy: dict[str, Any] = json.loads(text)
    return copy


def migrated(stac: dict[str, Any]) -> dict[str, Any]:
    """Return the object as STAC 1.1, extensions that are no web address left out."""
    from pystac.errors import STACError
    from pystac.serialization import identify_stac_object, migrate_to_latest

    extensions = stac.get("stac_extensions")
    listed = extensions if isinstance(extensions, list) else []
    stac["stac_extensions"] = [one for one in listed if isinstance(one, str) and one.startswith("https://")]
    stac.setdefault("stac_version", "1.0.0")
    stac.setdefault("links", [])
    stac.setdefault("assets", {})
    if stac["type"] == "Collection" and not stac["assets"]:
        del stac["assets"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result: dict[str, Any] = migrate_to_latest(stac, identify_stac_object(stac))
    except (STACError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"cannot be brought to STAC 1.1: {type(error).__name__}: {str(error)[:200]}") from error
    return result


def check_schema(stac: dict[str, Any]) -> None:
    """Check against STAC's own schema; those of extensions are not at hand."""
    from jsonschema.exceptions import best_match

    problem = best_match(_validator(stac["type"]).iter_errors(stac))
    if problem is not None:
        place = ".".join(str(one) for one in problem.absolute_path) or "the object"
        raise Refused(f"{place}: {problem.message[:300]}")


def check_extent(extent: dict[str, Any]) -> None:
    """Check boxes and intervals beyond what the schema can say."""
    spatial, temporal = extent.get("spatial"), extent.get("temporal")
    boxes = spatial.get("bbox") if isinstance(spatial, dict) else None
    intervals = temporal.get("interval") if isinstance(temporal, dict) else None
    if not isinstance(boxes, list) or not isinstance(intervals, list):
        raise Refused("extent: spatial.bbox and temporal.interval must be lists")
    for number, box in enumerate(boxes):
        check_box(box, f"extent.spatial.bbox.{number}", needed=True)
    for number, interval in enumerate(intervals):
        place = f"extent.temporal.interval.{number}"
        if not isinstance(interval, list) or len(interval) != 2:
            raise Refused(f"{place}: two instants or nulls expected")
        _check_order(interval[0], interval[1], place)


def check_box(box: Any, place: str, *, needed: bool) -> None:
    """Check that a box has 4 or 6 numbers within the globe; west may be greater than east."""
    if box is None and not needed:
        return
    if not isinstance(box, list) or len(box) not in (4, 6) or not all(_is_number(one) for one in box):
        raise Refused(f"{place}: 4 or 6 numbers expected, {ascii(box)[:100]} found")
    half = len(box) // 2
    west, south, east, north = box[0], box[1], box[half], box[half + 1]
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise Refused(f"{place}: {box} is not west, south, east, north in degrees")


def check_item_times(properties: dict[str, Any]) -> None:
    """Check that the end is not before the start."""
    for key in ("datetime", "start_datetime", "end_datetime"):
        if properties.get(key) is not None:
            _instant(properties[key], f"properties.{key}")
    _check_order(properties.get("start_datetime"), properties.get("end_datetime"), "properties.end_datetime")


def asset_address(href: Any, base: str, root: str | None, place: str) -> str:
    """Return the absolute address of a file: at a site, or below `root` when the source is a folder."""
    if not isinstance(href, str) or not href or len(href) > 4_000:
        raise Refused(f"{place}.href: an address expected, {ascii(href)[:100]} found")
    if root is not None:
        path = Path(root, href).resolve()
        if not path.is_relative_to(Path(root).resolve()):
            raise Refused(f"{place}.href: {href!a} lies outside the folder")
        return str(path)
    try:
        address = urljoin(base, href) if base.startswith("http") else href
        scheme = urlsplit(address).scheme
    except ValueError:
        scheme = ""
    if scheme not in REMOTE:
        raise Refused(f"{place}.href: {href[:100]!a} is no address at a site ({', '.join(REMOTE)})")
    return address


def web_address(href: Any, base: str) -> str | None:
    """Return an absolute http(s) address, or None for anything else."""
    if not isinstance(href, str) or len(href) > 4_000:
        return None
    try:
        address = urljoin(base, href)
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None


@functools.cache
def _validator(kind: str) -> Any:
    from jsonschema import Draft7Validator
    from pystac.validation.local_validator import get_local_schema_cache
    from referencing import Registry, Resource

    schemas = get_local_schema_cache()
    registry: Any = Registry().with_resources([(uri, Resource.from_contents(one)) for uri, one in schemas.items()])
    return Draft7Validator(schemas[_SCHEMAS[kind]], registry=registry)


def _check_order(start: Any, end: Any, place: str) -> None:
    if start is not None and end is not None and _instant(end, place) < _instant(start, place):
        raise Refused(f"{place}: the end {end!a} is before the start {start!a}")


def _instant(value: Any, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refused(f"{place}: an instant as 2020-01-31T12:00:00Z expected, {ascii(value)[:60]} found") from None
    if moment.tzinfo is None:
        raise Refused(f"{place}: {value!a} has no time zone")
    return moment


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

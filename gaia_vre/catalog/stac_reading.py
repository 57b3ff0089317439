"""Understand STAC documents as datasets: the way back from `stac`, for collections of others as far as they tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from gaia_vre.catalog.access import rights_of
from gaia_vre.catalog.engine.texts import variables
from gaia_vre.catalog.files import SCHEME, linked_parts
from gaia_vre.catalog.model import (
    Asset,
    Contact,
    Dataset,
    Dimension,
    Facts,
    Licence,
    Period,
    Picture,
    Provider,
    Variable,
)
from gaia_vre.catalog.stac import copies_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gaia_vre.catalog.engine.model import Document
    from gaia_vre.catalog.model import Axis, Box, Kind

_KINDS = ("grid", "image", "table", "traces", "stations")
_AXES = ("x", "y", "z", "time")
_NO_SPDX = ("other", "various", "proprietary")
_UPWARDS = re.compile(r"^(\.\.?/)+")
_LINKS = ("via", "about", "describedby")


def dataset_of(collection: Document, items: Sequence[Document] = ()) -> Dataset:
    """Return the dataset that a collection describes.

    Parameters
    ----------
    items
        Its items, as far as they are at hand; the first one says more of files and variables
        than the collection does. Only files that stand here become assets.
    """
    unknown = collection.get("gaia:unknown") or ()
    kind = collection.get("gaia:kind")
    return Dataset(
        id=str(collection["id"]),
        title=str(collection.get("title") or collection["id"]),
        description=str(collection.get("description") or ""),
        pole=_text(collection.get("gaia:pole")),
        keywords=_texts(collection.get("keywords")),
        kind=cast("Kind", kind) if kind in _KINDS else None,
        licence=None if "license" in unknown else _licence(collection),
        providers=tuple(_provider(one) for one in _objects(collection.get("providers")) if one.get("name")),
        doi=_text(collection.get("sci:doi")),
        contact=_contact(collection),
        package=_text(collection.get("gaia:package")),
        access=_text(collection.get("gaia:access")),
        link=_link(collection),
        rights=rights_of(collection),
        example=_texts(collection.get("gaia:example")),
        formats=() if collection.get("gaia:opens") else _formats(collection),
        resolution=None if collection.get("gaia:opens") else _number(collection.get("gaia:resolution")),
        facts=_facts(collection, items),
    )


def _facts(collection: Document, items: Sequence[Document]) -> Facts:
    unknown = collection.get("gaia:unknown") or ()
    sources = [*(one["properties"] for one in items[:1] if isinstance(one.get("properties"), dict)), collection]
    dimensions = _first(sources, "cube:dimensions")
    dimensions = dimensions if isinstance(dimensions, dict) else {}
    known = tuple(_dimension(str(name), one) for name, one in dimensions.items() if isinstance(one, dict))
    sizes = {one.name: one.size for one in known}
    named = variables(collection)
    for one in items[:1]:
        named |= variables(one)
    found = tuple(_variable(name, one, sizes) for name, one in named.items())
    return Facts(
        box=None if "extent.spatial" in unknown else _box(collection),
        period=Period() if "extent.temporal" in unknown else _period(collection),
        variables=found or tuple(Variable(one) for one in _texts(_first(sources, "gaia:channels"))),
        dimensions=known,
        projection=_text(_first(sources, "proj:code")),
        rows=_whole(_first(sources, "table:row_count")),
        assets=tuple(_assets(collection, items)),
        pictures=tuple(_pictures(collection)),
    )


def _assets(collection: Document, items: Iterable[Document]) -> Iterable[Asset]:
    for document in (collection, *items):
        for key, one in (document.get("assets") or {}).items():
            href = str(one.get("href", "")) if isinstance(one, dict) else ""
            copies = copies_of(one) if isinstance(one, dict) else ()
            if href and (_is_here(href) or copies) and "gaia:picture" not in one:
                yield Asset(
                    key=str(key),
                    path=linked_parts(href)[1] if href.startswith(f"{SCHEME}://") else _UPWARDS.sub("", href),
                    media_type=str(one.get("type") or ""),
                    title=str(one.get("title") or key),
                    bytes=_whole(one.get("file:size")) or 0,
                    roles=_texts(one.get("roles")) or ("data",),
                    copies=copies,
                )


def _is_here(href: str) -> bool:
    return "://" not in href or href.startswith(f"{SCHEME}://")


def _pictures(collection: Document) -> Iterable[Picture]:
    for key, one in (collection.get("assets") or {}).items():
        shown = one.get("gaia:picture") if isinstance(one, dict) else None
        if isinstance(shown, dict) and "://" not in str(one.get("href", "")):
            height, width = shown["shape"]
            yield Picture(
                key=str(key),
                path=_UPWARDS.sub("", str(one["href"])),
                media_type=str(one.get("type") or ""),
                bytes=_whole(one.get("file:size")) or 0,
                width=width,
                height=height,
                kind=str(shown.get("kind")),
                variable=str(shown.get("variable")),
                unit=_text(shown.get("unit")),
                lowest=_number(shown.get("lowest")),
                highest=_number(shown.get("highest")),
                roles=_texts(one.get("roles")),
                along=str(shown.get("along") or ""),
                numbers=tuple(tuple(row) for row in shown.get("numbers") or ()),
            )


def _variable(name: str, one: dict[str, Any], sizes: dict[str, int]) -> Variable:
    dimensions = _texts(one.get("dimensions"))
    shape = tuple(sizes[each] for each in dimensions if sizes.get(each))
    return Variable(
        name,
        title=_text(one.get("description")),
        standard_name=_text(one.get("standard_name")),
        unit=_text(one.get("unit")),
        dimensions=dimensions,
        shape=shape if len(shape) == len(dimensions) else (),
    )


def _dimension(name: str, one: dict[str, Any]) -> Dimension:
    axis = "time" if one.get("type") == "temporal" else one.get("gaia:axis") or one.get("axis")
    extent = one.get("extent")
    has_extent = isinstance(extent, list) and len(extent) == 2 and one.get("type") != "index"
    lowest, highest = extent if has_extent and isinstance(extent, list) else (None, None)
    degrees = {"x": "degrees_east", "y": "degrees_north"} if one.get("reference_system") == 4326 else {}
    return Dimension(
        name,
        cast("Axis", axis if axis in _AXES else "other"),
        size=_whole(one.get("gaia:size")) or len(one.get("values") or ()),
        lowest=lowest if isinstance(lowest, str | int | float) else None,
        highest=highest if isinstance(highest, str | int | float) else None,
        unit=_text(one.get("unit")) or degrees.get(str(axis)),
    )


def _licence(collection: Document) -> Licence | None:
    spdx, text = _text(collection.get("license")), _text(collection.get("gaia:licence"))
    spdx = None if spdx in _NO_SPDX else spdx
    return Licence(text or spdx or "", spdx) if text or spdx else None


def _provider(one: dict[str, Any]) -> Provider:
    return Provider(str(one["name"]), _texts(one.get("roles")), _text(one.get("url")))


def _contact(collection: Document) -> Contact | None:
    for one in _objects(collection.get("contacts")):
        emails = tuple(str(mail["value"]) for mail in _objects(one.get("emails")) if mail.get("value"))
        if name := one.get("name") or one.get("organization"):
            return Contact(str(name), emails)
    return None


def _link(collection: Document) -> str | None:
    links = {one.get("rel"): one.get("href") for one in reversed(_objects(collection.get("links")))}
    found = next((links[rel] for rel in _LINKS if rel in links), None)
    return str(found) if str(found).startswith(("https://", "http://")) else None


def _formats(collection: Document) -> tuple[str, ...]:
    described = collection.get("item_assets")
    described = described.values() if isinstance(described, dict) else ()
    data = [one for one in described if isinstance(one, dict) and "data" in (one.get("roles") or ["data"])]
    return tuple(dict.fromkeys(str(one["type"]) for one in data if one.get("type")))


def _box(collection: Document) -> Box | None:
    try:
        given = [float(one) for one in collection["extent"]["spatial"]["bbox"][0]]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    if len(given) == 6:
        given = [*given[:2], *given[3:5]]
    return cast("Box", tuple(given)) if len(given) == 4 else None


def _period(collection: Document) -> Period:
    try:
        start, end = collection["extent"]["temporal"]["interval"][0]
    except (KeyError, IndexError, TypeError, ValueError):
        return Period()
    return Period(_text(start), _text(end))


def _first(sources: Iterable[Document], name: str) -> Any:
    return next((one[name] for one in sources if one.get(name) is not None), None)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value if one is not None) if isinstance(value, list) else ()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

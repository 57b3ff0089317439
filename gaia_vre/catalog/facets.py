"""What a collection can be narrowed by: keys that any language shares, and people's words for them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog import vocabulary
from gaia_vre.catalog.engine.texts import keywords, variables
from gaia_vre.catalog.model import POLES
from gaia_vre.core.marking import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gaia_vre.catalog.engine.model import Document
    from gaia_vre.look.language import Language

FACETS = ("access", "pole", "variable", "platform", "format", "licence", "resolution", "period")
"""The facets in the order that pages show them."""
_NO_LICENCE = ("other", "various", "proprietary", "")
_FORMATS = (
    ("zarr", "zarr", "Zarr"),
    ("cog", "image/tiff; application=geotiff; profile=cloud-optimized", "COG"),
    ("geotiff", "image/tiff", "GeoTIFF"),
    ("netcdf", "netcdf", "NetCDF"),
    ("grib", "grib", "GRIB"),
    ("parquet", "parquet", "Parquet"),
    ("miniseed", "mseed", "miniSEED"),
    ("stationxml", "stationxml", "StationXML"),
    ("sac", "x-sac", "SAC"),
    ("geopackage", "geopackage", "GeoPackage"),
    ("jpeg2000", "image/jp2", "JPEG 2000"),
    ("hdf5", "hdf", "HDF"),
    ("csv", "text/csv", "CSV"),
    ("shapefile", "shapefile", "Shapefile"),
    ("copc", "copc", "COPC"),
    ("rinex", "rinex", "RINEX"),
    ("dwc-a", "dwca", "Darwin Core Archive"),
)
"""Key, what a media type contains, and name."""
_FORMAT_NAMES = {key: name for key, _, name in _FORMATS}
_STEPS = ((1, "0m-1m"), (10, "1m-10m"), (100, "10m-100m"), (1e3, "100m-1km"), (1e4, "1km-10km"), (1e5, "10km-100km"))
_LONGEST, _MOST = 100, 100
"""Characters of a value, and values of a facet."""
_COARSEST = "100km-"
_FIRST_DECADE, _LAST_DECADE = 1950, 2100
_WORDS = {
    "here": said("opens here"),
    "described": said("described"),
    "other": said("own terms"),
    "before-1950": said("before 1950"),
    "0m-1m": said("finer than 1 m"),
    _COARSEST: said("100 km and coarser"),
}
_TITLES = {
    "access": said("Access"),
    "pole": said("Pole"),
    "variable": said("Variable"),
    "platform": said("Platform"),
    "format": said("Format"),
    "licence": said("Licence"),
    "resolution": said("Resolution"),
    "period": said("Decade"),
}


def facet_values(collection: Document, year: int | None = None) -> dict[str, tuple[str, ...]]:
    """Return the values of a STAC collection by facet; what is unknown has none.

    Parameters
    ----------
    year
        Until when a period without an end goes; default: this year.
    """
    found = {
        "access": ["here" if _opens_here(collection) else "described"],
        "pole": [str(collection["gaia:pole"])] if collection.get("gaia:pole") else [],
        "variable": _variables(collection),
        "platform": _platforms(collection),
        "format": _formats(collection),
        "licence": _licences(collection),
        "resolution": [step_of(one) for one in _resolutions(collection)],
        "period": _decades(collection, year or datetime.now(UTC).year),
    }
    return {facet: tuple(_bounded(values)) for facet, values in found.items()}


def facet_name(facet: str, language: Language) -> str:
    """Return what people call a facet."""
    return language.text(_TITLES[facet])


def facet_title(facet: str, value: str, language: Language) -> str:
    """Return what people call a value of a facet."""
    if value in _WORDS:
        return language.text(_WORDS[value])
    if facet in ("variable", "platform"):
        return vocabulary.name_of(value, language.code) or value.replace("_", " ")
    if facet == "resolution":
        low, _, high = (re.sub(r"(\d+)", r"\1 ", one) for one in value.partition("-"))
        return f"{low} – {high}"
    if facet == "period":
        return language.text("{decade}s", decade=value.removesuffix("s"))
    return {"pole": POLES, "format": _FORMAT_NAMES}.get(facet, {}).get(value, value)


def step_of(metres: float) -> str:
    """Return the key of a resolution: "10m-100m" holds 10 m and not 100 m."""
    return next((key for limit, key in _STEPS if metres < limit), _COARSEST)


def format_of(media_type: str) -> str | None:
    """Return the key of the format that a media type means; None for one that is not known."""
    plain = media_type.lower()
    return next((key for key, part, _ in _FORMATS if part in plain), None)


def _bounded(values: Iterable[str]) -> list[str]:
    """Return each value once, without what can be no name: collections come from anywhere."""
    return list(dict.fromkeys(one for one in values if 0 < len(one) <= _LONGEST and one.isprintable()))[:_MOST]


def _opens_here(collection: Document) -> bool:
    hrefs = [str(one.get("href", "")) for one in _data(collection, "assets")]
    return bool(collection.get("gaia:opens")) or any(href and "://" not in href for href in hrefs)


def _variables(collection: Document) -> list[str]:
    found = [_quantity(name, one) for name, one in variables(collection).items()]
    return _with_broader([*(key for keys in found for key in keys), *_named(collection, "quantity")])


def _quantity(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    """Return what a variable is: by its standard name, which may be no concept of ours, or its own names."""
    standard = str(one.get("standard_name") or "")
    if standard:
        return (vocabulary.of_standard_name(standard) or standard,)
    return vocabulary.named(name, "quantity") or vocabulary.named(str(one.get("description") or ""), "quantity")


def _platforms(collection: Document) -> list[str]:
    stated = [vocabulary.named(str(one), "platform") or (_slug(one),) for one in _stated(collection, "platform")]
    return _with_broader([*(key for keys in stated for key in keys), *_named(collection, "platform")])


def _named(collection: Document, scheme: str) -> list[str]:
    texts = [*keywords(collection), collection.get("title")]
    return [key for text in texts for key in vocabulary.named(str(text or ""), scheme)]


def _with_broader(keys: Iterable[str]) -> list[str]:
    return [one for key in keys for one in (key, *vocabulary.broader_than(key)) if one]


def _formats(collection: Document) -> list[str]:
    described = [*_data(collection, "item_assets"), *_data(collection, "assets")]
    return [found for one in described if (found := format_of(str(one.get("type") or "")))]


def _licences(collection: Document) -> list[str]:
    licence = str(collection.get("license") or "")
    if licence not in _NO_LICENCE:
        return [licence]
    return ["other"] if collection.get("gaia:licence") else []


def _resolutions(collection: Document) -> list[float]:
    given = [*_stated(collection, "gsd"), *_stated(collection, "gaia:resolution")]
    bands = collection.get("bands")
    given += [one.get("gsd") for one in bands if isinstance(one, dict)] if isinstance(bands, list) else []
    return [float(one) for one in given if isinstance(one, int | float) and 0 < one < 1e8]


def _decades(collection: Document, year: int) -> list[str]:
    first, last = _years(collection)
    if first is None and last is None:
        return []
    first = first if first is not None else last
    last = last if last is not None else max(year, first or year)
    starts = range(max(first or 0, _FIRST_DECADE) // 10 * 10, min(last, _LAST_DECADE) + 1, 10)
    early = ["before-1950"] if (first or 0) < _FIRST_DECADE else []
    return [*early, *(f"{start}s" for start in starts)]


def _years(collection: Document) -> tuple[int | None, int | None]:
    try:
        start, end = collection["extent"]["temporal"]["interval"][0]
    except (KeyError, IndexError, TypeError, ValueError):
        return None, None
    first, last = (int(one[:4]) if isinstance(one, str) and one[:4].isdigit() else None for one in (start, end))
    return first, last


def _stated(collection: Document, name: str) -> list[Any]:
    """Return what a collection says under a name, on its own or in its summaries."""
    summaries = collection.get("summaries")
    sources = (collection, summaries) if isinstance(summaries, dict) else (collection,)
    return [one for source in sources for one in _flat(source.get(name)) if one is not None]


def _data(collection: Document, name: str) -> list[dict[str, Any]]:
    """Return the assets under a name that are data, not pictures or documents."""
    value = collection.get(name)
    described = value.values() if isinstance(value, dict) else ()
    return [one for one in described if isinstance(one, dict) and "data" in (one.get("roles") or ["data"])]


def _flat(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return _ends(value)
    return value if isinstance(value, list) else [] if value is None else [value]


def _ends(value: dict[str, Any]) -> Iterator[Any]:
    yield from (value[key] for key in ("minimum", "maximum") if key in value)


def _slug(value: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")

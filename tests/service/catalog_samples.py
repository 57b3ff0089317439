"""A catalog for tests of the pages: a few datasets, some of them with what nobody should write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gaia_vre.catalog.engine.load import FILE, build
from gaia_vre.catalog.model import (
    Asset,
    Contact,
    Dataset,
    Facts,
    Licence,
    Period,
    Picture,
    Provider,
    Variable,
)
from gaia_vre.catalog.stac import collection, has_item, item

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)"> & "quotes"'
LONG = "a-very-long-id-" * 20
STORE = Asset("data", "zarr/sst.zarr", "application/vnd.zarr", "Zarr store, format 3", 4_200_000)
LOOK = Picture("thumbnail", "catalog/sst/thumbnail-1.png", "image/png", 9, 300, 200, "map", "tos", roles=("thumbnail",))
BANDS = ((40.0, 46.0, 271.04, 288.5, 303.0), (30.0, 39.5, 280.0, 291.25, 300.0))
SEEN = Picture(
    "overview-wide-light",
    "catalog/sst/look-1.png",
    "image/png",
    9,
    780,
    300,
    "map",
    "tos",
    "K",
    270,
    303,
    along="°N",
    numbers=BANDS,
)
OTHERS = tuple(
    Picture(f"overview-{name}", "catalog/sst/look-1.png", "image/png", 9, 358, 300, "map", "tos", "K", 270, 303)
    for name in ("wide-dark", "narrow-light", "narrow-dark")
)


def opening(name: str = "sst", **changes: Any) -> Dataset:
    facts = Facts(
        box=(-6.0, 30.0, 36.0, 46.0),
        period=Period("1993-01-01T00:00:00Z", "2020-12-31T00:00:00Z"),
        variables=(Variable("tos", "Sea surface temperature", "sea_surface_temperature", "K", ("time",), (3,)),),
        assets=(STORE,),
        pictures=(LOOK, SEEN, *OTHERS),
    )
    known: dict[str, Any] = {
        "title": "Sea-surface temperature of the Mediterranean",
        "description": "Monthly means.",
        "pole": "odatis",
        "keywords": ("ocean", "SST"),
        "kind": "grid",
        "licence": Licence("CC BY 4.0", "CC-BY-4.0"),
        "providers": (Provider("Ifremer", ("producer",)),),
        "doi": "10.1/sst",
        "contact": Contact("Help desk", ("help@example.org",)),
        "facts": facts,
    }
    return Dataset(name, **(known | changes))


def described(name: str = "floats", **changes: Any) -> Dataset:
    known: dict[str, Any] = {
        "title": "Sea temperature of floats",
        "description": "Profiles.",
        "pole": "odatis",
        "access": "Argo GDAC",
        "facts": Facts(box=(170.0, -20.0, -170.0, 10.0), period=Period("2000-01-01T00:00:00Z", None)),
    }
    return Dataset(name, **(known | changes))


def hostile() -> Dataset:
    """Return a dataset of which every text is hostile."""
    return opening(
        LONG,
        title=f"{HOSTILE} \u202eright to left \u0645\u0631\u062d\u0628\u0627",
        description=HOSTILE * 40,
        licence=Licence(HOSTILE * 10),
        keywords=(HOSTILE, "x" * 300),
        providers=(Provider(HOSTILE, ("producer",)),),
        doi='10.1/"><script>',
        contact=Contact(HOSTILE, ('a"b@example.org',)),
        link="https://example.org/?<script>",
    )


def plain() -> Dataset:
    """Return a dataset of which nothing is known."""
    return Dataset("bare", "A bare temperature", "")


def write_catalog(folder: Path, *datasets: Dataset, items: list[dict[str, Any]] | None = None) -> None:
    """Write what the service reads: the searchable file and the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = [item(one) for one in datasets if has_item(one)]
    build(folder / FILE, [collection(one) for one in datasets], [*documents, *(items or ())])
    for one in datasets:
        for picture in one.facts.pictures:
            path = folder.parent / picture.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\x89PNG fake")

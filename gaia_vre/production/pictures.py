"""Pictures of prepared data: what to draw of a dataset, drawn once for as long as the data stay."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.catalog.model import Picture, from_json, to_json
from gaia_vre.core.durable import write_text
from gaia_vre.production.plan import MARKERS, Prepared, read_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gaia_vre.catalog.curated import Description
    from gaia_vre.production.drawing import Drawing

log = logging.getLogger(__name__)

PICTURES_VERSION = 3
"""Raise it when the drawing changes."""


@dataclass(frozen=True)
class Drawn:
    """The record of a dataset's pictures: of which data, and which pictures."""

    digest: str
    pictures: tuple[Picture, ...]


def read_pictures(data: Path, name: str) -> tuple[Picture, ...] | None:
    """Return the pictures of the data as they are now, else None."""
    marker = read_marker(data, name)
    try:
        content = json.loads(_record(data, name).read_text(encoding="utf-8"))
        drawn = from_json(Drawn, content)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    current = marker is not None and drawn.digest == _digest(marker)
    there = all((data / one.path).is_file() for one in drawn.pictures)
    return drawn.pictures if current and there else None


def undrawn(descriptions: Iterable[Description], data: Path) -> list[Description]:
    """Return the prepared public datasets whose pictures are missing or older than the data."""
    public = (one for one in descriptions if one.sources and one.dataset.rights is None)
    prepared = (one for one in public if read_marker(data, one.id) is not None)
    return [one for one in prepared if read_pictures(data, one.id) is None]


def draw_all(descriptions: Iterable[Description], data: Path) -> Iterator[tuple[str, str | None]]:
    """Draw what is missing; yield each dataset's id and why it could not be drawn."""
    for one in undrawn(descriptions, data):
        try:
            draw(one, data)
        except Exception as error:
            log.exception("%s could not be drawn", one.id)
            yield one.id, f"{one.id}: no picture could be drawn ({type(error).__name__}: {error})"
        else:
            yield one.id, None


def draw(description: Description, data: Path) -> None:
    """Draw the pictures of a prepared dataset into the catalog's folder."""
    from gaia_vre.production.drawing import drawings

    marker = read_marker(data, description.id)
    if marker is None:
        return
    folder = data / "catalog" / description.id
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    kept = set()
    for one in drawings(description, marker.facts, data):
        name = f"{one.key}-{hashlib.sha256(one.content).hexdigest()[:10]}.png"
        (folder / name).write_bytes(one.content)
        kept.add(name)
        pictures.append(_picture(one, f"catalog/{description.id}/{name}"))
    for old in folder.glob("*.png"):
        if old.name not in kept:
            old.unlink()
    write_text(_record(data, description.id), json.dumps(to_json(Drawn(_digest(marker), tuple(pictures)))))


def hide_pictures(descriptions: Iterable[Description], data: Path) -> None:
    """Take away the pictures of datasets that have got rights: a picture shows the data."""
    for one in descriptions:
        if one.dataset.rights is not None:
            for picture in (data / "catalog" / one.id).glob("*.png"):
                picture.unlink(missing_ok=True)


def _picture(one: Drawing, path: str) -> Picture:
    from gaia_vre.production.numbers import numbers

    # Told once for all widths and themes of a drawing.
    along, rows = numbers(one.subject) if one.key.endswith("-wide-light") else ("", ())
    return Picture(
        key=one.key,
        path=path,
        media_type="image/png",
        bytes=len(one.content),
        width=one.width,
        height=one.height,
        kind=one.subject.kind,
        variable=one.subject.variable,
        unit=one.subject.unit,
        lowest=one.subject.lowest,
        highest=one.subject.highest,
        roles=("thumbnail",) if one.key == "thumbnail" else ("overview",),
        along=along,
        numbers=rows,
    )


def _record(data: Path, name: str) -> Path:
    return data / MARKERS / f"{name}.pictures.json"


def _digest(marker: Prepared) -> str:
    return f"{PICTURES_VERSION}-{marker.digest}"

"""Make one prepared dataset out of its sources: convert, describe, put in place, mark."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from gaia_vre.catalog import opening
from gaia_vre.catalog.model import Asset
from gaia_vre.core.durable import empty_folder, put_in_place, write_text
from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.state import restricted_beside
from gaia_vre.production.plan import (
    MARKERS,
    Prepared,
    digest_of,
    files_folder,
    marker_text,
    working_folder,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gaia_vre.catalog.curated import Description, Recipe
    from gaia_vre.catalog.model import Facts

_TRACE_TYPES = {"sac": opening.SAC, "miniseed": opening.MINISEED}


def convert(description: Description, sources: Path, data: Path) -> None:
    """Prepare a dataset below `data`; an interruption leaves nothing that readers would see."""
    recipe = description.recipe
    if recipe is None:
        raise InvalidInput(f"{description.id}: no recipe says how to prepare it")
    files = [sources / source.path for source in description.sources]
    restricted = description.dataset.rights is not None
    if restricted:
        restricted_beside(data).mkdir(mode=0o700, parents=True, exist_ok=True)
    working = empty_folder(working_folder(data, restricted=restricted) / description.id)
    made, final, facts = _MAKERS[str(description.dataset.kind)](description, recipe, files, working)
    put_in_place(made, files_folder(data, description.id, restricted=restricted) / final)
    marker = Prepared(digest_of(description), facts, restricted)
    write_text(data / MARKERS / f"{description.id}.json", marker_text(marker))
    if not restricted:
        shutil.rmtree(files_folder(data, description.id, restricted=True), ignore_errors=True)
    shutil.rmtree(working, ignore_errors=True)


def _make_grid(description: Description, recipe: Recipe, files: list[Path], working: Path) -> tuple[Path, str, Facts]:
    from gaia_vre.catalog.facts import grid_facts
    from gaia_vre.production.grids import gather_metadata, write_zarr

    made, final = working / f"{description.id}.zarr", f"zarr/{description.id}.zarr"
    write_zarr(files, made, recipe)
    if description.dataset.rights:
        gather_metadata(made)
    return made, final, grid_facts(made, _asset(final, made, opening.ZARR, "Zarr store, format 3"))


def _make_image(description: Description, _: Recipe, files: list[Path], working: Path) -> tuple[Path, str, Facts]:
    from gaia_vre.catalog.facts import image_facts
    from gaia_vre.production.images import write_cog

    made, final = working / f"{description.id}.tif", f"cog/{description.id}.tif"
    write_cog(files[0], made)
    return made, final, image_facts(made, _asset(final, made, opening.COG, "Cloud-Optimised GeoTIFF"))


def _make_table(description: Description, recipe: Recipe, files: list[Path], working: Path) -> tuple[Path, str, Facts]:
    from gaia_vre.catalog.facts import table_facts
    from gaia_vre.production.tables import write_parquet

    made, final = working / f"{description.id}.parquet", f"tables/{description.id}.parquet"
    write_parquet(files[0], made, recipe)
    return made, final, table_facts(made, _asset(final, made, opening.PARQUET, "Parquet table"), description)


def _make_traces(description: Description, recipe: Recipe, files: list[Path], working: Path) -> tuple[Path, str, Facts]:
    from gaia_vre.catalog.facts import trace_facts

    made, final = _copied(files, working / "traces"), f"seismic/{description.id}"
    media_type = _TRACE_TYPES[recipe.file_type]
    assets = tuple(
        _asset(f"{final}/{file.name}", made / file.name, media_type, file.name, "data" if not at else f"data-{at}")
        for at, file in enumerate(files)
    )
    return made, final, trace_facts([made / file.name for file in files], assets)


def _make_stations(description: Description, _: Recipe, files: list[Path], working: Path) -> tuple[Path, str, Facts]:
    from gaia_vre.catalog.facts import station_facts

    made, final = _copied(files, working / "stations"), f"seismic/{description.id}"
    file = made / files[0].name
    return made, final, station_facts(file, _asset(f"{final}/{file.name}", file, opening.STATIONXML, file.name))


def _copied(files: list[Path], folder: Path) -> Path:
    """Copy files that are kept as they are: seismologists read miniSEED, SAC and StationXML."""
    folder.mkdir()
    for file in files:
        shutil.copyfile(file, folder / file.name)
    return folder


def _asset(path: str, made: Path, media_type: str, title: str, key: str = "data") -> Asset:
    content = made.rglob("*") if made.is_dir() else (made,)
    return Asset(key, path, media_type, title, sum(one.stat().st_size for one in content if one.is_file()))


_MAKERS = {
    "grid": _make_grid,
    "image": _make_image,
    "table": _make_table,
    "traces": _make_traces,
    "stations": _make_stations,
}

"""`gaia-vre catalog`: prepare the sample data, list and search the datasets."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gaia_vre.cli.folders import data_of_settings, default_folder
from gaia_vre.cli.harvests import forget, harvest, load_catalog, load_database, sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.catalog.model import Dataset
    from gaia_vre.production.prepare import Progress

_BEHIND_OTHERS = 15
"""How far pictures stand behind what people wait for."""
_JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON for programs.")
_FOLDER = click.option(
    "--catalog",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of the catalog; otherwise $GAIA_VRE_CATALOG, then the one of the settings.",
)


@click.group()
def catalog() -> None:
    """The datasets of the poles."""


@catalog.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the prepared data; default: of the settings.")
@click.option("--sources", type=click.Path(path_type=Path), help="Folder of the sample files; default: the packaged.")
@_JSON
def prepare(data: Path | None, sources: Path | None, *, as_json: bool) -> None:
    """Convert the sample files and describe them; only what is missing or has changed."""
    from gaia_vre.production.prepare import prepare as bring_up_to_date

    place = (data or data_of_settings()).absolute()
    problems = bring_up_to_date(
        place,
        (sources or packaged_sources()).absolute(),
        _report_json if as_json else _report_text,
    )
    load_database(place / "catalog")
    for problem in problems:
        click.echo(f"gaia-vre: {problem}", err=True)
    sys.exit(1 if problems else 0)


@catalog.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the prepared data; default: of the settings.")
@_JSON
def pictures(data: Path | None, *, as_json: bool) -> None:
    """Draw the prepared data for the catalog's pages; only what is missing or has changed."""
    from gaia_vre.production.prepare import draw_pictures

    os.nice(_BEHIND_OTHERS)
    place = (data or data_of_settings()).absolute()
    problems = draw_pictures(place, _report_json if as_json else _report_text)
    load_database(place / "catalog")
    for problem in problems:
        click.echo(f"gaia-vre: {problem}", err=True)
    sys.exit(1 if problems else 0)


@catalog.command()
@_FOLDER
def load(folder: Path | None) -> None:
    """Make the searchable file anew from the STAC folder and the harvests, which stay the source of truth.

    A curated collection wins over a harvested one of the same id; what is left out is told.
    Where service.database_url is PostgreSQL, pgstac is brought to the same there.
    """
    click.echo(load_catalog((folder or default_folder()).absolute()))


@catalog.command()
@_FOLDER
def intake(folder: Path | None) -> None:
    """Write the datasets that open here as an Intake catalog (YAML)."""
    import yaml

    from gaia_vre.catalog.intake_sources import intake_sources
    from gaia_vre.catalog.reader import Catalog

    found = Catalog((folder or default_folder()).absolute())
    sources = intake_sources((one.dataset for one in found), found.folder.parent)
    click.echo(yaml.safe_dump(sources, allow_unicode=True, sort_keys=False), nl=False)


@catalog.command(name="list")
@_FOLDER
@_JSON
def list_datasets(folder: Path | None, *, as_json: bool) -> None:
    """List every dataset."""
    from gaia_vre.catalog.reader import Catalog

    _show((one.dataset for one in Catalog(folder or default_folder())), as_json=as_json)


@catalog.command()
@click.argument("text")
@click.option("--pole", help="Only of this pole.")
@_FOLDER
@_JSON
def search(text: str, pole: str | None, folder: Path | None, *, as_json: bool) -> None:
    """Find datasets by words, best first; what stands in quotation marks is searched as it is."""
    from gaia_vre.catalog.reader import Catalog

    found = Catalog(folder or default_folder()).search(text, pole=pole)
    if found.found.also:
        click.echo(f"Also searched: {', '.join(found.found.also)}", err=True)
    if not found.complete:
        click.echo("No dataset has all the words; these have most of them.", err=True)
    _show((one.dataset for one in found), as_json=as_json)


catalog.add_command(harvest)
catalog.add_command(sources)
catalog.add_command(forget)


@catalog.command()
@click.option("--licence", help="Only of this licence.")
@click.option("--user", help="Only of this person.")
@click.option(
    "--settings", "file", type=click.Path(path_type=Path), help="YAML file of settings (default: $GAIA_VRE_SETTINGS)."
)
@_JSON
def acceptances(licence: str | None, user: str | None, file: Path | None, *, as_json: bool) -> None:
    """List who accepted which licence and when, oldest first, with the digest of the text."""
    from gaia_vre.cli.database import opened
    from gaia_vre.service.catalog.acceptances import Acceptances

    with opened(file) as engine:
        for one in Acceptances(engine).all(licence, user):
            when = one.accepted.isoformat()
            if as_json:
                click.echo(json.dumps({**asdict(one), "accepted": when}))
            else:
                click.echo(f"{when}  {one.username:<20} {one.licence:<20} {one.digest[:12]}")


def packaged_sources() -> Path:
    """Return the sample files of the checkout, or of an installed wheel."""
    checkout = Path(__file__).resolve().parents[2] / "example-notebooks" / "data"
    installed = Path(sys.prefix) / "share" / "gaia-vre" / "example-notebooks" / "data"
    return checkout if checkout.is_dir() else installed


def _report_json(progress: Progress) -> None:
    line = {"step": progress.step, "title": progress.title, "done": progress.done, "total": progress.total}
    if progress.problem:
        line["problem"] = progress.problem
    click.echo(json.dumps(line, ensure_ascii=False))


def _report_text(progress: Progress) -> None:
    if not progress.problem:
        click.echo(f"{progress.done}/{progress.total} {progress.title}")


def _show(datasets: Iterable[Dataset], *, as_json: bool) -> None:
    if as_json:
        from gaia_vre.catalog.model import to_json

        click.echo(json.dumps([to_json(one) for one in datasets], ensure_ascii=False))
        return
    for one in datasets:
        state = "opens here" if one.opens_here else "described"
        click.echo(f"{one.id:<46} {one.pole_name:<15} {state:<11} {one.title}")

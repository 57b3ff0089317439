"""`gaia-vre catalog harvest`, `sources` and `forget`: descriptions from other catalogs."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gaia_vre.cli.folders import data_of_settings

if TYPE_CHECKING:
    from gaia_vre.catalog.harvest.contract import Page, Refusal, Report

_JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON for programs.")
_INTO = click.option("--into", type=click.Path(path_type=Path), help="Folder of harvests; default: of the settings.")
_FILE = click.option(
    "--sources",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML file of sources in place of the packaged.",
)


@click.command()
@click.argument("name", required=False)
@click.option("--url", help="Address or folder in place of the configured one.")
@_INTO
@_FILE
@click.option("--load/--no-load", "loading", default=True, help="Load the catalog afterwards; default: yes.")
@_JSON
def harvest(  # noqa: PLR0913 (one for each option)
    name: str | None, url: str | None, into: Path | None, file: Path | None, *, loading: bool, as_json: bool
) -> None:
    """Bring in the descriptions of the source NAME; without a name, list the sources.

    Only what is new or has changed is written, then the catalog is loaded. An interrupted harvest
    goes on where it ended; exit status 1 says that it is not complete. With --into nothing is loaded.
    """
    from gaia_vre.catalog.harvest.run import harvest as bring_in
    from gaia_vre.catalog.harvest.run import report_json, report_text, save_report
    from gaia_vre.catalog.harvest.sources import CONFIGURED, changed_address, find_source, harvester_of
    from gaia_vre.core.durable import write_text

    if name is None:
        _show_sources(file or CONFIGURED, as_json=as_json)
        return
    source = find_source(name, file or CONFIGURED)
    if url:
        source = changed_address(source, url)
    folder = (into or data_of_settings() / "harvests").absolute()
    report = bring_in(source, harvester_of, folder, write_text, _tell_json if as_json else _tell_text)
    save_report(report, folder, write_text)
    click.echo(json.dumps(report_json(report), ensure_ascii=False) if as_json else report_text(report))
    if loading and into is None:
        _load_after(data_of_settings() / "catalog")
    sys.exit(0 if report.complete else 1)


@click.command()
@_FILE
@_JSON
def sources(file: Path | None, *, as_json: bool) -> None:
    """List the sources that can be harvested."""
    from gaia_vre.catalog.harvest.sources import CONFIGURED

    _show_sources(file or CONFIGURED, as_json=as_json)


@click.command()
@click.argument("name")
@click.argument("collection", required=False)
@click.option("--all", "everything", is_flag=True, help="Remove everything that this source brought.")
@_INTO
@_JSON
def forget(name: str, collection: str | None, *, everything: bool, into: Path | None, as_json: bool) -> None:
    """Remove what the source NAME no longer has, or one COLLECTION of it.

    A collection that the source still names comes back with the next harvest.
    """
    from gaia_vre.catalog.harvest.stored import forget as remove
    from gaia_vre.catalog.harvest.stored import forget_source
    from gaia_vre.core.durable import write_text

    if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", name) or (everything and collection):
        raise click.UsageError("the name of a source, and either one collection or --all")
    folder = (into or data_of_settings() / "harvests").absolute() / name
    removed = []
    if everything:
        forget_source(folder)
    else:
        removed = remove(folder, collection, write_text)
    click.echo(json.dumps({"removed": removed}) if as_json else _removed_text(name, removed, everything=everything))
    if into is None:
        _load_after(data_of_settings() / "catalog")


def load_catalog(folder: Path) -> Path:
    """Load the catalog and tell on stderr which harvested documents are left out."""
    from gaia_vre.catalog.engine.load import load

    file = load(folder, _tell_left_out)
    load_database(folder)
    return file


def load_database(folder: Path) -> None:
    """Bring pgstac to the same, where the service's database is PostgreSQL."""
    from gaia_vre.catalog.engine.choice import postgresql_url
    from gaia_vre.core.settings import load_settings

    if url := postgresql_url(load_settings().service.database_url):
        from gaia_vre.catalog.engine.load import documents
        from gaia_vre.catalog.engine.pgstac.load import load

        load(url, *documents(folder))


def _load_after(folder: Path) -> None:
    if (folder / "catalog.json").is_file():
        load_catalog(folder.absolute())
    else:
        click.echo(f"Not loaded: {folder} holds no catalog yet; `gaia-vre catalog prepare` makes one", err=True)


def _removed_text(name: str, removed: list[str], *, everything: bool) -> str:
    if everything:
        return f"{name}: everything is removed"
    return "\n".join([f"{name}: {len(removed)} removed", *(f"  {path}" for path in removed)])


def _tell_left_out(refusal: Refusal) -> None:
    click.echo(f"left out {refusal.record}: {refusal.reason}", err=True)


def _tell_json(page: Page, report: Report) -> None:
    line = {"page": report.pages, "found": len(page.found), "total": page.total, "refused": len(report.refused)}
    click.echo(json.dumps(line))


def _tell_text(page: Page, report: Report) -> None:
    known = f" of {page.total}" if page.total is not None else ""
    taken = len(report.added) + len(report.changed) + report.unchanged
    click.echo(f"page {report.pages}: {taken}{known} taken, {len(report.refused)} refused", err=True)


def _show_sources(file: Path, *, as_json: bool) -> None:
    from gaia_vre.catalog.harvest.sources import configured_sources

    for source in configured_sources(file).values():
        if as_json:
            click.echo(source.model_dump_json(include={"name", "kind", "title", "url", "pole"}))
        else:
            click.echo(f"{source.name:<24} {source.kind:<12} {source.url}")

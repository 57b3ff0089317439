"""`gaia-vre catalog`: prepare the sample data, list and search the datasets."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.catalog.harvest.contract import Page, Report
    from gaia_vre.catalog.model import Dataset
    from gaia_vre.production.prepare import Progress

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

    problems = bring_up_to_date(
        (data or _data_of_settings()).absolute(),
        (sources or packaged_sources()).absolute(),
        _report_json if as_json else _report_text,
    )
    for problem in problems:
        click.echo(f"gaia-vre: {problem}", err=True)
    sys.exit(1 if problems else 0)


@catalog.command(name="list")
@_FOLDER
@_JSON
def list_datasets(folder: Path | None, *, as_json: bool) -> None:
    """List every dataset."""
    from gaia_vre.catalog.reader import Catalog

    _show((one.dataset for one in Catalog(folder or _default_folder())), as_json=as_json)


@catalog.command()
@click.argument("text")
@click.option("--pole", help="Only of this pole.")
@_FOLDER
@_JSON
def search(text: str, pole: str | None, folder: Path | None, *, as_json: bool) -> None:
    """Find datasets by words, best first."""
    from gaia_vre.catalog.reader import Catalog

    found = Catalog(folder or _default_folder()).search(text, pole=pole)
    _show((one.dataset for one in found), as_json=as_json)


@catalog.command()
@click.argument("name", required=False)
@click.option("--url", help="Address or folder in place of the configured one.")
@click.option("--into", type=click.Path(path_type=Path), help="Folder of harvests; default: of the settings.")
@click.option(
    "--sources",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML file of sources in place of the packaged.",
)
@_JSON
def harvest(name: str | None, url: str | None, into: Path | None, file: Path | None, *, as_json: bool) -> None:
    """Bring in the descriptions of the source NAME; without a name, list the sources.

    Only what is new or has changed is written. An interrupted harvest goes on where it ended;
    exit status 1 says that it is not complete.
    """
    from gaia_vre.catalog.harvest.run import harvest as bring_in
    from gaia_vre.catalog.harvest.run import report_json, report_text, save_report
    from gaia_vre.catalog.harvest.sources import CONFIGURED, changed_address, find_source, harvester_of
    from gaia_vre.production.durable import write_text

    if name is None:
        _show_sources(file or CONFIGURED, as_json=as_json)
        return
    source = find_source(name, file or CONFIGURED)
    if url:
        source = changed_address(source, url)
    folder = (into or _data_of_settings() / "harvests").absolute()
    report = bring_in(source, harvester_of, folder, write_text, _tell_json if as_json else _tell_text)
    save_report(report, folder, write_text)
    click.echo(json.dumps(report_json(report), ensure_ascii=False) if as_json else report_text(report))
    sys.exit(0 if report.complete else 1)


def packaged_sources() -> Path:
    """Return the sample files of the checkout, or of an installed wheel."""
    checkout = Path(__file__).resolve().parents[2] / "example-notebooks" / "data"
    installed = Path(sys.prefix) / "share" / "gaia-vre" / "example-notebooks" / "data"
    return checkout if checkout.is_dir() else installed


def _data_of_settings() -> Path:
    from gaia_vre.core.settings import load_settings
    from gaia_vre.core.state import StateFolder

    return StateFolder(load_settings().state).data


def _default_folder() -> Path:
    named = os.environ.get("GAIA_VRE_CATALOG")
    return Path(named) if named else _data_of_settings() / "catalog"


def _report_json(progress: Progress) -> None:
    line = {"step": progress.step, "title": progress.title, "done": progress.done, "total": progress.total}
    if progress.problem:
        line["problem"] = progress.problem
    click.echo(json.dumps(line, ensure_ascii=False))


def _report_text(progress: Progress) -> None:
    if not progress.problem:
        click.echo(f"{progress.done}/{progress.total} {progress.title}")


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
            click.echo(f"{source.name:<20} {source.kind:<12} {source.url}")


def _show(datasets: Iterable[Dataset], *, as_json: bool) -> None:
    if as_json:
        from gaia_vre.catalog.model import to_json

        click.echo(json.dumps([to_json(one) for one in datasets], ensure_ascii=False))
        return
    for one in datasets:
        state = "opens here" if one.opens_here else "described"
        click.echo(f"{one.id:<46} {one.pole_name:<15} {state:<11} {one.title}")

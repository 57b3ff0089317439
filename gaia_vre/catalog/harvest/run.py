"""Run a harvest: page by page into the source's folder, to be interrupted and resumed at any point."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.harvest.accepting import accept, name_of, text_of
from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import OverBound, Refusal, Report, SourceFault
from gaia_vre.catalog.harvest.state import State, opened_state
from gaia_vre.catalog.harvest.stored import mark_gone, named_faults
from gaia_vre.core.errors import GaiaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gaia_vre.catalog.harvest.accepting import Accepted
    from gaia_vre.catalog.harvest.contract import Harvester, Memory, Page, Source


class LoopFound(SourceFault):
    """The source's pages lead in a circle."""


def harvest(
    source: Source,
    make: Callable[[Source, Memory], Harvester],
    into: Path,
    write: Callable[[Path, str], None],
    tell: Callable[[Page, Report], None] = lambda _page, _report: None,
) -> Report:
    """Harvest a source into `into`/NAME; a fault of the source ends the run, and the report says so.

    Parameters
    ----------
    write
        Replaces a file's content at once.
    tell
        Called after each page.

    Raises
    ------
    Conflict
        Another process harvests this source into the same folder.
    Unavailable
        The folder cannot be written, as when the disk is full.
    """
    folder = into / source.name
    with named_faults(folder), opened_state(folder) as state:
        run = _Run(source, folder, state, write)
        cursor = state.begin(_setup(source))
        run.report.resumed = cursor is not None
        try:
            for page in make(source, state).pages(cursor):
                run.take(page)
                tell(page, run.report)
                if page.cursor is not None and run.report.pages >= source.limits.pages:
                    raise OverBound(f"{source.limits.pages} pages in one run; the next one goes on from here")
        except LoopFound as error:
            state.forget_cursor()
            run.report.stopped = error.message
        except GaiaError as error:
            run.report.stopped = error.message
        run.finish()
        return run.report


class _Run:
    def __init__(self, source: Source, folder: Path, state: State, write: Callable[[Path, str], None]) -> None:
        self._source, self._folder, self._state, self._write = source, folder, state, write
        self.report = Report(source.name)

    def take(self, page: Page) -> None:
        """Write what a page brought, then remember it together with the cursor."""
        accepted, refused = self._sorted(page)
        self._refuse_circles(page, accepted)
        for one in accepted:
            self._put(one)
        self._state.finish_page(((one.path, one.digest) for one in accepted), page.cursor, len(refused))
        self.report.refused += refused
        self.report.pages += 1

    def finish(self) -> None:
        """Write the catalog file; name what is gone, if the whole source was read without a refusal."""
        if self.report.complete:
            self._state.forget_answers()
            self.report.gone = self._state.gone() if not self._state.refused else []
            self._mark(self.report.gone)
        self._write(self._folder / "catalog.json", text_of(_catalog(self._source, self._state.collections())))

    def _mark(self, gone: list[str]) -> None:
        for path in gone:
            if (self._folder / path).is_file():
                mark_gone(self._folder / path, self._write)
        self._state.mark(gone)

    def _sorted(self, page: Page) -> tuple[list[Accepted], list[Refusal]]:
        accepted: dict[str, Accepted] = {}
        refused = list(page.refused)
        for found in page.found:
            try:
                one = accept(found, self._source)
            except Refused as error:
                refused.append(Refusal(name_of(found.stac), str(error)))
                continue
            accepted[one.path] = one
        return self._with_collections(accepted, refused), refused

    def _with_collections(self, accepted: dict[str, Accepted], refused: list[Refusal]) -> list[Accepted]:
        """Return what may be written: an item needs its collection, from this page or before."""
        kept = []
        for one in accepted.values():
            collection = f"{one.stac.get('collection', one.stac['id'])}/collection.json"
            if collection in accepted or self._state.digest(collection) is not None:
                kept.append(one)
            else:
                refused.append(Refusal(one.stac["id"], f"its collection {one.stac['collection']} was not taken"))
        return kept

    def _refuse_circles(self, page: Page, accepted: list[Accepted]) -> None:
        if page.cursor is not None and self._state.passed(page.cursor):
            raise LoopFound(f"page {self.report.pages + 1} leads back to an earlier page")
        if page.cursor is not None and accepted and all(self._state.seen(one.path) for one in accepted):
            raise LoopFound(f"page {self.report.pages + 1} holds only what earlier pages held")

    def _put(self, one: Accepted) -> None:
        before, file = self._state.digest(one.path), self._folder / one.path
        if before == one.digest and file.exists():
            self.report.unchanged += 0 if self._state.seen(one.path) else 1
            return
        self._write(file, text_of(one.stac))
        (self.report.added if before is None else self.report.changed).append(one.path)


def _setup(source: Source) -> str:
    """Return a digest of what a cursor depends on."""
    return hashlib.sha256(source.model_dump_json(exclude={"limits", "title"}).encode()).hexdigest()


def _catalog(source: Source, collections: list[str]) -> dict[str, Any]:
    return {
        "type": "Catalog",
        "stac_version": "1.1.0",
        "id": source.name,
        "title": source.title or source.name,
        "description": f"Harvested from {source.url}",
        "links": [
            {"rel": "root", "href": "./catalog.json", "type": "application/json"},
            *({"rel": "child", "href": f"./{path}", "type": "application/json"} for path in collections),
        ],
    }


def report_json(report: Report) -> dict[str, Any]:
    """Return the report for programs."""
    return {
        "source": report.source,
        "complete": report.complete,
        "resumed": report.resumed,
        "pages": report.pages,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "gone": report.gone,
        "refused": [{"record": one.record, "reason": one.reason} for one in report.refused],
        "stopped": report.stopped,
    }


def report_text(report: Report, most: int = 20) -> str:
    """Return the report for people: counts, then each refusal with its reason."""
    counts = f"{len(report.added)} added, {len(report.changed)} changed, {report.unchanged} unchanged"
    lines = [f"{report.source}: {counts}, {len(report.refused)} refused"]
    lines += [f"  refused {one.record}: {one.reason}" for one in report.refused[:most]]
    if len(report.refused) > most:
        lines.append(f"  … and {len(report.refused) - most} more; --json names them all")
    lines += [f"  gone from the source, kept here and marked: {path}" for path in report.gone[:most]]
    if report.stopped:
        lines.append(f"  stopped: {report.stopped}")
    return "\n".join(lines)


def save_report(report: Report, folder: Path, write: Callable[[Path, str], None]) -> None:
    """Keep the last report beside what was harvested."""
    with named_faults(folder):
        write(folder / report.source / ".report.json", json.dumps(report_json(report), ensure_ascii=False, indent=1))

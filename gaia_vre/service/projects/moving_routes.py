"""Projects as bags over HTTP: one goes out as a ZIP file, one comes in."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from gaia_vre.bundles.journal import Journal
from gaia_vre.bundles.model import ProjectFacts
from gaia_vre.bundles.sinks import ZipSink
from gaia_vre.bundles.writing import write_bag
from gaia_vre.core.errors import Conflict, NotAllowed, TooLarge, Unavailable
from gaia_vre.core.state import StateFolder
from gaia_vre.projects.store import Mine
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesParts
from gaia_vre.service.login import Caller
from gaia_vre.service.projects import bodies
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.facts import facts_of
from gaia_vre.service.projects.routes import actor, inside

IMPORTS = "/api/projects/imports"
router = APIRouter()
log = logging.getLogger(__name__)
_CHUNK = 1 << 18
AT_ONCE = threading.BoundedSemaphore(2)
"""Bags that one service takes in at the same time."""


@router.get("/api/projects/{slug}/facts")
def facts(slug: Slug, who: UsesCaller, service: UsesParts) -> ProjectFacts:
    """Tell what a bag says of a project."""
    found = _member(service, slug, who)
    return facts_of(service.registry, found.project, who.name, service.clock())


@router.get("/api/projects/{slug}/bag.zip")
def bag(slug: Slug, who: UsesCaller, service: UsesParts) -> StreamingResponse:
    """Send a project as a bag: its files with checksums, and everything known of it."""
    found = _member(service, slug, who)
    said = facts_of(service.registry, found.project, who.name, service.clock())
    folder = service.registry.folder(slug)
    if not folder.is_dir():
        if service.registry.lives.of(slug).purged:
            raise Conflict(f"The files of {slug} are removed; its archive is kept by the operators")
        folder = StateFolder(service.settings.state).service / "nothing"
        folder.mkdir(parents=True, exist_ok=True)
    service.registry.projects.happened(slug, who.name, "copied")
    name = f"{slug}-{said.exported:%Y-%m-%d}"
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(_streamed(folder, said, name), media_type="application/zip", headers=headers)


@router.post(IMPORTS, status_code=201)
async def bring_in(
    request: Request,
    who: ChangesAs,
    service: UsesParts,
    slug: Annotated[str, Query(max_length=28)] = "",
    community: Annotated[str | None, Query(max_length=120)] = None,
) -> bodies.ProjectModel:
    """Make a project of a bag in a ZIP file, which is the body; its other members are invited by name."""
    me = await run_in_threadpool(actor, service, who)
    if not service.registry.founding.communities(me):
        raise NotAllowed("Nobody has said that you may make projects here: ask the operators")
    if not AT_ONCE.acquire(blocking=False):
        raise Unavailable("Others bring in projects just now; try again in some minutes")
    try:
        with _spool(service) as file:
            await receive(request, file, int(service.settings.projects.import_gib * 2**30))
            made = await run_in_threadpool(service.registry.imports.bring_in, file, me, slug, community)
    finally:
        AT_ONCE.release()
    return bodies.told(made, "owner")


def _member(service: Parts, slug: str, who: Caller) -> Mine:
    """Return a project to its members and administrators: a page that all may read makes no file readable."""
    found = inside(service, slug, who)
    if found.role is None and not who.person.admin:
        raise NotAllowed(f"The files of {slug} are for its members")
    return found


def _spool(service: Parts) -> BinaryIO:
    """Return a file without a name: nothing of it is left by a kill."""
    place = StateFolder(service.settings.state).service
    place.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=place)


async def receive(request: Request, file: BinaryIO, limit: int) -> None:
    """Write the body of a request to a file; raises TooLarge."""
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken > limit:
            raise TooLarge(f"The bag has over {limit:,} bytes, the limit here")
        await run_in_threadpool(file.write, chunk)
    file.seek(0)


def _streamed(folder: Path, said: ProjectFacts, name: str) -> Iterator[bytes]:
    """Return the bytes of a bag while another thread writes it: what nobody takes is not read."""
    end, begin = os.pipe()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with os.fdopen(begin, "wb") as stream, Journal() as notes:
                write_bag(folder, said, ZipSink(stream, name, f"{name}.zip"), notes)
        except BrokenPipeError:
            log.info("Whoever took %s stopped taking it", name)
        except Exception as error:
            log.exception("%s could not be sent whole", name)
            failed.append(error)

    worker = threading.Thread(target=work, name=f"bag {name}", daemon=True)
    worker.start()
    with os.fdopen(end, "rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
    worker.join()
    if failed:  # the answer is cut, so that nobody takes it for whole
        raise failed[0]

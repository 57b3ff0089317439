"""Move projects between machines: a bag from what a lab has, or from the service; a bag to the service."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlencode

from gaia_vre.core.durable import flush
from gaia_vre.core.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from gaia_vre.client import ServiceClient


def export(service: ServiceClient, slug: str, to: str, files: str | None, name: str) -> dict[str, Any]:
    """Write a project as a bag and return the receipt; see `gaia_vre.shared.SharedProject.export`."""
    if to.lower().endswith(".zip") and "://" not in to:
        return _fetch(service, slug, Path(to).expanduser())
    from gaia_vre.bundles.journal import Journal
    from gaia_vre.bundles.model import ProjectFacts
    from gaia_vre.bundles.places import sink_at
    from gaia_vre.bundles.writing import write_bag

    folder = _folder(slug, files)
    facts = ProjectFacts.model_validate(service.ask("GET", f"/projects/{quote(slug, safe='')}/facts"))
    if "/" in name or name.startswith("."):
        raise InvalidInput(f"{name[:40]!a} is no name of a bag: no slash, no dot at its beginning")
    with Journal(_journal(to, name)) as notes, sink_at(to, name) as sink:
        receipt = write_bag(folder, facts, sink, notes)
        notes.forget()
    return asdict(receipt)


def bring_in(service: ServiceClient, bag: str, slug: str, community: str | None) -> dict[str, Any]:
    """Make a project of a bag and return it; see `gaia_vre.shared.ProjectDoor.bring_in`."""
    from gaia_vre.bundles.reading import pack

    path = Path(bag).expanduser()
    said = {"slug": slug, "community": community or ""}
    query = urlencode({key: value for key, value in said.items() if value})
    with ExitStack() as opened:
        file: BinaryIO
        if path.is_dir():
            file = opened.enter_context(tempfile.TemporaryFile())
            pack(path, file)
            file.seek(0)
        elif path.is_file():
            file = opened.enter_context(path.open("rb"))
        else:
            raise NotFound(f"There is no bag {bag}")
        made: dict[str, Any] = service.send_file(f"/projects/imports{'?' if query else ''}{query}", file)
    return made


def _fetch(service: ServiceClient, slug: str, target: Path) -> dict[str, Any]:
    """Write the bag that the service sends; the file has its name when it is whole."""
    from gaia_vre.bundles.reading import Bounds, ZipBag

    if target.exists():
        raise Conflict(f"{target} is there already: remove it, or choose another place")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as file:
            size = service.fetch_file(f"/projects/{quote(slug, safe='')}/bag.zip", file)
            file.flush()
            os.fsync(file.fileno())
        with part.open("rb") as file:
            bag = ZipBag(file, Bounds(2**63))
            receipt = {"slug": slug, "where": str(target), "files": bag.files, "digest": bag.digest}
        part.replace(target)
        flush(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return receipt | {"size_bytes": size}


def _folder(slug: str, files: str | None) -> Path:
    folder = Path(files).expanduser() if files else Path.home() / "projects" / slug
    if not folder.is_dir():
        raise NotFound(
            f"{folder} is not there: call this in a lab that has the project's folder, name it with --files, "
            f"or export to a file that ends with .zip"
        )
    return folder.resolve()


def _journal(to: str, name: str) -> Path:
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    where = to if "://" in to else str(Path(to).expanduser().absolute())
    return place / "gaia-vre" / "exports" / f"{hashlib.sha256(f'{where} {name}'.encode()).hexdigest()[:32]}.sqlite"

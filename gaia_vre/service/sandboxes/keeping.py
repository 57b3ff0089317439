"""Keep the work of a sandbox: where it may go, whether it fits, and the receipt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import Conflict, DoesNotFit, TooLarge
from gaia_vre.core.names import slug
from gaia_vre.isolation.keeper import measured
from gaia_vre.projects.model import Actor
from gaia_vre.projects.rules import check_may, may
from gaia_vre.quotas.storage.model import GIB
from gaia_vre.quotas.storage.model import Place as Folder
from gaia_vre.sandboxes import keeping
from gaia_vre.sandboxes.manifest import facts_of
from gaia_vre.sandboxes.model import THERE
from gaia_vre.service.openings.store import Openings
from gaia_vre.service.sandboxes.lives import Lives

if TYPE_CHECKING:
    from gaia_vre.sandboxes.model import Receipt, Sandbox
    from gaia_vre.sandboxes.sources import Maker
    from gaia_vre.service.dependencies import Parts

_LOOK_SECONDS = 2.0
_ENDLESS = 2**62


def keep(service: Parts, sandbox: Sandbox, maker: Maker, to: str, name: str) -> Receipt:
    """Copy the work of a sandbox and note the receipt.

    Raises
    ------
    DoesNotFit
        It does not fit there; `facts` has the choices.
    Conflict
        Its files are destroyed already, or the service has no homes.
    NotAllowed, NotFound
        It is a project in which one may not write.
    """
    folders = Lives.of(service).folders
    if sandbox.state not in THERE or not folders.home(sandbox.id).is_dir():
        raise Conflict(f"The files of the sandbox {sandbox.id} are destroyed: nothing is left to keep")
    folder = _folder(service, maker, to)
    room = _room(service, folder, maker)
    place = keeping.Place(to, service.measures.where(folder), _ENDLESS if room is None else max(0, room))
    if folder.area == "home":
        place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    else:
        service.folders.make(folder.folder)  # nobody may have opened the project yet
    with folders.still(sandbox.id) as home:
        used = sorted(Openings(service.engine).of(f"sandbox:{sandbox.id}"), key=lambda one: (one.first, one.dataset))
        opened = [one.dataset for one in used]
        facts = facts_of(sandbox, home, opened, service.settings)
        most_files = service.settings.sandboxes.home_files
        work = keeping.Work(home, sandbox.id, folder_name(sandbox, name), facts, most_files)
        try:
            receipt = keeping.keep(work, place, service.clock())
        except TooLarge as error:
            raise _refused(service, sandbox, maker, place) from error
    service.sandboxes.kept(sandbox.id, receipt)
    if folder.area == "home":
        service.measures.ask_for(maker.username)
    return receipt


def folder_name(sandbox: Sandbox, name: str) -> str:
    """Return the name of the new folder."""
    plain = re.sub(r"[^A-Za-z0-9._ -]+", "-", name or f"{sandbox.title}").strip(" .-")[:60].strip(" .-")
    return plain or f"sandbox-{sandbox.id}"


def _folder(service: Parts, maker: Maker, to: str) -> Folder:
    """Return the folder that it goes to, if its maker may write there."""
    if to == "home":
        if not service.settings.reaches_homes:
            raise Conflict("Homes are volumes of their own at this site: keep the work in a project")
        return Folder("home", slug(maker.username))
    name = to.removeprefix("project:")
    found = service.registry.projects.seen_by(name, Actor(maker.username, maker.groups))
    check_may(found.role, "write", found.project)
    return Folder("project", name)


def _room(service: Parts, folder: Folder, maker: Maker) -> int | None:
    """Return how many bytes fit there; None where no limit holds or nothing is known."""
    now = service.clock()
    if folder.area == "home":
        found = service.measures.at_start(maker.username, now)
    else:
        found = service.measures.look(folder, now, seconds=_LOOK_SECONDS) or service.measures.find(folder, now)
    return None if found is None or found.room.hard is None else found.room.hard - found.size


def _refused(service: Parts, sandbox: Sandbox, maker: Maker, place: keeping.Place) -> DoesNotFit:
    """Return the refusal with what can be done instead: other places where it fits."""
    _, size = measured(Lives.of(service).folders.home(sandbox.id), 10**7, 2**60)
    facts: dict[str, Any] = {"place": place.name, "asked_gib": size / GIB, "left_gib": place.room / GIB}
    facts["choices"] = [
        one for one in _places(service, maker) if one != place.name and _fits(service, maker, one, size)
    ]
    where = ", ".join(facts["choices"])
    more = f"it fits in {where}" if where else "delete files there or in the sandbox first"
    return DoesNotFit(
        f"{sandbox.title}: about {size / GIB:.2g} GiB asked, {place.room / GIB:.2g} GiB left in {place.name}; {more}",
        facts,
    )


def _places(service: Parts, maker: Maker) -> list[str]:
    """Return where somebody may write."""
    mine = service.registry.projects.of(Actor(maker.username, maker.groups))
    home = ["home"] if service.settings.reaches_homes else []
    return [*home, *(f"project:{one.project.slug}" for one in mine if may(one.role, "write", one.project))]


def _fits(service: Parts, maker: Maker, place: str, size: int) -> bool:
    room = _room(service, _folder(service, maker, place), maker)
    return room is None or size <= room

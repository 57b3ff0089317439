"""The JSON API by which labs tell which datasets are opened in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.core.errors import GaiaError, NotAllowed
from gaia_vre.core.kinds import APP_SERVER, project_of
from gaia_vre.projects.rules import LIVES, check_may
from gaia_vre.service.catalog.finding import Finder
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesParts
from gaia_vre.service.login import Caller
from gaia_vre.service.openings.store import Known, Opener, Openings
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.sandboxes.narrowing import sandbox_of

router = APIRouter(prefix="/api/openings")
DatasetId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$")]
_PAYS = "project:"


class Told(BaseModel):
    """What a lab tells of datasets that are opened in it."""

    model_config = ConfigDict(extra="forbid")
    datasets: list[DatasetId] = Field(min_length=1, max_length=100)
    project: Annotated[str, Field(max_length=28, pattern=r"^[a-z0-9-]+$")] | None = None
    """In whose folder somebody works."""
    server: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9-]*$")


@router.post("", status_code=204)
def tell(told: Told, who: ChangesAs, service: UsesParts) -> None:
    """Tell that datasets are opened: in a sandbox, or for the project whose lab this is, that pays or is worked in.

    Nothing is kept of a person's lab that is for no project; of one that is, only where the person may write.
    """
    places, opener = _places(service, who, told)
    if places:
        known = [_known(service, name) for name in dict.fromkeys(told.datasets)]
        for place in places:
            Openings(service.engine).record(place, opener, known, service.clock())


def _places(service: Parts, who: Caller, told: Told) -> tuple[list[str], Opener]:
    """Return for whom it is kept; raises NotAllowed where a person may write in none of the projects."""
    sandbox, own = sandbox_of(who.person.scopes), project_of(who.name)
    if sandbox is not None:
        return [f"sandbox:{sandbox}"], Opener(who.name)
    if own is not None:
        lives = service.registry.projects.find(own).state in LIVES
        server = told.server if told.server.startswith(APP_SERVER) else ""
        return [f"{_PAYS}{own}"] if lives else [], Opener(who.name, server)
    asked = dict.fromkeys(one for one in (told.project, _payer(service, who, told.server)) if one)
    writing = [slug for slug in asked if _may_write(service, who, slug)]
    if asked and not writing:
        raise NotAllowed(f"{', '.join(asked)}: that is for editors")
    return [f"{_PAYS}{slug}" for slug in writing], Opener(who.name)


def _payer(service: Parts, who: Caller, server: str) -> str | None:
    """Return the project that pays for a lab of this person."""
    names = [
        name for lease, name in service.office.held_by(who.name) if lease.kind == "server" and lease.thing == server
    ]
    return next((name.removeprefix(_PAYS) for name in names if name.startswith(_PAYS)), None)


def _may_write(service: Parts, who: Caller, slug: str) -> bool:
    try:
        mine = service.registry.projects.seen_by(slug, actor(service, who))
        check_may(mine.role, "write", mine.project)
    except GaiaError:
        return False
    return True


def _known(service: Parts, name: str) -> Known:
    """Return what the catalog says of a dataset; one that it does not know is kept by its id."""
    try:
        found = Finder(service.catalog).dataset(name)
    except GaiaError:
        return Known(name)
    return Known(found.id, found.title, found.doi)

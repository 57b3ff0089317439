"""Earlier states of projects' folders: the JSON API, the form that copies something back, what the page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from fastapi import APIRouter, Depends, Form, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound, TooLarge
from gaia_vre.look.language import Language
from gaia_vre.projects.model import Actor, Project
from gaia_vre.projects.past import State
from gaia_vre.projects.rules import check_may
from gaia_vre.projects.snapshots import Restored
from gaia_vre.projects.store import Mine
from gaia_vre.quotas.storage.model import Place
from gaia_vre.service.dependencies import ChangesAs, Parts, SubmitsAs, UsesCaller, UsesLanguage, UsesParts
from gaia_vre.service.frame import PREFIX, redirect
from gaia_vre.service.login import Caller
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.routes import actor, look
from gaia_vre.service.projects.server_routes import EntryModel

router = APIRouter()
_API = "/api/projects/{slug}/snapshots"
_SHOWN = 100
_WORDS = "d MMM yyyy HH:mm"
_PATH_LENGTH = 1000
NO_STATES: dict[str, Any] = {"states": [], "past": None}
StateName = Annotated[str, Path(min_length=1, max_length=255)]


class StateModel(BaseModel):
    """An earlier state of a project's folder."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    at: datetime


class RestoreBody(BaseModel):
    """What is copied back."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(min_length=1, max_length=_PATH_LENGTH)


class RestoredModel(BaseModel):
    """What was copied back."""

    model_config = ConfigDict(from_attributes=True)
    path: str
    files: int
    size_bytes: int
    left_out: int


@dataclass(frozen=True)
class _Wanted:
    """What of which state of which project is copied back."""

    slug: str
    state: str
    path: str


@router.get(_API)
def states(slug: Slug, who: UsesCaller, service: UsesParts) -> list[StateModel]:
    """List the earlier states of the project's folder that its file system keeps, newest first; for members."""
    project = _member(service, slug, who).project
    return [StateModel.model_validate(one) for one in service.snapshots.of(slug, project.created)]


@router.get(_API + "/{name}/files")
def files(
    slug: Slug,
    name: StateName,
    who: UsesCaller,
    service: UsesParts,
    path: Annotated[str, Query(max_length=_PATH_LENGTH)] = "",
) -> list[EntryModel]:
    """List a folder of the project as it was; what links led to is not shown."""
    state = service.snapshots.find(slug, name, _member(service, slug, who).project.created)
    return [EntryModel.model_validate(one) for one in service.snapshots.entries(state, path)]


@router.post(_API + "/{name}/restore", status_code=201)
def restore(slug: Slug, name: StateName, given: RestoreBody, who: ChangesAs, service: UsesParts) -> RestoredModel:
    """Copy a file or folder as it was beside what is now, never over it; for editors."""
    wanted = _Wanted(slug, name, given.path)
    return RestoredModel.model_validate(_copied_back(service, wanted, actor(service, who), Language("en")))


def wished(
    slug: Slug,
    state: Annotated[str, Form(min_length=1, max_length=255)],
    path: Annotated[str, Form(min_length=1, max_length=_PATH_LENGTH)],
) -> _Wanted:
    """Return what the form says."""
    return _Wanted(slug, state, path)


@router.post("/projects/{slug}/restore", include_in_schema=False)
def restore_form(
    slug: Slug,
    who: SubmitsAs,
    service: UsesParts,
    language: UsesLanguage,
    wanted: Annotated[_Wanted, Depends(wished)],
) -> Response:
    """Copy something back, and show the folder that it is in now."""
    made = _copied_back(service, wanted, actor(service, who), language)
    above = made.path.rpartition("/")[0]
    return redirect(f"{PREFIX}projects/{slug}?{urlencode({'folder': above})}#files")


def past_sheet(service: Parts, language: Language, found: Mine, folder: str, state: str) -> dict[str, Any]:
    """Return what a project's page shows of earlier states; with one chosen, its files instead of those of now."""
    project = found.project
    states = service.snapshots.of(project.slug, project.created)
    shown: dict[str, Any] = {"states": states[:_SHOWN], "past": None}
    shown["moment_words"] = lambda one: _words(service, language, one.at)
    if not state:
        return shown
    chosen = next((one for one in states if one.name == state), None)
    files = None if chosen is None else _entries(service, chosen, folder)
    shown |= {"notebooks": [], "trash": []}
    return shown | {"past": chosen, "files": files, "folder": folder.strip("/") if files is not None else ""}


def _entries(service: Parts, state: State, folder: str) -> list[Any] | None:
    try:
        return service.snapshots.entries(state, folder)
    except (InvalidInput, NotFound):
        return None


def _member(service: Parts, slug: str, who: Caller) -> Mine:
    found = look(service, slug, who)
    if found.role is None and not who.person.admin:
        raise NotAllowed(f"The files of {slug} are for its members")
    return found


def _copied_back(service: Parts, wanted: _Wanted, me: Actor, language: Language) -> Restored:
    slug = wanted.slug
    mine = service.registry.projects.seen_by(slug, me)
    check_may(mine.role, "write", mine.project)
    _check_room(service, mine.project)
    state = service.snapshots.find(slug, wanted.state, mine.project.created)
    made = service.snapshots.restore(slug, state, wanted.path, _words(service, language, state.at))
    service.registry.projects.happened(slug, me.name, "restored", path=made.path[:200])
    return made


def _check_room(service: Parts, project: Project) -> None:
    kept = service.measures.find(Place("project", project.slug), service.clock())
    if kept is not None and kept.level == "hard":
        raise TooLarge(f"{project.slug} is over its limit of storage: make room first")


def _words(service: Parts, language: Language, at: datetime) -> str:
    zone = ZoneInfo(service.settings.service.time_zone)
    return format_datetime(at, _WORDS, tzinfo=zone, locale={"fr": "fr_FR"}.get(language.code, "en_GB"))

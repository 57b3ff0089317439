"""The JSON API of the apps that projects publish."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from gaia_vre.core.app_rooms import AppKind
from gaia_vre.projects.apps import App
from gaia_vre.projects.audience import Audience, Changes, Wanted
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesParts
from gaia_vre.service.projects.bodies import Number, Slug
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.publishing.routes import ChangeBody, PublishBody

router = APIRouter(prefix="/api")
AppNumber = Annotated[int, Path(ge=1, lt=2**31)]


class AppBody(PublishBody):
    """A program of the project's folder, and for whom it is."""

    kind: AppKind | None = None
    """Without it, what the program's source tells."""


class AppChangeBody(ChangeBody):
    """What is said anew of an app; what is left out stays."""

    kind: AppKind | None = None


class AppModel(BaseModel):
    """An app; where its program stands and who published it is told to members alone."""

    id: int
    title: str
    kind: AppKind
    audience: Audience
    listed: bool
    at: datetime
    address: str
    path: str | None = None
    by: str | None = None


@router.get("/projects/{slug}/apps")
def apps(slug: Slug, who: UsesCaller, service: UsesParts) -> list[AppModel]:
    """List the apps of a project that I may visit."""
    me = actor(service, who)
    inside = service.registry.projects.seen_by(slug, me).role is not None
    return [_told(service, one, inside=inside) for one in service.apps.of(slug, me)]


@router.post("/projects/{slug}/apps", status_code=201)
def publish(slug: Slug, given: AppBody, who: ChangesAs, service: UsesParts) -> AppModel:
    """Let others visit a Panel, Streamlit or Voilà program of the project's folder, as it is whenever it is woken."""
    wish = Wanted(**given.model_dump(exclude={"kind"}))
    return _told(service, service.apps.publish(slug, wish, actor(service, who), given.kind), inside=True)


@router.patch("/projects/{slug}/apps/{number}")
def change(slug: Slug, number: Number, given: AppChangeBody, who: ChangesAs, service: UsesParts) -> AppModel:
    """Say anew for whom an app is, whether it is listed, its title or whose program it is."""
    changes = Changes(**given.model_dump(exclude={"kind"}))
    return _told(service, change_app(service, slug, number, changes, who, given.kind), inside=True)


@router.delete("/projects/{slug}/apps/{number}", status_code=204)
def withdraw(slug: Slug, number: Number, who: ChangesAs, service: UsesParts) -> None:
    """Let nobody visit an app any more, and stop it."""
    withdraw_app(service, slug, number, who)


@router.get("/apps")
def listed(who: UsesCaller, service: UsesParts) -> list[AppModel]:
    """List the apps that projects want found and I may visit."""
    found = service.apps.listed(actor(service, who))
    return [_told(service, one.app, inside=one.role is not None) for one in found]


def change_app(  # noqa: PLR0913, PLR0917 - whose app, and what of it
    service: Parts, slug: str, number: int, changes: Changes, who: UsesCaller, kind: AppKind | None = None
) -> App:
    """Say something anew of an app; its server starts anew where it is to ask other people, or to serve otherwise."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    made = service.apps.change(slug, number, changes, me, kind)
    if kind is not None or (changes.audience is not None and service.apps.is_open(made) != made.open_to_all):
        service.app_servers.stop(slug, number)
    return made


def withdraw_app(service: Parts, slug: str, number: int, who: UsesCaller) -> None:
    """Let nobody visit an app any more, and stop it."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.apps.withdraw(slug, number, me)
    service.app_servers.stop(slug, number)


def _told(service: Parts, one: App, *, inside: bool) -> AppModel:
    named = ("id", "title", "kind", "audience", "listed", "at", *(("path", "by") if inside else ()))
    address = f"{service.settings.addresses.public_url}/services/gaia/apps/{one.id}"
    return AppModel(**{name: getattr(one, name) for name in named}, address=address)

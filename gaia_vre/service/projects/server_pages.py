"""The parts of a project's page about its server and its files, and their buttons."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable
from gaia_vre.look.language import Language
from gaia_vre.projects.store import Mine
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesParts
from gaia_vre.service.frame import PREFIX, redirect
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.quotas.folders import size

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}projects"


@router.post("/projects/{slug}/server/start")
def start(slug: Slug, who: SubmitsAs, service: UsesParts, size: Annotated[str, Form(max_length=40)] = "") -> Response:
    """Start the project's server."""
    me = actor(service, who)
    service.project_servers.start(service.registry.projects.seen_by(slug, me), me.name, size or None)
    return redirect(f"{PAGE}/{slug}#server")


@router.post("/projects/{slug}/server/stop")
def stop(slug: Slug, who: SubmitsAs, service: UsesParts) -> Response:
    """Stop the project's server."""
    service.project_servers.stop(service.registry.projects.seen_by(slug, actor(service, who)))
    return redirect(f"{PAGE}/{slug}#server")


@router.post("/projects/{slug}/server/open")
def open_(slug: Slug, who: SubmitsAs, service: UsesParts) -> Response:
    """Let me in, and go there."""
    me = actor(service, who)
    return redirect(service.project_servers.open(service.registry.projects.seen_by(slug, me), me.name))


def project_sheet(service: Parts, language: Language, found: Mine, folder: str, *, admin: bool) -> dict[str, Any]:
    """Return what a project's page shows of its server and files; nothing to those who are no members."""
    if found.role is None and not admin:
        return {"server": None, "files": [], "folder": ""}
    slug, servers = found.project.slug, service.project_servers
    try:
        server = servers.look(found.project)
    except Unavailable:
        server = None
    try:
        files = service.folders.entries(slug, folder) if folder or service.folders.path(slug).exists() else []
    except (InvalidInput, NotFound):
        files = None
    return {
        "server": server,
        "present": servers.present(slug),
        "sizes": {one.name: language.text(one.title) for one in service.settings.labs.sizes},
        "files": files,
        "folder": folder.strip("/") if files is not None else "",
        "size_words": lambda amount: size(language, amount),
    }

"""The parts of a project's page about its server and its files, and their buttons."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from gaia_vre.core.errors import InvalidInput, NotFound, Unavailable
from gaia_vre.look.language import Language
from gaia_vre.projects.rules import may
from gaia_vre.projects.store import Mine
from gaia_vre.service.dependencies import Parts, SubmitsAs, UsesParts
from gaia_vre.service.frame import PREFIX, redirect
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.projects.server_routes import put_thrown_back
from gaia_vre.service.quotas.folders import size

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}projects"
_TRASH = 50


@router.post("/projects/{slug}/server/start")
def start(slug: Slug, who: SubmitsAs, service: UsesParts, size: Annotated[str, Form(max_length=40)] = "") -> Response:
    """Start the project's server."""
    me = actor(service, who)
    service.project_servers.start(service.registry.projects.seen_by(slug, me), me.name, size or None)
    return redirect(f"{PAGE}/{slug}#server")


@router.post("/projects/{slug}/server/stop")
def stop(slug: Slug, who: SubmitsAs, service: UsesParts) -> Response:
    """Stop the project's server."""
    me = actor(service, who)
    service.project_servers.stop(service.registry.projects.seen_by(slug, me), me.name)
    return redirect(f"{PAGE}/{slug}#server")


@router.post("/projects/{slug}/server/open")
def open_(slug: Slug, who: SubmitsAs, service: UsesParts) -> Response:
    """Let me in, and go there."""
    me = actor(service, who)
    return redirect(service.project_servers.open(service.registry.projects.seen_by(slug, me), me.name))


@router.post("/projects/{slug}/trash")
def put_back(slug: Slug, who: SubmitsAs, service: UsesParts, number: Annotated[str, Form(max_length=40)]) -> Response:
    """Put something back to where it was."""
    me = actor(service, who)
    put_thrown_back(service, slug, number, me)
    return redirect(f"{PAGE}/{slug}#files")


def project_sheet(service: Parts, language: Language, found: Mine, folder: str, *, admin: bool) -> dict[str, Any]:
    """Return what a project's page shows of its server and files; nothing to those who are no members."""
    if found.role is None and not admin:
        return {"server": None, "files": [], "notebooks": [], "folder": "", "trash": []}
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
        "notebooks": [one.name for one in files or () if one.name.endswith(".ipynb") and not (one.folder or one.link)],
        "trash": service.folders.thrown_away(slug)[:_TRASH] if may(found.role, "write", found.project) else [],
        "trash_days": service.settings.projects.trash_days,
        "folder": folder.strip("/") if files is not None else "",
        "size_words": lambda amount: size(language, amount),
    }

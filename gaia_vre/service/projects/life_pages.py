"""What the forms of a project's end do: heir, transfer, environment, deletion, invitations by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from gaia_vre.service.dependencies import SubmitsAs, UsesParts
from gaia_vre.service.frame import PREFIX, redirect
from gaia_vre.service.projects.bodies import Slug
from gaia_vre.service.projects.life_routes import appoint_owner, check_heir, hand_over
from gaia_vre.service.projects.pinning import chosen, digest_of
from gaia_vre.service.projects.routes import actor

router = APIRouter(include_in_schema=False)
PAGE = f"{PREFIX}projects"
Name = Annotated[str, Form(min_length=1, max_length=255)]


@router.post("/projects/{slug}/heir")
def name_heir(
    slug: Slug, who: SubmitsAs, service: UsesParts, username: Annotated[str, Form(max_length=255)] = ""
) -> Response:
    """Say who inherits; nobody, when the form says so."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    if username:
        check_heir(service, slug, username)
    service.registry.lives.name_heir(slug, username or None, me)
    return redirect(f"{PAGE}/{slug}#ends")


@router.post("/projects/{slug}/transfer")
def transfer(slug: Slug, who: SubmitsAs, service: UsesParts, username: Name) -> Response:
    """Give the project to somebody else."""
    hand_over(service, slug, username, who)
    return redirect(f"{PAGE}/{slug}#people")


@router.post("/projects/{slug}/owner")
def appoint(slug: Slug, who: SubmitsAs, service: UsesParts, username: Name) -> Response:
    """Make somebody owner of a project that nobody owns."""
    appoint_owner(service, slug, username, who)
    return redirect(f"{PAGE}/{slug}#people")


@router.post("/projects/{slug}/environment")
def pin(slug: Slug, who: SubmitsAs, service: UsesParts, name: Annotated[str, Form(max_length=61)]) -> Response:
    """Pin an environment as it is now."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    wanted = chosen(service.settings.labs.environments, name)
    digest = digest_of(wanted, pods=service.settings.kubernetes is not None)
    service.registry.lives.pin(slug, wanted.name, digest, me)
    return redirect(f"{PAGE}/{slug}#environment")


@router.post("/projects/{slug}/delete")
def delete(slug: Slug, who: SubmitsAs, service: UsesParts, typed: Annotated[str, Form(max_length=100)]) -> Response:
    """End a project at once, when its name is typed."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.founding.open_account(service.registry.lives.delete(slug, typed, me))
    return redirect(f"{PAGE}/{slug}#ends")


@router.post("/projects/{slug}/accept")
def accept(slug: Slug, who: SubmitsAs, service: UsesParts) -> Response:
    """Become a member of a project that invites me by name."""
    service.registry.pending.accept(slug, actor(service, who))
    return redirect(f"{PAGE}/{slug}")


@router.post("/projects/{slug}/uninvite")
def uninvite(slug: Slug, who: SubmitsAs, service: UsesParts, username: Name) -> Response:
    """Take an invitation by name back, or decline mine."""
    me = actor(service, who)
    if username != me.name:
        service.registry.projects.seen_by(slug, me)
    service.registry.pending.drop(slug, username, me)
    return redirect(PAGE if username == me.name else f"{PAGE}/{slug}#people")

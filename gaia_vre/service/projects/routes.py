"""The JSON API of projects."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound
from gaia_vre.core.kinds import project_of
from gaia_vre.projects.founding import Wish
from gaia_vre.projects.joining import Terms
from gaia_vre.projects.model import Actor, Change
from gaia_vre.projects.rules import check_may
from gaia_vre.projects.store import Mine
from gaia_vre.service.dependencies import ChangesAs, Parts, UsesCaller, UsesParts
from gaia_vre.service.login import Caller
from gaia_vre.service.projects import bodies
from gaia_vre.service.projects.bodies import Number, Slug, Username

router = APIRouter(prefix="/api/projects")


@router.get("")
def mine(who: UsesCaller, service: UsesParts) -> list[bodies.ProjectModel]:
    """List the projects that I am in."""
    return [bodies.ProjectModel.of(one) for one in service.registry.projects.of(actor(service, who))]


@router.get("/listed")
def listed(who: UsesCaller, service: UsesParts) -> list[bodies.ProjectModel]:
    """List the projects that everybody may know of."""
    roles = {one.project.slug: one.role for one in service.registry.projects.of(actor(service, who))}
    return [bodies.told(one, roles.get(one.slug)) for one in service.registry.projects.listed()]


@router.post("", status_code=201)
def make(given: bodies.NewProjectBody, who: ChangesAs, service: UsesParts) -> bodies.ProjectModel:
    """Make a project that belongs to me."""
    made = service.registry.founding.found(Wish(**given.model_dump()), actor(service, who))
    return bodies.told(made, "owner")


@router.post("/join")
def join(given: bodies.SecretBody, who: ChangesAs, service: UsesParts) -> bodies.ProjectModel:
    """Come into a project by a link."""
    me = actor(service, who)
    project = service.registry.joinings.accept(given.secret, me.name)
    return bodies.ProjectModel.of(service.registry.projects.seen_by(project.slug, me))


@router.get("/{slug}")
def one(slug: Slug, who: UsesCaller, service: UsesParts) -> bodies.ProjectModel:
    """Tell of a project."""
    return bodies.ProjectModel.of(look(service, slug, who))


@router.patch("/{slug}")
def change(slug: Slug, given: bodies.ChangeBody, who: ChangesAs, service: UsesParts) -> bodies.ProjectModel:
    """Say something anew of a project."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    if given.ends is not None:
        service.registry.founding.extend(slug, given.ends, me, admin=who.person.admin)
    said = given.model_dump(exclude={"ends"})
    if any(value is not None for value in said.values()):
        service.registry.founding.open_account(service.registry.projects.change(slug, me, Change(**said)))
    return bodies.ProjectModel.of(service.registry.projects.seen_by(slug, me))


@router.get("/{slug}/members")
def members(slug: Slug, who: UsesCaller, service: UsesParts) -> list[bodies.MemberModel]:
    """List who is in a project."""
    inside(service, slug, who)
    return bodies.people(service.registry.people.of(slug))


@router.put("/{slug}/members/{username}")
def put_member(
    slug: Slug, username: Username, given: bodies.MemberBody, who: ChangesAs, service: UsesParts
) -> bodies.MemberModel:
    """Give somebody a role, or another one."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    known(service, username)
    member = service.registry.people.put(slug, username, given.role, me, given.until)
    service.project_servers.settle(slug)
    return bodies.people([member])[0]


@router.delete("/{slug}/members/{username}", status_code=204)
def remove_member(slug: Slug, username: Username, who: ChangesAs, service: UsesParts) -> None:
    """Take somebody out, or leave."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.people.remove(slug, username, me)
    service.project_servers.settle(slug)


@router.put("/{slug}/groups", status_code=204)
def put_group(slug: Slug, given: bodies.GroupBody, who: ChangesAs, service: UsesParts) -> None:
    """Give the members of a group of the identity provider a role."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.people.put_group(slug, given.group, given.role, me)
    service.project_servers.settle(slug)


@router.get("/{slug}/invitations")
def invitations(slug: Slug, who: UsesCaller, service: UsesParts) -> list[bodies.InvitationModel]:
    """List the links that hold, without their secrets."""
    managing(service, slug, who)
    return [bodies.invitation(link) for link in service.registry.joinings.links(slug)]


@router.post("/{slug}/invitations", status_code=201)
def invite(slug: Slug, given: bodies.InvitationBody, who: ChangesAs, service: UsesParts) -> bodies.InvitationModel:
    """Make a link; its secret is told this once."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    terms = Terms(given.role, service.clock() + timedelta(days=given.days), given.uses, given.guest_until)
    link, secret = service.registry.joinings.invite(slug, terms, me)
    return bodies.invitation(link, secret, invitation_address(service, secret))


@router.delete("/{slug}/invitations/{number}", status_code=204)
def revoke(slug: Slug, number: Number, who: ChangesAs, service: UsesParts) -> None:
    """Let a link hold no longer."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.joinings.revoke(slug, number, me)


@router.get("/{slug}/requests")
def requests(slug: Slug, who: UsesCaller, service: UsesParts) -> list[bodies.JoiningModel]:
    """List who asks to join."""
    managing(service, slug, who)
    return [bodies.asking(one) for one in service.registry.joinings.waiting(slug)]


@router.post("/{slug}/requests", status_code=202)
def ask(slug: Slug, given: bodies.AskBody, who: ChangesAs, service: UsesParts) -> None:
    """Ask to join."""
    service.registry.joinings.ask(slug, actor(service, who), given.text)


@router.post("/{slug}/requests/{number}", status_code=204)
def decide(slug: Slug, number: Number, given: bodies.DecisionBody, who: ChangesAs, service: UsesParts) -> None:
    """Let in somebody who asked, or not."""
    me = actor(service, who)
    service.registry.projects.seen_by(slug, me)
    service.registry.joinings.decide(slug, number, given.role, me)


@router.get("/{slug}/history")
def history(
    slug: Slug, who: UsesCaller, service: UsesParts, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[bodies.EventModel]:
    """Tell its members what happened, newest first: who entered, who changed what, which administrator looked."""
    if look(service, slug, who).role is None and not who.person.admin:
        raise NotAllowed(f"What happened in {slug} is for its members")
    return [bodies.EventModel.model_validate(one) for one in service.registry.projects.history(slug, limit)]


def actor(service: Parts, who: Caller) -> Actor:
    """Return the person who asks, with the groups that the hub tells or told last.

    Services are no people, and neither are projects, whose servers ask with a project's credentials.
    """
    if who.person.kind != "user" or project_of(who.name) is not None:
        raise NotAllowed("Projects are for people: ask with the token of a person")
    groups = who.person.groups
    if groups is None:
        groups = service.office.holders.groups(who.name)
    if service.registry.people.given(groups):  # what a group opens counts no longer than one is in it
        groups &= service.groups_now(who.name)
    return Actor(who.name, groups)


def look(service: Parts, slug: str, who: Caller) -> Mine:
    """Return a project as somebody may see it; the look of an administrator who is no member is recorded."""
    me, projects = actor(service, who), service.registry.projects
    try:
        found = projects.seen_by(slug, me)
    except NotFound:
        if not who.person.admin:
            raise
        found = Mine(projects.find(slug), None)
    if found.role is None and who.person.admin:
        projects.looked(slug, me.name)
    return found


def inside(service: Parts, slug: str, who: Caller) -> Mine:
    """Return a project to those who may read it."""
    found = look(service, slug, who)
    if not who.person.admin:
        check_may(found.role, "read", found.project)
    return found


def managing(service: Parts, slug: str, who: Caller) -> Mine:
    """Return a project to those who manage its people."""
    found = look(service, slug, who)
    check_may(found.role, "people", found.project)
    return found


def known(service: Parts, username: str) -> None:
    """Raise InvalidInput for a name that the hub does not know, or knows as that of no person."""
    if project_of(username) is not None or not service.hub.knows(username):
        raise InvalidInput(
            f"Nobody has signed in here as {username[:80]!a} yet: invite them by a link, or check the spelling"
        )


def invitation_address(service: Parts, secret: str) -> str:
    """Return the address of a link; what follows the # is sent to no server and stands in no log."""
    return f"{service.settings.addresses.public_url}/services/gaia/projects/join#{secret}"

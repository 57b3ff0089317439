"""Make a project as its community allows, with the account that pays for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict, InvalidInput, NotAllowed
from gaia_vre.projects.model import NewProject
from gaia_vre.projects.people import PLATFORM
from gaia_vre.projects.rules import check_new, slug_of, state_at
from gaia_vre.quotas.policy import amounts_of

if TYPE_CHECKING:
    from datetime import datetime

    from gaia_vre.core.project_settings import CommunityPolicy
    from gaia_vre.core.project_settings import Projects as Policy
    from gaia_vre.projects.model import Actor, Project, Visibility
    from gaia_vre.projects.store import Projects
    from gaia_vre.quotas.deciding import Office

_MONTH = timedelta(days=30.5)


@dataclass(frozen=True)
class Wish:
    """What somebody says who makes a project; what is left out the community's policy says."""

    title: str
    slug: str = ""
    description: str = ""
    visibility: Visibility = "private"
    community: str | None = None
    ends: datetime | None = None


class Founding:
    """Makes projects and their accounts.

    Parameters
    ----------
    policy
        What the settings say.
    """

    def __init__(self, projects: Projects, office: Office, policy: Policy) -> None:
        self._projects, self._office, self._policy = projects, office, policy

    def communities(self, who: Actor) -> list[str]:
        """Return the accounts below which somebody may make projects."""
        return [self._community(one) for one in self._policy.communities if _open(one, who)]

    def found(self, wish: Wish, who: Actor) -> Project:
        """Make a project that belongs to this person, and its account.

        Raises
        ------
        NotAllowed
            The community lets others make projects, or the person owns as many as one may.
        InvalidInput
            It is no project that can be.
        Conflict
            The name is taken.
        """
        policy = self._chosen(wish.community, who)
        new = self._new(wish, policy)
        check_new(new)
        self._check_room(who)
        if self._office.rules.declared(f"project:{new.slug}"):
            raise Conflict(f"The name {new.slug!r} is taken: choose another")
        project = self._projects.create(new, who.name)
        self.open_account(project)
        return project

    def open_account(self, project: Project) -> None:
        """Make a project's account, or put its limits of now in force."""
        now = self._office.clock().wall
        self._office.accounts.create("project", project.slug, project.community, project.title, now)
        self._office.holders.refresh([project.account], now)

    def open_missing(self) -> list[str]:
        """Make the accounts of projects that have none, as after a kill between the two; return their names."""
        missing = self._projects.without_account()
        for project in missing:
            self.open_account(project)
        return [one.account for one in missing]

    def turn(self, now: datetime) -> list[Project]:
        """Put projects in the state of their dates; return those that changed."""
        turned = []
        grace = timedelta(days=self._policy.grace_days)
        for project in self._projects.all("active", "ending", "read-only"):
            state = state_at(project, now, grace)
            if state != project.state and self._projects.set_state(project.slug, state, PLATFORM):
                self.open_account(project)
                turned.append(replace(project, state=state))
        return turned

    def _chosen(self, community: str | None, who: Actor) -> CommunityPolicy:
        usable = [one for one in self._policy.communities if _open(one, who)]
        if community is None and usable:
            return usable[0]
        for one in self._policy.communities:
            if community is not None and self._community(one) == community:
                if one in usable:
                    return one
                groups = ", ".join(one.groups)
                raise NotAllowed(f"Projects of {community} are made by members of {groups}; ask one of them")
        if community is None:
            raise NotAllowed("Nobody has said that you may make projects here: ask the operators")
        raise InvalidInput(f"No projects are made in {community[:120]!a}")

    def _new(self, wish: Wish, policy: CommunityPolicy) -> NewProject:
        now = self._office.clock().wall
        starts = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return NewProject(
            slug=wish.slug or slug_of(wish.title),
            title=" ".join(wish.title.split()),
            description=wish.description.strip(),
            visibility=wish.visibility,
            community=self._community(policy),
            starts=starts,
            ends=wish.ends or starts + policy.months * _MONTH,
            amounts={
                name: value
                for name, value in amounts_of(policy.budget, "projects.communities.budget").items()
                if value is not None
            },
        )

    def _check_room(self, who: Actor) -> None:
        owned = [one for one in self._projects.of(who) if one.role == "owner" and one.project.created_by == who.name]
        living = [one for one in owned if one.project.state != "archived"]
        if len(living) >= self._policy.most_owned:
            raise NotAllowed(
                f"{who.name} owns {len(living)} projects already, and {self._policy.most_owned} is the limit here: "
                "end one, or give it to somebody else"
            )

    def _community(self, policy: CommunityPolicy) -> str:
        return policy.community or self._office.rules.people


def _open(policy: CommunityPolicy, who: Actor) -> bool:
    return not policy.groups or not who.groups.isdisjoint(policy.groups)

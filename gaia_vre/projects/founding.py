"""Make a project as its community allows, with the account that pays for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict, InvalidInput, NotAllowed
from gaia_vre.projects.model import NewProject
from gaia_vre.projects.people import PLATFORM
from gaia_vre.projects.rules import check_new, end_of_day, slug_of, state_at
from gaia_vre.quotas.policy import amounts_of

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from gaia_vre.core.project_settings import CommunityPolicy
    from gaia_vre.core.project_settings import Projects as Policy
    from gaia_vre.projects.model import Actor, Project, Role, Visibility
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
    zone
        Where the people are: a project ends with a day of theirs.
    """

    def __init__(self, projects: Projects, office: Office, policy: Policy, zone: ZoneInfo) -> None:
        self._projects, self._office, self._policy, self._zone = projects, office, policy, zone
        self._opened: set[int] = set()

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
        missing = [one for one in self._projects.without_account() if one.id not in self._opened]
        for project in missing:
            self.open_account(project)
            self._opened.add(project.id)  # where nothing is limited, an account looks as if a kill had left it
        return [one.account for one in missing if self._office.accounts.find(one.account).sources]

    def turn(self, now: datetime) -> list[Project]:
        """Put projects in the state of their dates; return those that changed."""
        turned = []
        for project in self._projects.all("active", "ending", "read-only"):
            if self._turn_one(project, now):
                changed = self._projects.find(project.slug)
                self.open_account(changed)
                turned.append(changed)
        return turned

    def extend(self, slug: str, ends: datetime, who: Actor, *, admin: bool = False) -> Project:
        """Let a project end with another day, as the settings say who may.

        Raises
        ------
        NotAllowed
            Others decide about that here.
        Conflict
            It is archived.
        InvalidInput
            The end is before the start, or too far.
        """
        if ends > self._office.clock().wall:  # the rest of a day that is past makes nothing future
            ends = end_of_day(ends, self._zone)
        self._projects.change_end(slug, ends, who, lambda role, project: self._check_extends(role, project, who, admin))
        project = self._projects.find(slug)
        self._turn_one(project, self._office.clock().wall)
        self.open_account(self._projects.find(slug))
        return self._projects.find(slug)

    def may_extend(self, role: Role | None, project: Project, who: Actor, *, admin: bool = False) -> bool:
        """Say whether somebody may move the end of a project."""
        if admin or project.state == "archived":
            return admin and project.state != "archived"
        if self._policy.extended_by == "community":
            return who.name in self.stewards(project)
        return role == "owner" or (role == "manager" and self._policy.extended_by == "managers")

    def stewards(self, project: Project) -> tuple[str, ...]:
        """Return who manages the community that a project stands in."""
        community = self._office.rules.declared(project.community)
        return community.managers if community else ()

    def _check_extends(self, role: Role | None, project: Project, who: Actor, admin: bool) -> None:
        if project.state == "archived":
            raise Conflict(f"{project.slug} is archived: its end is past")
        if not self.may_extend(role, project, who, admin=admin):
            others = {"community": f"the managers of {project.community}", "managers": "its owners and managers"}
            mine = f"you are {role}" if role else "you are no member"
            raise NotAllowed(
                f"The end of {project.slug} is moved by {others.get(self._policy.extended_by, 'its owners')}; {mine}"
            )

    def _turn_one(self, project: Project, now: datetime) -> bool:
        state = state_at(project, now, timedelta(days=self._policy.grace_days))
        return state != project.state and self._projects.set_state(project.slug, state, PLATFORM)

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
        now = self._office.clock().wall.astimezone(self._zone)
        starts = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return NewProject(
            slug=wish.slug or slug_of(wish.title),
            title=" ".join(wish.title.split()),
            description=wish.description.strip(),
            visibility=wish.visibility,
            community=self._community(policy),
            starts=starts.astimezone(UTC),
            ends=end_of_day(wish.ends or starts + policy.months * _MONTH, self._zone).astimezone(UTC),
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

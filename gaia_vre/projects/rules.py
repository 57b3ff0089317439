"""Who may do what in a project, and what can be said of one; pure decisions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict, InvalidInput, NotAllowed
from gaia_vre.projects.model import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from gaia_vre.projects.model import Act, Change, Member, NewProject, Project, Role, State

RESERVED = frozenset(
    {"new", "join", "joined", "invitations", "invited", "imports", "all", "mine", "api", "static", "admin"}
)
MOST_MEMBERS = 1000
LONGEST = timedelta(days=5 * 366 + 1)
"""The day is for a summer that begins or ends in between."""
TITLE, DESCRIPTION = 120, 4000
_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){1,26}[a-z0-9]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_LEAST: dict[Act, Role] = {
    "read": "viewer",
    "write": "editor",
    "spend": "editor",
    "people": "manager",
    "describe": "manager",
    "owners": "owner",
    "end": "owner",
}
LIVES = ("active", "ending")


def check_slug(slug: str) -> str:
    """Return the name of a project's folder, account and server; raises InvalidInput."""
    if not _SLUG.fullmatch(slug):
        raise InvalidInput(
            f"{slug[:40]!a} is no name of a project: 3 to 28 lower-case letters, digits and single hyphens, "
            "beginning with a letter"
        )
    if slug in RESERVED:
        raise InvalidInput(f"{slug!r} is kept for the platform itself: choose another name")
    return slug


def slug_of(title: str) -> str:
    """Return the name that a title suggests; it may be none that is allowed."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:28].rstrip("-")


def check_new(new: NewProject) -> None:
    """Raise InvalidInput for what no project can be."""
    check_slug(new.slug)
    check_words(new.title, new.description)
    check_period(new.starts, new.ends)


def check_change(project: Project, change: Change) -> None:
    """Raise InvalidInput for what a project cannot become."""
    check_words(
        project.title if change.title is None else change.title,
        project.description if change.description is None else change.description,
    )
    if change.ends is not None:
        check_period(project.starts, change.ends)


def check_period(starts: datetime, ends: datetime) -> None:
    """Raise InvalidInput unless a project may last that long."""
    if ends <= starts:
        raise InvalidInput(f"The end {ends:%Y-%m-%d} is not after the start {starts:%Y-%m-%d}")
    if ends - starts > LONGEST:
        raise InvalidInput(f"The end {ends:%Y-%m-%d} is too far: a project lasts at most {LONGEST.days // 366} years")


def end_of_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the midnight at which the day of a moment ends where the people are; a midnight stays what it is."""
    here = moment.astimezone(zone)
    if here.time() == time():
        return moment
    return datetime.combine(here.date() + timedelta(days=1), time(), zone).astimezone(UTC)


def may(role: Role | None, act: Act, project: Project) -> bool:
    """Say whether somebody with this role, or none, may do this."""
    if act == "read" and project.visibility == "open":
        return True
    if act == "ask":
        return role is None and project.visibility != "private" and project.state in LIVES
    if role is None or (act in ("write", "spend") and project.state not in LIVES):
        return False
    return ROLES.index(role) >= ROLES.index(_LEAST[act])


def check_may(role: Role | None, act: Act, project: Project) -> None:
    """Raise NotAllowed, naming who may and in what state the project is."""
    if may(role, act, project):
        return
    if role is not None and act in ("write", "spend") and project.state not in LIVES:
        raise NotAllowed(f"{project.slug} is {project.state}: nothing in it can be changed any more")
    least = _LEAST.get(act, "viewer")
    mine = f"you are {role}" if role else "you are no member"
    raise NotAllowed(f"In {project.slug} this is for {_and_above(least)}; {mine}")


def check_may_withdraw(role: Role | None, project: Project) -> None:
    """Raise NotAllowed unless somebody may take back what a project published.

    Editors may; whoever decides about people may also when nothing else can be changed any more.
    """
    if not may(role, "people", project):
        check_may(role, "write", project)


def check_given(giver: Role, now_has: Role | None, role: Role | None) -> None:
    """Raise NotAllowed unless somebody may give this role to, or take it from, another who has one now.

    Managers decide about editors and viewers, owners about everybody.
    """
    highest = max((one for one in (now_has, role) if one), key=ROLES.index)
    if ROLES.index(giver) < ROLES.index("manager"):
        raise NotAllowed(f"People are for managers and owners; you are {giver}")
    if giver != "owner" and ROLES.index(highest) >= ROLES.index("manager"):
        raise NotAllowed(f"Only an owner decides about a {highest}; you are {giver}")


def check_member(role: Role, until: datetime | None, now: datetime) -> None:
    """Raise InvalidInput for a membership that cannot be."""
    if role not in ROLES:
        raise InvalidInput(f"There is no role {role[:40]!a}; there are {', '.join(ROLES)}")
    if until is None:
        return
    if until <= now:
        raise InvalidInput(f"The end {until:%Y-%m-%d} of a guest's stay is past")
    if role not in ("editor", "viewer"):
        raise InvalidInput(f"A guest is editor or viewer, not {role}")


def check_owner_stays(members: Iterable[Member], username: str, role: Role | None, now: datetime) -> None:
    """Raise Conflict where nobody would own the project any more."""
    owners = {one.username for one in members if one.role == "owner" and one.counts(now)}
    if owners == {username} and role != "owner":
        raise Conflict(f"{username} is the last owner: make somebody else owner first")


def highest(roles: Sequence[Role]) -> Role | None:
    """Return the role that counts of several."""
    return max(roles, key=ROLES.index, default=None)


def state_at(project: Project, now: datetime, grace: timedelta) -> State:
    """Return in what state a project's dates put it; what is archived stays so."""
    if project.state == "archived":
        return "archived"
    if now < project.ends:
        return "ending" if project.ends - now <= timedelta(days=14) else "active"
    return "read-only" if now < project.ends + grace else "archived"


def check_words(title: str, description: str) -> None:
    """Raise InvalidInput for what cannot be shown as a title or a description."""
    if not title.strip() or len(title) > TITLE:
        raise InvalidInput(f"The title has {len(title)} characters; it takes 1 to {TITLE}")
    if len(description) > DESCRIPTION:
        raise InvalidInput(f"The description has {len(description)} characters; it takes at most {DESCRIPTION}")
    for name, text in (("title", title), ("description", description)):
        if _CONTROL.search(text):
            raise InvalidInput(f"The {name} has a character that cannot be shown, such as one that turns the writing")


def _and_above(least: Role) -> str:
    names = [f"{role}s" for role in ROLES[ROLES.index(least) :]]
    return " and ".join(", ".join(names).rsplit(", ", 1))

"""What the JSON API of projects takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gaia_vre.projects import rules
from gaia_vre.projects.joining import MOST_USES, TEXT
from gaia_vre.projects.model import Act, Invitation, Joining, Member, Project, Role, State, Visibility
from gaia_vre.projects.store import Mine

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
_ACTS: tuple[Act, ...] = ("read", "ask", "write", "spend", "people", "describe", "owners", "end")

Slug = Annotated[str, Path(max_length=28, pattern=r"^[a-z0-9-]+$")]
Username = Annotated[str, Path(min_length=1, max_length=255, pattern=_PRINTABLE)]
Number = Annotated[int, Path(ge=1, lt=2**31)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewProjectBody(_Body):
    """A project that is to be made; what is left out the community's policy says."""

    title: str = Field(max_length=rules.TITLE)
    slug: str = Field(default="", max_length=28)
    description: str = Field(default="", max_length=rules.DESCRIPTION)
    visibility: Visibility = "private"
    community: str | None = Field(default=None, max_length=120)
    ends: AwareDatetime | None = None


class ChangeBody(_Body):
    """What is said anew of a project."""

    title: str | None = Field(default=None, max_length=rules.TITLE)
    description: str | None = Field(default=None, max_length=rules.DESCRIPTION)
    visibility: Visibility | None = None
    ends: AwareDatetime | None = None


class MemberBody(_Body):
    """The role that somebody is given; a guest's ends."""

    role: Role
    until: AwareDatetime | None = None


class GroupBody(_Body):
    """The role of a group of the identity provider; none takes it away."""

    group: str = Field(min_length=1, max_length=255, pattern=_PRINTABLE)
    role: Literal["editor", "viewer"] | None


class InvitationBody(_Body):
    """What a link gives, and for how long."""

    role: Literal["editor", "viewer"] = "viewer"
    days: float = Field(default=7, gt=0, le=90, allow_inf_nan=False)
    uses: int = Field(default=1, ge=1, le=MOST_USES)
    guest_until: AwareDatetime | None = None


class SecretBody(_Body):
    """The secret of a link."""

    secret: str = Field(min_length=1, max_length=64)


class AskBody(_Body):
    """Why somebody asks to join."""

    text: str = Field(default="", max_length=TEXT)


class DecisionBody(_Body):
    """The role that somebody who asked is given; none declines."""

    role: Role | None


class ProjectModel(BaseModel):
    """A project, what the person who asks is in it and may do there."""

    slug: str
    title: str
    description: str
    visibility: Visibility
    community: str
    account: str
    state: State
    starts: datetime
    ends: datetime
    role: Role | None
    may: list[Act]

    @classmethod
    def of(cls, mine: Mine) -> ProjectModel:
        project = mine.project
        given = {name: getattr(project, name) for name in cls.model_fields if name not in ("role", "may")}
        return cls(**given, role=mine.role, may=[act for act in _ACTS if rules.may(mine.role, act, project)])


class MemberModel(BaseModel):
    """Somebody in a project."""

    model_config = ConfigDict(from_attributes=True)
    username: str
    role: Role
    since: datetime
    by: str
    until: datetime | None


class InvitationModel(BaseModel):
    """A link that holds; the secret stands in the answer to its making alone."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    role: Role
    made: datetime
    by: str
    expires: datetime
    uses_left: int
    guest_until: datetime | None
    secret: str | None = None
    address: str | None = None


class JoiningModel(BaseModel):
    """Somebody who asks to join."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    username: str
    text: str
    made: datetime


class EventModel(BaseModel):
    """One line of a project's history."""

    model_config = ConfigDict(from_attributes=True)
    at: datetime
    by: str
    kind: str
    facts: dict[str, Any]


def told(project: Project, role: Role | None) -> ProjectModel:
    """Return a project for somebody with this role."""
    return ProjectModel.of(Mine(project, role))


def people(members: list[Member]) -> list[MemberModel]:
    """Return people as the API gives them."""
    return [MemberModel.model_validate(one) for one in members]


def invitation(link: Invitation, secret: str | None = None, address: str | None = None) -> InvitationModel:
    """Return a link as the API gives it."""
    return InvitationModel.model_validate(link).model_copy(update={"secret": secret, "address": address})


def asking(one: Joining) -> JoiningModel:
    """Return a request as the API gives it."""
    return JoiningModel.model_validate(one)

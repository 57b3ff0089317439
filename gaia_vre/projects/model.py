"""Values of projects: what one is, who is in it, how somebody comes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

Role = Literal["owner", "manager", "editor", "viewer"]
Visibility = Literal["private", "listed", "open"]
"""private: members alone know of it; listed: everybody may ask to join; open: everybody may read its page."""
State = Literal["active", "ending", "read-only", "archived"]
Act = Literal["read", "ask", "write", "spend", "people", "describe", "owners", "end"]

ROLES: tuple[Role, ...] = ("viewer", "editor", "manager", "owner")
"""From the least to the most."""


@dataclass(frozen=True)
class Actor:
    """Who does something, with the groups that the identity provider says they are in."""

    name: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Project:
    """A project."""

    id: int
    slug: str
    title: str
    description: str
    visibility: Visibility
    community: str
    """Account above its own, such as ``community:odatis``."""
    state: State
    starts: datetime
    ends: datetime
    created: datetime
    created_by: str
    amounts: dict[str, int]
    """Limits that it was given when it was made, in millionths, for budgets times seconds."""

    @property
    def account(self) -> str:
        return f"project:{self.slug}"


@dataclass(frozen=True)
class NewProject:
    """What somebody says of a project that is to be made."""

    slug: str
    title: str
    description: str
    visibility: Visibility
    community: str
    starts: datetime
    ends: datetime
    amounts: dict[str, int]


@dataclass(frozen=True)
class Change:
    """What is said anew of a project; None leaves it as it is."""

    title: str | None = None
    description: str | None = None
    visibility: Visibility | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class Member:
    """Somebody in a project."""

    username: str
    role: Role
    since: datetime
    by: str
    until: datetime | None = None
    """When a guest's membership ends."""

    @property
    def guest(self) -> bool:
        return self.until is not None

    def counts(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True)
class Invitation:
    """A link by which people come in; its secret is shown once and kept by nobody."""

    id: int
    role: Role
    made: datetime
    by: str
    expires: datetime
    uses_left: int
    guest_until: datetime | None = None
    revoked: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.revoked is None and self.uses_left > 0 and now < self.expires


@dataclass(frozen=True)
class Joining:
    """Somebody asks to join."""

    id: int
    username: str
    text: str
    made: datetime


@dataclass(frozen=True)
class Event:
    """One line of what happened in a project, which its members can read."""

    at: datetime
    by: str
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)

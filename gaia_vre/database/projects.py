"""The tables of projects."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class ProjectRow(Table):
    """A project; never deleted, so that its name is given once."""

    __tablename__ = "project"
    __table_args__ = (Index("ix_project_visibility", "visibility"), Index("ix_project_state_ends", "state", "ends"))

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(28), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(4000))
    visibility: Mapped[str] = mapped_column(String(16))
    community: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16))
    starts: Mapped[datetime] = mapped_column(AwareTime)
    ends: Mapped[datetime] = mapped_column(AwareTime)
    created: Mapped[datetime] = mapped_column(AwareTime)
    created_by: Mapped[str] = mapped_column(String(255))
    changed: Mapped[datetime] = mapped_column(AwareTime)
    """Written first by every change, so that changes of one project follow each other."""
    amounts: Mapped[dict[str, int]] = mapped_column(JSON)


class MemberRow(Table):
    """Somebody in a project."""

    __tablename__ = "project_member"
    __table_args__ = (UniqueConstraint("project_id", "username"), Index("ix_project_member_username", "username"))

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    username: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(AwareTime)
    by: Mapped[str] = mapped_column(String(255))
    until: Mapped[datetime | None] = mapped_column(AwareTime)


class ProjectGroupRow(Table):
    """A group of the identity provider whose members have a role."""

    __tablename__ = "project_group"
    __table_args__ = (UniqueConstraint("project_id", "group"), Index("ix_project_group_group", "group"))

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    group: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))


class InvitationRow(Table):
    """A link by which people come in; only the digest of its secret is here."""

    __tablename__ = "project_invitation"
    __table_args__ = (Index("ix_project_invitation_project_id", "project_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    made: Mapped[datetime] = mapped_column(AwareTime)
    by: Mapped[str] = mapped_column(String(255))
    expires: Mapped[datetime] = mapped_column(AwareTime)
    uses_left: Mapped[int] = mapped_column(Integer)
    guest_until: Mapped[datetime | None] = mapped_column(AwareTime)
    revoked: Mapped[datetime | None] = mapped_column(AwareTime)


class JoiningRow(Table):
    """Somebody asks, or asked, to join."""

    __tablename__ = "project_joining"
    __table_args__ = (
        Index("ix_project_joining_project_id_state", "project_id", "state"),
        Index("ix_project_joining_username_state", "username", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    username: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(String(500))
    made: Mapped[datetime] = mapped_column(AwareTime)
    state: Mapped[str] = mapped_column(String(16))
    by: Mapped[str | None] = mapped_column(String(255))


class ProjectEventRow(Table):
    """One line of what happened in a project."""

    __tablename__ = "project_event"
    __table_args__ = (Index("ix_project_event_project_id_id", "project_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    at: Mapped[datetime] = mapped_column(AwareTime)
    by: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(32))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class ProjectMountRow(Table):
    """A project's folder, or its account, in something of a person that runs."""

    __tablename__ = "project_mount"
    __table_args__ = (UniqueConstraint("lease", "project_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lease: Mapped[str] = mapped_column(String(64))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    writable: Mapped[bool] = mapped_column()
    told: Mapped[datetime | None] = mapped_column(AwareTime)
    """When its owner was told that it will be taken away."""


class ProjectShareRow(Table):
    """Somebody whom the hub lets, or is to let, into a project's server."""

    __tablename__ = "project_share"
    __table_args__ = (UniqueConstraint("project_id", "username"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    username: Mapped[str] = mapped_column(String(255))
    granted: Mapped[bool] = mapped_column()
    """The hub has confirmed it; written before it is asked, so that nobody is in whom no row names."""

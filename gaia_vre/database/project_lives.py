"""The tables of how projects end: heir, notices, archive; who is invited by name; what is brought in."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class ProjectLifeRow(Table):
    """What is known of a project's end; a project without a row has nothing said of it yet."""

    __tablename__ = "project_life"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True, autoincrement=False)
    heir: Mapped[str | None] = mapped_column(String(255))
    environment: Mapped[str | None] = mapped_column(String(64))
    environment_digest: Mapped[str | None] = mapped_column(String(120))
    noticed: Mapped[str | None] = mapped_column(String(40))
    """The end and the days before it of the last notice: each is given once."""
    ownerless: Mapped[datetime | None] = mapped_column(AwareTime)
    deleted: Mapped[datetime | None] = mapped_column(AwareTime)
    archived: Mapped[datetime | None] = mapped_column(AwareTime)
    archive_where: Mapped[str | None] = mapped_column(String(2000))
    archive_digest: Mapped[str | None] = mapped_column(String(64))
    archive_files: Mapped[int | None] = mapped_column(Integer)
    archive_bytes: Mapped[int | None] = mapped_column(BigInteger)
    archive_left: Mapped[int | None] = mapped_column(Integer)
    tried: Mapped[datetime | None] = mapped_column(AwareTime)
    trouble: Mapped[str | None] = mapped_column(String(500))
    """Why the last try to archive or purge failed."""
    purged: Mapped[datetime | None] = mapped_column(AwareTime)


class ProjectPendingRow(Table):
    """Somebody who is invited by name, and becomes a member by accepting."""

    __tablename__ = "project_pending"
    __table_args__ = (UniqueConstraint("project_id", "username"), Index("ix_project_pending_username", "username"))

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    username: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    until: Mapped[datetime | None] = mapped_column(AwareTime)
    by: Mapped[str] = mapped_column(String(255))
    made: Mapped[datetime] = mapped_column(AwareTime)


class ProjectDatasetRow(Table):
    """A dataset that a project cites."""

    __tablename__ = "project_dataset"
    __table_args__ = (UniqueConstraint("project_id", "dataset"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    dataset: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(1000))
    doi: Mapped[str | None] = mapped_column(String(255))
    citation: Mapped[str] = mapped_column(String(4000))
    by: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(AwareTime)


class ProjectImportRow(Table):
    """A bag that is unpacked and not yet a project's folder."""

    __tablename__ = "project_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    staged: Mapped[str] = mapped_column(String(64), unique=True)
    slug: Mapped[str] = mapped_column(String(28))
    username: Mapped[str] = mapped_column(String(255))
    made: Mapped[datetime] = mapped_column(AwareTime)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The members and datasets that the bag names."""

"""Tables of what projects publish."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class PublicationRow(Table):
    """Something that a project shows to others."""

    __tablename__ = "publication"
    __table_args__ = (
        Index("ix_publication_project_id_withdrawn", "project_id", "withdrawn"),
        Index("ix_publication_listed_withdrawn", "listed", "withdrawn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    path: Mapped[str] = mapped_column(String(1000))
    title: Mapped[str] = mapped_column(String(120))
    audience: Mapped[str] = mapped_column(String(16))
    listed: Mapped[bool] = mapped_column()
    version: Mapped[int] = mapped_column(Integer)
    """The newest."""
    by: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(AwareTime)
    withdrawn: Mapped[datetime | None] = mapped_column(AwareTime)


class PublicationVersionRow(Table):
    """What was published at one time, as it was then; packed, in letters, so that a backup can hold it."""

    __tablename__ = "publication_version"
    __table_args__ = (UniqueConstraint("publication_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(AwareTime)
    by: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the notebook."""
    source: Mapped[str] = mapped_column(Text)
    page: Mapped[str] = mapped_column(Text)

"""Tables of the datasets that projects publish."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class PublishedDatasetRow(Table):
    """A file or store of a project as a dataset; its files stay where they are."""

    __tablename__ = "published_dataset"
    __table_args__ = (
        UniqueConstraint("name"),
        Index("ix_published_dataset_project_id", "project_id"),
        Index("ix_published_dataset_listed", "listed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str] = mapped_column(String(128))
    """The id of its STAC collection."""
    path: Mapped[str] = mapped_column(String(1000))
    listed: Mapped[bool] = mapped_column()
    version: Mapped[int] = mapped_column(Integer)
    """The newest."""
    by: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(AwareTime)


class PublishedDatasetVersionRow(Table):
    """How a dataset was described at one time."""

    __tablename__ = "published_dataset_version"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("published_dataset.id"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(AwareTime)
    by: Mapped[str] = mapped_column(String(255))
    collection: Mapped[str] = mapped_column(Text)
    """STAC, as JSON."""
    item: Mapped[str | None] = mapped_column(Text)
    """The same; none where the time is not known."""

"""Tables of the apps that projects publish."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class AppRow(Table):
    """A program of a project that others visit."""

    __tablename__ = "app"
    __table_args__ = (
        Index("ix_app_project_id_withdrawn", "project_id", "withdrawn"),
        Index("ix_app_listed_withdrawn", "listed", "withdrawn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    path: Mapped[str] = mapped_column(String(1000))
    kind: Mapped[str] = mapped_column(String(16), server_default="panel")
    title: Mapped[str] = mapped_column(String(120))
    audience: Mapped[str] = mapped_column(String(16))
    listed: Mapped[bool] = mapped_column()
    open_to_all: Mapped[bool] = mapped_column()
    """Its server was started last so that nobody is asked who they are."""
    by: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(AwareTime)
    withdrawn: Mapped[datetime | None] = mapped_column(AwareTime)


class AppVisitorRow(Table):
    """Somebody whom the hub lets into the server of an app while it runs."""

    __tablename__ = "app_visitor"
    __table_args__ = (UniqueConstraint("app_id", "username"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    app_id: Mapped[int] = mapped_column(ForeignKey("app.id"))
    username: Mapped[str] = mapped_column(String(255))

"""The table of who entered whose server."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class VisitRow(Table):
    """Somebody who was in the server of another, from one time to another."""

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_username_last", "username", "last"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(255))
    """Whose server it is."""
    server: Mapped[str] = mapped_column(String(255))
    visitor: Mapped[str] = mapped_column(String(255))
    first: Mapped[datetime] = mapped_column(AwareTime)
    last: Mapped[datetime] = mapped_column(AwareTime)

"""The table of the datasets that were opened in sandboxes and for projects."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time

from sqlalchemy import Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class OpeningRow(Table):
    """A dataset that somebody opened somewhere, once or again."""

    __tablename__ = "opening"
    __table_args__ = (UniqueConstraint("place", "dataset", "username", "server"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(64))
    """``sandbox:<number>`` or ``project:<name>``."""
    dataset: Mapped[str] = mapped_column(String(255))
    username: Mapped[str] = mapped_column(String(255))
    server: Mapped[str] = mapped_column(String(64))
    """Of the project's own, which one; empty for those of people."""
    title: Mapped[str] = mapped_column(String(1000))
    doi: Mapped[str | None] = mapped_column(String(255))
    first: Mapped[datetime] = mapped_column(AwareTime)
    last: Mapped[datetime] = mapped_column(AwareTime)
    times: Mapped[int] = mapped_column(Integer)

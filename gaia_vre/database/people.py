"""The tables of people as the hub told of them last, and of what administrators did with what is theirs."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class PersonRow(Table):
    """Somebody whom the hub knows."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_last_activity", "last_activity"), Index("ix_person_seen", "seen"))

    username: Mapped[str] = mapped_column(String(255), primary_key=True)
    last_activity: Mapped[datetime | None] = mapped_column(AwareTime)
    groups: Mapped[str] = mapped_column(String(4000))
    """Each between line ends, so that one can be searched for as a whole."""
    seen: Mapped[datetime] = mapped_column(AwareTime)
    """When the hub told of them last."""


class OperatorActRow(Table):
    """Something that an administrator did; never changed."""

    __tablename__ = "operator_act"
    __table_args__ = (Index("ix_operator_act_at", "at"), Index("ix_operator_act_username_at", "username", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(AwareTime)
    by: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(32))
    username: Mapped[str] = mapped_column(String(255))
    """Whom it concerns; empty: everybody."""
    name: Mapped[str] = mapped_column(String(255))
    """Of which server."""
    reason: Mapped[str] = mapped_column(String(300))

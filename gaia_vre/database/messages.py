"""The tables of what people are told."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table

Number = BigInteger().with_variant(Integer, "sqlite")


class MessageRow(Table):
    """A message to one person, or once for everybody; numbers rise in the order in which they were committed."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_username_id", "username", "id"),
        Index("ix_message_created", "created"),
        # A number is never given twice, also after the last message was deleted: streams resume by it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """What it is about: told twice it is stored once."""
    username: Mapped[str | None] = mapped_column(String(255))
    """None: everybody."""
    kind: Mapped[str] = mapped_column(String(32))
    severity: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    created: Mapped[datetime] = mapped_column(AwareTime)
    expires: Mapped[datetime] = mapped_column(AwareTime)
    read: Mapped[datetime | None] = mapped_column(AwareTime)


class MessageReadRow(Table):
    """Somebody has read a message for everybody."""

    __tablename__ = "message_read"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    username: Mapped[str] = mapped_column(String(255), primary_key=True)
    at: Mapped[datetime] = mapped_column(AwareTime)

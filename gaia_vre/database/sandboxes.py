"""The table of sandboxes."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time
from typing import Any

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class SandboxRow(Table):
    """A sandbox; what is destroyed leaves this line, which is its history."""

    __tablename__ = "sandbox"
    __table_args__ = (Index("ix_sandbox_state", "state"), Index("ix_sandbox_username_created", "username", "created"))

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    username: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(120))
    source: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(String(32))
    created: Mapped[datetime] = mapped_column(AwareTime)
    deadline: Mapped[datetime] = mapped_column(AwareTime)
    ended: Mapped[datetime | None] = mapped_column(AwareTime)
    frozen_until: Mapped[datetime | None] = mapped_column(AwareTime)
    destroyed: Mapped[datetime | None] = mapped_column(AwareTime)
    extensions: Mapped[int] = mapped_column(Integer)
    warned: Mapped[int] = mapped_column(Integer)
    """Minutes before the deadline of the last warning; 0: none yet."""
    kept: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    problem: Mapped[str] = mapped_column(String(500), server_default="")
    """Why it could not be made, in words."""

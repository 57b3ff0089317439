"""The table of how long starts took."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads it at run time
from typing import Any

from sqlalchemy import JSON, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table


class StartRow(Table):
    """A start that came to its end, step by step."""

    __tablename__ = "start_timing"
    __table_args__ = (Index("ix_start_timing_username_ready", "username", "ready"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[str] = mapped_column(String(40))
    environment: Mapped[str] = mapped_column(String(80))
    ready: Mapped[datetime] = mapped_column(AwareTime)
    seconds: Mapped[float] = mapped_column(Float)
    steps: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Seconds of each step."""

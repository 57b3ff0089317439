"""The tables; every change to them comes with a migration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, Index, MetaData, String, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class AwareTime(TypeDecorator[datetime]):
    """A time in UTC that keeps its zone; SQLite has none of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """Base of all tables; constraints have names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RunningRow(Table):
    """Something that runs, as the last pass saw it."""

    __tablename__ = "running"
    __table_args__ = (UniqueConstraint("kind", "username", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    username: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    started: Mapped[datetime] = mapped_column(AwareTime)


class EndingRow(Table):
    """Something that ran and ended, with the reason its owner finds on the home page."""

    __tablename__ = "ending"
    __table_args__ = (Index("ix_ending_username_ended", "username", "ended"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    username: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    started: Mapped[datetime | None] = mapped_column(AwareTime)
    ended: Mapped[datetime] = mapped_column(AwareTime)
    reason: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(String(500), default="")
    dismissed: Mapped[datetime | None] = mapped_column(AwareTime)


class AcceptanceRow(Table):
    """Somebody accepted a licence; never changed or deleted, for it may have to be shown later."""

    __tablename__ = "acceptance"
    __table_args__ = (UniqueConstraint("username", "licence", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(255))
    licence: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    accepted: Mapped[datetime] = mapped_column(AwareTime)


class PreferenceRow(Table):
    """What a person prefers, wherever they sign in."""

    __tablename__ = "preference"

    username: Mapped[str] = mapped_column(String(255), primary_key=True)
    language: Mapped[str] = mapped_column(String(8))


class MaintenanceRow(Table):
    """The maintenance that goes on now; at most one row."""

    __tablename__ = "maintenance"

    id: Mapped[int] = mapped_column(primary_key=True)
    began: Mapped[datetime] = mapped_column(AwareTime)
    by: Mapped[str] = mapped_column(String(255))
    said: Mapped[str] = mapped_column(String(300))

"""The tables of accounting; amounts are integers, see `gaia_vre.core.amounts`."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - SQLAlchemy reads them at run time
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Date, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gaia_vre.database.tables import AwareTime, Table

Sum = BigInteger().with_variant(Numeric(38, 0, asdecimal=True), "postgresql")
"""A site's memory over years passes 64 bits; SQLite, which has no more, serves one machine."""


class AccountRow(Table):
    """An account with what it holds, has used and may."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[int] = mapped_column(Integer)
    """Rows are locked from the lowest level up, then by id."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    title: Mapped[str] = mapped_column(String(200))
    created: Mapped[datetime] = mapped_column(AwareTime)

    held_cores: Mapped[int] = mapped_column(BigInteger, default=0)
    held_memory: Mapped[int] = mapped_column(BigInteger, default=0)
    held_gpus: Mapped[int] = mapped_column(BigInteger, default=0)
    held_servers: Mapped[int] = mapped_column(BigInteger, default=0)
    held_clusters: Mapped[int] = mapped_column(BigInteger, default=0)
    held_workers: Mapped[int] = mapped_column(BigInteger, default=0)
    used_core_hours: Mapped[int] = mapped_column(Sum, default=0)
    used_gib_hours: Mapped[int] = mapped_column(Sum, default=0)
    used_gpu_hours: Mapped[int] = mapped_column(Sum, default=0)
    used_credits: Mapped[int] = mapped_column(Sum, default=0)
    reserved_core_hours: Mapped[int] = mapped_column(Sum, default=0)
    reserved_gib_hours: Mapped[int] = mapped_column(Sum, default=0)
    reserved_gpu_hours: Mapped[int] = mapped_column(Sum, default=0)
    reserved_credits: Mapped[int] = mapped_column(Sum, default=0)
    limit_cores: Mapped[int | None] = mapped_column(BigInteger)
    limit_memory: Mapped[int | None] = mapped_column(BigInteger)
    limit_gpus: Mapped[int | None] = mapped_column(BigInteger)
    limit_servers: Mapped[int | None] = mapped_column(BigInteger)
    limit_clusters: Mapped[int | None] = mapped_column(BigInteger)
    limit_workers: Mapped[int | None] = mapped_column(BigInteger)
    limit_core_hours: Mapped[int | None] = mapped_column(Sum)
    limit_gib_hours: Mapped[int | None] = mapped_column(Sum)
    limit_gpu_hours: Mapped[int | None] = mapped_column(Sum)
    limit_credits: Mapped[int | None] = mapped_column(Sum)
    sources: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    window_days: Mapped[int | None] = mapped_column(Integer)
    window_start: Mapped[datetime | None] = mapped_column(AwareTime)
    window_end: Mapped[datetime | None] = mapped_column(AwareTime)


class LeaseRow(Table):
    """What a running thing has reserved."""

    __tablename__ = "lease"
    __table_args__ = (
        Index("ix_lease_state", "state"),
        Index("ix_lease_username_kind_thing", "username", "kind", "thing"),
        Index("ix_lease_parent", "parent"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    username: Mapped[str] = mapped_column(String(255))
    thing: Mapped[str] = mapped_column(String(255))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    chain: Mapped[list[int]] = mapped_column(JSON)
    parent: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    seen: Mapped[bool] = mapped_column(Boolean, default=False)
    cores: Mapped[int] = mapped_column(BigInteger)
    memory: Mapped[int] = mapped_column(BigInteger)
    gpus: Mapped[int] = mapped_column(BigInteger)
    servers: Mapped[int] = mapped_column(BigInteger)
    clusters: Mapped[int] = mapped_column(BigInteger)
    workers: Mapped[int] = mapped_column(BigInteger)
    price_core: Mapped[int] = mapped_column(BigInteger)
    price_gib: Mapped[int] = mapped_column(BigInteger)
    price_gpu: Mapped[int] = mapped_column(BigInteger)
    price_name: Mapped[str] = mapped_column(String(60))
    settled: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[int] = mapped_column(BigInteger)
    began: Mapped[datetime] = mapped_column(AwareTime)
    ended: Mapped[datetime | None] = mapped_column(AwareTime)


class EntryRow(Table):
    """One line of the ledger: written once, never changed."""

    __tablename__ = "entry"
    __table_args__ = (Index("ix_entry_at", "at"), Index("ix_entry_lease_id", "lease_id"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    """Lease and the second from which on it charges: told twice it is written once."""
    lease_id: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int] = mapped_column(Integer)
    username: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(AwareTime)
    seconds: Mapped[int] = mapped_column(BigInteger)
    core_hours: Mapped[int] = mapped_column(BigInteger)
    gib_hours: Mapped[int] = mapped_column(BigInteger)
    gpu_hours: Mapped[int] = mapped_column(BigInteger)
    credits: Mapped[int] = mapped_column(BigInteger)


class SpendRow(Table):
    """The entries of one payer, person and day, summed: what windows and histories are counted from."""

    __tablename__ = "spend"
    __table_args__ = (
        UniqueConstraint("account_id", "username", "day"),
        Index("ix_spend_username_day", "username", "day"),
        Index("ix_spend_account_id_day", "account_id", "day"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    account_id: Mapped[int] = mapped_column(Integer)
    username: Mapped[str] = mapped_column(String(255))
    day: Mapped[date] = mapped_column(Date)
    seconds: Mapped[int] = mapped_column(BigInteger)
    core_hours: Mapped[int] = mapped_column(Sum)
    gib_hours: Mapped[int] = mapped_column(Sum)
    gpu_hours: Mapped[int] = mapped_column(Sum)
    credits: Mapped[int] = mapped_column(Sum)


class ClockRow(Table):
    """The ledger's clock: seconds that really passed, whatever the wall clock was set to."""

    __tablename__ = "ledger_clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[int] = mapped_column(BigInteger)
    wall: Mapped[datetime] = mapped_column(AwareTime)
    boot: Mapped[str] = mapped_column(String(64))
    since_boot: Mapped[int] = mapped_column(BigInteger)


class OverrideRow(Table):
    """A number that somebody gave to one account, for a time; never deleted, so that one can look it up."""

    __tablename__ = "quota_override"
    __table_args__ = (Index("ix_quota_override_account", "account"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(120))
    dimension: Mapped[str] = mapped_column(String(16))
    value: Mapped[int | None] = mapped_column(Sum)
    start: Mapped[datetime] = mapped_column(AwareTime)
    until: Mapped[datetime | None] = mapped_column(AwareTime)
    reason: Mapped[str] = mapped_column(String(300))
    by: Mapped[str] = mapped_column(String(255))
    made: Mapped[datetime] = mapped_column(AwareTime)


class HolderRow(Table):
    """The groups that a person was last said to be in."""

    __tablename__ = "quota_holder"

    username: Mapped[str] = mapped_column(String(255), primary_key=True)
    groups: Mapped[list[str]] = mapped_column(JSON)
    told: Mapped[datetime] = mapped_column(AwareTime)


class EventRow(Table):
    """A step that accounting took of itself: a notice, a shrink, a stop, a lease that was missing."""

    __tablename__ = "quota_event"
    __table_args__ = (Index("ix_quota_event_at", "at"), Index("ix_quota_event_username_at", "username", "at"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    key: Mapped[str] = mapped_column(String(250), unique=True)
    """What the step is about: taken twice it is recorded once."""
    at: Mapped[datetime] = mapped_column(AwareTime)
    kind: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(120))
    username: Mapped[str | None] = mapped_column(String(255))
    lease_id: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class DeclaredRow(Table):
    """An account that was imported, beside those of the settings."""

    __tablename__ = "quota_declared"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As it would stand in the settings."""
    by: Mapped[str] = mapped_column(String(255))
    made: Mapped[datetime] = mapped_column(AwareTime)


class StorageRow(Table):
    """The last measure of a folder."""

    __tablename__ = "quota_storage"
    __table_args__ = (Index("ix_quota_storage_account", "account"),)

    area: Mapped[str] = mapped_column(String(16), primary_key=True)
    folder: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Its name in the area: the slug of whose it is."""
    account: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(AwareTime)
    size: Mapped[int] = mapped_column(BigInteger)
    files: Mapped[int] = mapped_column(BigInteger)
    unreadable: Mapped[int] = mapped_column(BigInteger)
    complete: Mapped[bool] = mapped_column(Boolean)
    largest: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class AskingRow(Table):
    """A request for more and what was decided; never deleted, so that one can look it up."""

    __tablename__ = "quota_request"
    __table_args__ = (
        Index("ix_quota_request_account_state", "account", "state"),
        Index("ix_quota_request_username_state", "username", "state"),
        Index("ix_quota_request_state_made", "state", "made"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(255))
    account: Mapped[str] = mapped_column(String(120))
    dimension: Mapped[str] = mapped_column(String(16))
    more: Mapped[int] = mapped_column(Sum)
    until: Mapped[datetime] = mapped_column(AwareTime)
    reason: Mapped[str] = mapped_column(String(500))
    made: Mapped[datetime] = mapped_column(AwareTime)
    state: Mapped[str] = mapped_column(String(16))
    given: Mapped[int | None] = mapped_column(Sum)
    by: Mapped[str | None] = mapped_column(String(255))
    decided: Mapped[datetime | None] = mapped_column(AwareTime)
    answer: Mapped[str] = mapped_column(String(500), default="")
    read: Mapped[datetime | None] = mapped_column(AwareTime)
    """When the person who asked put the answer away."""

"""Values of accounting: what something holds, what it costs, who pays, within which limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from operator import add, sub
from typing import Literal, Self

from gaia_vre.core.amounts import MICRO

CAPS = ("cores", "memory", "gpus", "servers", "clusters", "workers")
"""What is held at one moment; memory in GiB."""

BUDGETS = ("core_hours", "gib_hours", "gpu_hours", "credits")
"""What is used up over time."""

AccountKind = Literal["site", "community", "project", "course", "person", "ceiling", "share"]
"""Ceilings and shares stand beside the tree.

A ceiling is what one person may hold and use, whoever pays; a share is what one member may of a project.
"""

LEVELS: dict[str, int] = {"ceiling": 0, "share": 0, "person": 1, "project": 1, "course": 1, "community": 2, "site": 3}
"""In this order the rows of a charge are changed, so that no two charges wait for each other."""

LeaseKind = Literal["server", "cluster"]
LeaseState = Literal["held", "running", "ended"]


def share_name(payer: str, username: str) -> str:
    """Return the name of the account that holds what one member may of a project."""
    return f"share:{payer}/{username}"


def payer_of(name: str) -> str:
    """Return the account that a share is of; any other name is its own."""
    return name.removeprefix("share:").partition("/")[0] if name.startswith("share:") else name


@dataclass(frozen=True)
class _Vector:
    def __add__(self, other: Self) -> Self:
        return type(self)(*map(add, self.values(), other.values()))

    def __sub__(self, other: Self) -> Self:
        return type(self)(*map(sub, self.values(), other.values()))

    def __mul__(self, times: int) -> Self:
        return type(self)(*(value * times for value in self.values()))

    def values(self) -> tuple[int, ...]:
        return tuple(self.__dict__.values())  # in the order of the fields; a pass calls this very often


@dataclass(frozen=True)
class Holding(_Vector):
    """What something holds while it runs, in millionths."""

    cores: int = 0
    memory: int = 0
    gpus: int = 0
    servers: int = 0
    clusters: int = 0
    workers: int = 0


@dataclass(frozen=True)
class Spending(_Vector):
    """What was used up, in millionths times seconds."""

    core_hours: int = 0
    gib_hours: int = 0
    gpu_hours: int = 0
    credits: int = 0


NOTHING_HELD = Holding()
NOTHING_USED = Spending()


@dataclass(frozen=True)
class Price:
    """Credits for one hour of a core, a GiB and a GPU, in millionths; one derived unit for everything."""

    core: int = MICRO // 2
    gib: int = MICRO // 8
    gpu: int = 20 * MICRO
    name: str = "standard"


@dataclass(frozen=True)
class Rate:
    """What a lease holds, and the price that was in force when it began."""

    holding: Holding
    price: Price = field(default_factory=Price)

    @property
    def credits(self) -> int:
        """Millionths of a credit for an hour."""
        held, price = self.holding, self.price
        return (held.cores * price.core + held.memory * price.gib + held.gpus * price.gpu) // MICRO

    @cached_property
    def second(self) -> Spending:
        """What one second uses up."""
        return Spending(self.holding.cores, self.holding.memory, self.holding.gpus, self.credits)

    def over(self, seconds: int) -> Spending:
        """Return what so many seconds use up; written out, since a pass asks it of every lease some times."""
        one = self.second
        return Spending(
            one.core_hours * seconds, one.gib_hours * seconds, one.gpu_hours * seconds, one.credits * seconds
        )


@dataclass(frozen=True)
class Limit:
    """One number of an allowance and where it comes from; None is no limit."""

    value: int | None
    source: str = ""


@dataclass(frozen=True)
class Window:
    """Over which time a budget is counted: the last days, a dated period, or since ever."""

    days: int | None = None
    start: datetime | None = None
    end: datetime | None = None

    def begins(self, now: datetime) -> datetime | None:
        """Return from when on use counts; None is since ever."""
        if self.days is not None:
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            return midnight - timedelta(days=self.days - 1)
        return self.start


@dataclass(frozen=True)
class Allowance:
    """The limits in force for an account, each with its source."""

    limits: dict[str, Limit] = field(default_factory=dict)
    window: Window = Window()

    def limit(self, dimension: str) -> Limit:
        return self.limits.get(dimension, Limit(None))


@dataclass(frozen=True)
class Account:
    """Somebody who pays, or a level above."""

    id: int
    name: str
    """Kind and key, such as ``project:ocean-heat``."""
    kind: AccountKind
    parent: int | None
    title: str
    held: Holding
    used: Spending
    reserved: Spending
    limits: dict[str, int | None]
    sources: dict[str, str]
    window: Window = Window()

    @property
    def key(self) -> str:
        return self.name.partition(":")[2]

    @property
    def holder(self) -> str:
        """The person whose ceiling, share or own account it is."""
        return self.name.partition("/")[2] if self.kind == "share" else self.key

    def left(self, dimension: str) -> int | None:
        """Return what still fits, in millionths or millionths times seconds; None is no limit. May be negative."""
        limit = self.limits.get(dimension)
        if limit is None:
            return None
        if dimension in CAPS:
            return limit - int(getattr(self.held, dimension))
        return limit - int(getattr(self.used, dimension)) - int(getattr(self.reserved, dimension))


@dataclass(frozen=True)
class Lease:
    """What a running thing has reserved, and for how long."""

    id: str
    kind: LeaseKind
    username: str
    thing: str
    """Name of the server or cluster."""
    account: int
    """Who pays."""
    chain: tuple[int, ...]
    """Every account that the charge must fit in, from below."""
    rate: Rate
    settled: int
    """Second of the ledger's clock up to which use is charged."""
    until: int
    """Second up to which use is reserved."""
    state: LeaseState
    parent: str | None = None
    seen: bool = False
    """It was observed running at least once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from gaia_vre.core.amounts import micro, micro_hours
from gaia_vre.database.migrate import upgrade
from gaia_vre.quotas.accounts import Accounts
from gaia_vre.quotas.checking import differences
from gaia_vre.quotas.clock import Instant
from gaia_vre.quotas.ledger import Ledger, Wanted
from gaia_vre.quotas.model import BUDGETS, Allowance, Holding, Limit, Rate, Window

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def server(cores: float = 1, memory: float = 4) -> Rate:
    return Rate(Holding(cores=micro("cores", cores), memory=micro("memory", memory), servers=1_000_000))


NO_WINDOW = Window()


def allowance(window: Window = NO_WINDOW, **limits: float) -> Allowance:
    return Allowance(
        {
            name: Limit((micro_hours if name in BUDGETS else micro)(name, value), f"{name} of the tests")
            for name, value in limits.items()
        },
        window,
    )


@dataclass
class Bank:
    """A ledger on a database with a small tree of accounts, and a clock that a test sets."""

    engine: Engine
    ledger: Ledger
    accounts: Accounts
    seconds: int = 0

    @property
    def now(self) -> Instant:
        return Instant(self.seconds, NOON + timedelta(seconds=self.seconds))

    def later(self, seconds: int) -> None:
        self.seconds += seconds

    def allow(self, name: str, window: Window = NO_WINDOW, **limits: float) -> None:
        self.accounts.allow(name, allowance(window, **limits))

    def start(self, name: str, rate: Rate | None = None, *, user: str = "ada", payer: str = "project:ocean") -> str:
        wanted = Wanted(name, "server", user, name, payer, rate or server())
        return self.ledger.reserve(wanted, self.now).id

    def held(self, account: str, dimension: str = "cores") -> float:
        return float(getattr(self.accounts.find(account).held, dimension)) / 1e6

    def used(self, account: str, dimension: str = "core_hours") -> float:
        return float(getattr(self.accounts.find(account).used, dimension)) / 3.6e9

    def check(self) -> None:
        assert differences(self.engine, self.now.wall) == []


def make_bank(engine: Engine) -> Bank:
    accounts = Accounts(engine)
    accounts.create("site", "toulouse", None, "Toulouse", NOON)
    accounts.create("community", "odatis", "site:toulouse", "ODATIS", NOON)
    accounts.create("project", "ocean", "community:odatis", "Ocean heat", NOON)
    for person in ("ada", "bob"):
        accounts.create("person", person, "community:odatis", person, NOON)
        accounts.create("ceiling", person, None, person, NOON)
    return Bank(engine, Ledger(engine), accounts)


@pytest.fixture
def bank(empty_database: Engine) -> Iterator[Bank]:
    """On each kind of database; what was done in a test always sums up."""
    upgrade(empty_database)
    bank = make_bank(empty_database)
    yield bank
    bank.check()

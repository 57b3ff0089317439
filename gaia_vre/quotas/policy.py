"""The policy that the settings describe: limits, prices, who may pay with what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Protocol

from gaia_vre.core.amounts import micro, micro_hours
from gaia_vre.core.quotas import Energy
from gaia_vre.quotas.allowance import Grant, Policy
from gaia_vre.quotas.model import BUDGETS, LEVELS, Price, Window

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pydantic import BaseModel

    from gaia_vre.core.quotas import DeclaredAccount, PriceList, Quotas
    from gaia_vre.quotas.allowance import Amounts
    from gaia_vre.quotas.model import AccountKind

NAMES = {"memory_gib": "memory"}
"""What the settings call otherwise, so that the unit is in the name."""
DIMENSIONS = ("cores", "memory_gib", "gpus", "servers", "clusters", "workers", *BUDGETS)
_LOCAL = (("site:local", None, "This machine"), ("community:local", "site:local", "Everybody here"))


@dataclass(frozen=True)
class Declared:
    """An account of the settings."""

    kind: AccountKind
    key: str
    parent: str | None
    title: str
    members: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    managers: tuple[str, ...] = ()
    amounts: Amounts | None = None
    window: Window | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.key}"

    def open_to(self, username: str, groups: frozenset[str]) -> bool:
        """Say whether this person may pay with it."""
        return username in self.members or not groups.isdisjoint(self.groups)


class Payers(Protocol):
    """Accounts that people make while the service runs, such as those of projects."""

    def declared(self, name: str) -> Declared | None:
        """Return such an account with its managers, or None."""

    def open_to(self, username: str, groups: frozenset[str]) -> list[Declared]:
        """Return those that somebody may pay with."""

    def managed_by(self, username: str) -> list[Declared]:
        """Return those that somebody manages."""


@dataclass(frozen=True)
class Rules:
    """Everything that the settings say about accounting, and the accounts that people make."""

    policy: Policy
    prices: tuple[PriceList, ...]
    accounts: tuple[Declared, ...]
    """From the top."""
    people: str
    """Below this account everybody's own stands."""
    observe: bool = False
    bypass: frozenset[str] = frozenset()
    made: Payers | None = None
    energy: tuple[Energy, ...] = ()

    def energy_of(self, site: str) -> Energy:
        """Return the factors of a site's account for the report's estimates."""
        mine = [one for one in self.energy if one.site == site] or [one for one in self.energy if one.site is None]
        return mine[0] if mine else Energy()

    def price(self, now: datetime) -> Price:
        """Return the price that holds now."""
        holding = [one for one in self.prices if _holds(one, now.date())]
        found = max(holding, key=lambda one: one.start.toordinal() if one.start else 0)
        return Price(micro("core", found.core), micro("gib", found.gib), micro("gpu", found.gpu), found.name)

    def declared(self, name: str) -> Declared | None:
        """Return an account of the settings or one that people made."""
        found = next((one for one in self.accounts if one.name == name), None)
        return self.made.declared(name) if found is None and self.made else found

    def open_to(self, username: str, groups: frozenset[str]) -> list[Declared]:
        """Return the accounts that this person may pay with, beside their own."""
        found = [one for one in self.accounts if one.open_to(username, groups)]
        return found + self.made.open_to(username, groups) if self.made else found

    def managed_by(self, username: str) -> list[Declared]:
        """Return the accounts that this person manages."""
        found = [one for one in self.accounts if username in one.managers]
        return found + self.made.managed_by(username) if self.made else found


def rules_of(settings: Quotas) -> Rules:
    """Return what the settings mean."""
    accounts = tuple(sorted(map(_declared, settings.accounts), key=lambda one: -LEVELS[one.kind])) or _local()
    communities = [one.name for one in accounts if one.kind == "community"]
    policy = Policy(
        defaults={kind: amounts_of(limits, f"quotas.defaults.{kind}") for kind, limits in settings.defaults.items()},
        grants=tuple(
            Grant(grant.group, amounts_of(grant, f"quotas.grants.{grant.group}")) for grant in settings.grants
        ),
        combine={NAMES.get(name, name): how for name, how in settings.combine.items()},
        windows={kind: Window(days=limits.days) for kind, limits in settings.defaults.items()},
    )
    return Rules(
        policy=policy,
        prices=settings.prices,
        accounts=accounts,
        people=settings.people or communities[0],
        observe=settings.mode == "observe",
        bypass=frozenset(settings.bypass),
        energy=settings.energy,
    )


def amounts_of(limits: BaseModel, place: str) -> Amounts:
    """Return the limits that a part of the settings names."""
    given = {name: getattr(limits, name) for name in DIMENSIONS}
    return {
        dimension_of(name): None if value == "unlimited" else amount_of(f"{place}.{name}", name, value)
        for name, value in given.items()
        if value is not None
    }


def dimension_of(name: str) -> str:
    """Return the ledger's name of a dimension of the settings."""
    return NAMES.get(name, name)


def amount_of(place: str, name: str, value: float | str) -> int:
    """Return an amount as the ledger counts it; raises InvalidInput."""
    return (micro_hours if name in BUDGETS else micro)(place, value)


def _declared(account: DeclaredAccount) -> Declared:
    kind, _, key = account.name.partition(":")
    window = Window(account.days, _midnight(account.start), _midnight(account.end))
    return Declared(
        kind=kind,  # type: ignore[arg-type]
        key=key,
        parent=account.parent,
        title=account.title or key,
        members=frozenset(account.members),
        groups=frozenset(account.groups),
        managers=account.managers,
        amounts=amounts_of(account, f"quotas.accounts.{account.name}"),
        window=window if window != Window() else None,
    )


def _local() -> tuple[Declared, ...]:
    return tuple(_of_name(name, parent, title) for name, parent, title in _LOCAL)


def _of_name(name: str, parent: str | None, title: str) -> Declared:
    kind, _, key = name.partition(":")
    return Declared(kind, key, parent, title)  # type: ignore[arg-type]


def _holds(price: PriceList, day: date) -> bool:
    return (price.start is None or price.start <= day) and (price.end is None or day < price.end)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def managers_of(rules: Rules, names: Iterable[str]) -> tuple[str, ...]:
    """Return whom to ask about the first of these accounts that has a manager."""
    for name in names:
        declared = rules.declared(name)
        if declared and declared.managers:
            return declared.managers
    return ()

"""Which limits are in force: a pure function of defaults, group grants, dated overrides and bypass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gaia_vre.quotas.model import BUDGETS, CAPS, Allowance, Limit, Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

Combination = Literal["sum", "max", "min"]
"""How grants of several groups and the default become one number."""

Amounts = dict[str, int | None]
"""Limits by dimension, in millionths or millionths times seconds; None is no limit, absent says nothing."""


@dataclass(frozen=True)
class Grant:
    """What the members of a group may."""

    group: str
    amounts: Amounts


@dataclass(frozen=True)
class Override:
    """A number that somebody gave to one account, for a time."""

    dimension: str
    value: int | None
    start: datetime
    until: datetime | None
    reason: str
    by: str

    def holds(self, now: datetime) -> bool:
        """Say whether it is in force; its last instant is not."""
        return self.start <= now and (self.until is None or now < self.until)


@dataclass(frozen=True)
class Policy:
    """What is decided before anybody asks."""

    defaults: Mapping[str, Amounts] = field(default_factory=dict)
    """By kind of account."""
    grants: tuple[Grant, ...] = ()
    """For people's ceilings and own accounts."""
    combine: Mapping[str, Combination] = field(default_factory=dict)
    """By dimension; max where nothing is said."""
    windows: Mapping[str, Window] = field(default_factory=dict)
    """By kind of account."""


@dataclass(frozen=True)
class Grounds:
    """What is known of the holder of an account."""

    groups: frozenset[str] = frozenset()
    overrides: tuple[Override, ...] = ()
    bypass: str | None = None
    """Why nothing limits this account."""


def allowance(policy: Policy, kind: str, grounds: Grounds, now: datetime) -> Allowance:
    """Return the limits in force for an account of a kind, each with its source."""
    window = policy.windows.get(kind, Window())
    if grounds.bypass is not None:
        return Allowance({name: Limit(None, f"no limit: {grounds.bypass}") for name in (*CAPS, *BUDGETS)}, window)
    by_groups = kind in ("ceiling", "person")
    grants = [grant for grant in policy.grants if by_groups and grant.group in grounds.groups]
    limits = {}
    for name in (*CAPS, *BUDGETS):
        limit = _overridden(name, grounds.overrides, now) or _granted(policy, kind, name, grants)
        if limit is not None:
            limits[name] = limit
    return Allowance(limits, window)


def _overridden(name: str, overrides: Sequence[Override], now: datetime) -> Limit | None:
    """Return the override in force that began last, of several at once the last given."""
    found = [one for one in overrides if one.dimension == name and one.holds(now)]
    if not found:
        return None
    last = max(reversed(found), key=lambda one: one.start)
    until = f" until {last.until.date().isoformat()}" if last.until else ""
    return Limit(last.value, f"{last.reason}, by {last.by}{until}")


def _granted(policy: Policy, kind: str, name: str, grants: Sequence[Grant]) -> Limit | None:
    default = policy.defaults.get(kind, {})
    offered = [Limit(default[name], f"default of a {kind}")] if name in default else []
    offered += [Limit(grant.amounts[name], f"group {grant.group}") for grant in grants if name in grant.amounts]
    return _combined(policy.combine.get(name, "max"), offered) if offered else None


def _combined(how: Combination, offered: Sequence[Limit]) -> Limit:
    limited = [limit for limit in offered if limit.value is not None]
    unlimited = [limit for limit in offered if limit.value is None]
    if how == "min":
        return min(limited, key=_amount) if limited else unlimited[0]
    if unlimited:
        return unlimited[0]
    if how == "max":
        return max(limited, key=_amount)
    return Limit(sum(map(_amount, limited)), " + ".join(limit.source for limit in limited))


def _amount(limit: Limit) -> int:
    return limit.value or 0

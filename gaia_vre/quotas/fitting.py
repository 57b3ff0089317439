"""How much of something still fits: pure arithmetic on what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.quotas.model import BUDGETS, CAPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gaia_vre.quotas.model import Account, Rate


def demand(rate: Rate, seconds: int) -> dict[str, int]:
    """Return what a rate takes of each dimension: caps now, budgets over so many seconds."""
    caps = dict(zip(CAPS, rate.holding.values(), strict=True))
    return caps | dict(zip(BUDGETS, rate.over(seconds).values(), strict=True))


def times_that_fit(accounts: Iterable[Account], rate: Rate, seconds: int, most: int) -> int:
    """Return how often a rate fits on all of these accounts, at most so often."""
    wanted = demand(rate, seconds)
    for account in accounts:
        for name, amount in wanted.items():
            left = account.left(name)
            if amount and left is not None:
                most = min(most, max(0, left) // amount)
    return max(0, most)


def lacking(account: Account, rate: Rate, seconds: int) -> dict[str, int]:
    """Return by how much a demand passes what is left of each dimension of an account."""
    over = {name: amount - (account.left(name) or 0) for name, amount in demand(rate, seconds).items() if amount}
    return {name: amount for name, amount in over.items() if account.left(name) is not None and amount > 0}

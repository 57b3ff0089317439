"""Why something does not fit: the limit, its source, who holds it, how much would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gaia_vre.core.amounts import hours, plain
from gaia_vre.core.errors import DoesNotFit
from gaia_vre.database.quotas import LeaseRow
from gaia_vre.quotas.fitting import demand, lacking, times_that_fit
from gaia_vre.quotas.model import BUDGETS, CAPS
from gaia_vre.quotas.words import WORDS, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from gaia_vre.quotas.model import Account, Rate

_HOLDERS = 5


def explain(
    connection: Connection,
    accounts: Sequence[Account],
    rate: Rate,
    seconds: int,
    times: int = 1,
) -> DoesNotFit:
    """Return the refusal of a demand that does not fit on some account of a chain.

    Parameters
    ----------
    accounts
        The chain, from below.
    rate, seconds
        What was asked, and how long ahead it is reserved.
    times
        How often it was asked: workers.
    """
    account, dimension = _tightest(accounts, rate, seconds)
    left, limit = account.left(dimension) or 0, account.limits[dimension] or 0
    facts: dict[str, Any] = {
        "account": account.name,
        "title": account.title,
        "dimension": dimension,
        "asked": _people(dimension, demand(rate, seconds)[dimension]) * times,
        "left": max(0.0, _people(dimension, left)),
        "limit": _people(dimension, limit),
        "source": account.sources.get(dimension, ""),
        "held_by": _holders(connection, account, dimension),
        "fits": times_that_fit(accounts, rate, seconds, times),
    }
    return DoesNotFit(_sentence(facts), facts)


def _tightest(accounts: Sequence[Account], rate: Rate, seconds: int) -> tuple[Account, str]:
    """Return the account and dimension of which the largest part is lacking; caps before budgets."""
    found = [
        (name in CAPS, amount / demand(rate, seconds)[name], account, name)
        for account in accounts
        for name, amount in lacking(account, rate, seconds).items()
    ]
    if not found:  # it fits since: somebody gave back between the refusal and the look at it
        account = accounts[0]
        return account, next(iter(name for name in (*CAPS, *BUDGETS) if account.limits[name] is not None), "cores")
    _, _, account, name = max(found, key=lambda row: row[:2])
    return account, name


def _holders(connection: Connection, account: Account, dimension: str) -> list[dict[str, Any]]:
    """Return who holds most of a cap of this account."""
    if dimension not in CAPS:
        return []
    column = getattr(LeaseRow, dimension)
    query = select(LeaseRow.username, LeaseRow.chain, func.coalesce(column, 0)).where(
        LeaseRow.ended.is_(None), column > 0
    )
    held: dict[str, int] = {}
    for username, chain, amount in connection.execute(query):
        if account.id in chain:
            held[username] = held.get(username, 0) + int(amount)
    most = sorted(held.items(), key=lambda row: (-row[1], row[0]))[:_HOLDERS]
    return [{"username": username, "amount": plain(amount)} for username, amount in most]


def _sentence(facts: Mapping[str, Any]) -> str:
    word = WORDS[facts["dimension"]]
    source = f" ({facts['source']})" if facts["source"] else ""
    held = ", ".join(f"{one['username']} {number(one['amount'])}" for one in facts["held_by"])
    text = (
        f"{facts['title']}: {number(facts['asked'])} {word} asked, {number(facts['left'])} of "
        f"{number(facts['limit'])} left{source}"
    )
    return f"{text}; held by {held}" if held else text


def _people(dimension: str, amount: int) -> float:
    return plain(amount) if dimension in CAPS else hours(amount)

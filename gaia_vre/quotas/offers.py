"""What a person may pay with, what is left of it, and which sizes it would bear now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gaia_vre.core.amounts import HOUR, MICRO, hours, plain
from gaia_vre.quotas.fitting import lacking
from gaia_vre.quotas.model import BUDGETS, CAPS
from gaia_vre.quotas.words import WORDS, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gaia_vre.quotas.model import Account, Rate


@dataclass(frozen=True)
class SizeOffer:
    """What one size would be on one account."""

    credits_per_hour: float
    fits: bool
    why: str
    """Why it does not fit; empty when it does."""
    hours: float | None
    """How long the account would bear it with nothing else; None is without end."""
    lacking: dict[str, Any] | None = None
    """What `why` says, for pages: account, title, dimension, left and limit; None when it fits."""


@dataclass(frozen=True)
class Offer:
    """One account that a person may pay with."""

    account: Account
    sizes: dict[str, SizeOffer]
    left: dict[str, float | None]
    """By dimension, the least of all levels above; None is no limit."""

    @property
    def facts(self) -> dict[str, Any]:
        """The same for people and programs."""
        account = self.account
        return {
            "name": account.name,
            "title": account.title,
            "kind": account.kind,
            "left": self.left,
            "limits": {name: people(name, value) for name, value in account.limits.items() if value is not None},
            "sources": account.sources,
            "used": {name: hours(getattr(account.used, name)) for name in BUDGETS},
            "reserved": {name: hours(getattr(account.reserved, name)) for name in BUDGETS},
            "held": {name: plain(getattr(account.held, name)) for name in CAPS},
            "days": account.window.days,
            "until": account.window.end and account.window.end.isoformat(),
            "sizes": {name: size.__dict__ for name, size in self.sizes.items()},
        }


def offer(chain: Sequence[Account], payer: Account, sizes: Mapping[str, Rate], seconds: int) -> Offer:
    """Return what an account offers; the chain is all that a charge must fit in."""
    return Offer(
        account=payer,
        sizes={name: _size(chain, rate, seconds) for name, rate in sizes.items()},
        left={name: _left(chain, name) for name in (*CAPS, *BUDGETS)},
    )


def people(dimension: str, amount: int) -> float:
    """Return an amount of a dimension as people read it."""
    return plain(amount) if dimension in CAPS else hours(amount)


def _size(chain: Sequence[Account], rate: Rate, seconds: int) -> SizeOffer:
    facts = next((_facts(account, rate, seconds) for account in chain if lacking(account, rate, seconds)), None)
    return SizeOffer(
        credits_per_hour=rate.credits / MICRO,
        fits=facts is None,
        why=_why(facts) if facts else "",
        hours=_lasts(chain, rate),
        lacking=facts,
    )


def _facts(account: Account, rate: Rate, seconds: int) -> dict[str, Any]:
    name = next(iter(lacking(account, rate, seconds)))
    left, limit = max(0, account.left(name) or 0), account.limits[name] or 0
    return {
        "account": account.name,
        "title": account.title,
        "dimension": name,
        "left": people(name, left),
        "limit": people(name, limit),
    }


def _why(facts: Mapping[str, Any]) -> str:
    word = WORDS[facts["dimension"]]
    return f"{number(facts['left'])} of {number(facts['limit'])} {word} left on {facts['title']}"


def _lasts(chain: Sequence[Account], rate: Rate) -> float | None:
    found = []
    for account in chain:
        for name, each in zip(BUDGETS, rate.second.values(), strict=True):
            left = account.left(name)
            if each and left is not None:
                found.append(max(0, left) / each / HOUR)
    return min(found, default=None)


def _left(chain: Sequence[Account], name: str) -> float | None:
    found = [left for account in chain if (left := account.left(name)) is not None]
    return max(0.0, people(name, min(found))) if found else None

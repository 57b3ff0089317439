"""What a person holds and has left, as a notebook shows it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gaia_vre.quotas.model import BUDGETS, CAPS
from gaia_vre.quotas.words import WORDS, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

_NAMED = 8  # the first digits of a cluster's name


@dataclass(frozen=True)
class Held:
    """Something that runs and holds."""

    kind: str
    """``server`` or ``cluster``."""
    name: str
    account: str
    cores: float
    memory_gib: float
    gpus: float
    workers: int
    credits_per_hour: float

    @property
    def title(self) -> str:
        """What people call it."""
        if self.kind == "cluster":
            return f"Dask cluster {self.name[:_NAMED]}, {self.workers} workers"
        return f"server {self.name}" if self.name else "personal lab"


@dataclass(frozen=True)
class AccountUse:
    """An account that one may pay with; amounts by dimension, in cores, GiB, hours and credits."""

    name: str
    title: str
    held: Mapping[str, float]
    used: Mapping[str, float]
    limits: Mapping[str, float]
    left: Mapping[str, float | None]
    """What still fits here and on every level above; None is no limit."""
    sources: Mapping[str, str]
    days: int | None
    """Over how many days its budgets count."""

    @property
    def bounds(self) -> list[tuple[str, str, str]]:
        """Return word, what is left, and where the limit comes from, for whatever is limited."""
        found = []
        for name in (*CAPS, *BUDGETS):
            left, limit = self.left.get(name), self.limits.get(name)
            if left is None:
                continue
            of = f" of {number(limit)}" if limit is not None else ""
            source = self.sources.get(name, "") if limit is not None else "a level above"
            found.append((WORDS[name], f"{number(left)}{of}", source))
        return found


@dataclass(frozen=True)
class Stored:
    """A folder of mine, as it was last measured."""

    area: str
    """``home`` or ``scratch``."""
    at: datetime
    used_gib: float
    soft_gib: float | None
    """None: no notice."""
    hard_gib: float | None
    """None: no limit."""
    source: str
    level: str
    """``free``, ``soft`` or ``hard``: which limit is passed."""
    files: int
    complete: bool
    largest: tuple[tuple[str, float], ...]
    """Path and GiB, the largest first."""

    @property
    def amount(self) -> str:
        """Return what it holds, of what it may."""
        least = "" if self.complete else "at least "
        of = f" of {self.hard_gib:.3g}" if self.hard_gib is not None else ""
        return f"{least}{self.used_gib:.3g}{of} GiB"

    @property
    def notice(self) -> str:
        """Return what to do where a limit is passed."""
        if self.level == "hard":
            return f"{self.area} is full: the next lab starts in rescue, beside it; delete files before"
        if self.level == "soft":
            return f"{self.area} is nearly full: over the notice at {self.soft_gib:.3g} GiB"
        return ""


@dataclass(frozen=True)
class Usage:
    """What I hold now, the accounts that I may pay with, my own first, and what my folders hold."""

    username: str
    holds: tuple[Held, ...]
    accounts: tuple[AccountUse, ...]
    storage: tuple[Stored, ...] = ()

    def __getitem__(self, name: str) -> AccountUse:
        return next(account for account in self.accounts if account.name == name)

    @property
    def summary(self) -> str:
        """Return all that is held in one line."""
        if not self.holds:
            return f"{self.username} holds nothing now"
        cores, memory = sum(one.cores for one in self.holds), sum(one.memory_gib for one in self.holds)
        price = sum(one.credits_per_hour for one in self.holds)
        held = f"{number(cores)} cores and {number(memory)} GiB"
        return f"{self.username} holds {held}: {number(price)} credits for each hour"

    def __repr__(self) -> str:
        lines = [self.summary]
        lines += [
            f"  {one.title:<36} {number(one.cores):>6} cores {number(one.memory_gib):>6} GiB  paid by {one.account}"
            for one in self.holds
        ]
        for account in self.accounts:
            left = ", ".join(f"{amount} {word}" for word, amount, _ in account.bounds)
            lines.append(f"  {account.name:<36} {'left: ' + left if left else 'no limit'}")
        lines += [f"  {one.area:<36} {one.amount}{': ' + one.notice if one.notice else ''}" for one in self.storage]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return _environment().get_template("usage.html").render(usage=self)


def usage_of(document: Mapping[str, Any]) -> Usage:
    """Return what the service answered."""
    holds = tuple(
        Held(
            kind=one["kind"],
            name=one["thing"],
            account=one["account"],
            cores=one["cores"],
            memory_gib=one["memory_gib"],
            gpus=one["gpus"],
            workers=int(one["workers"]),
            credits_per_hour=one["credits_per_hour"],
        )
        for one in document["holds"]
    )
    fields = AccountUse.__dataclass_fields__
    accounts = tuple(AccountUse(**{name: one[name] for name in fields}) for one in document["accounts"])
    storage = tuple(_stored(one) for one in document.get("storage", ()))
    return Usage(document["username"], holds, accounts, storage)


def _stored(one: Mapping[str, Any]) -> Stored:
    return Stored(
        area=one["area"],
        at=datetime.fromisoformat(one["at"]),
        used_gib=one["used_gib"],
        soft_gib=one["soft_gib"],
        hard_gib=one["hard_gib"],
        source=one["source"],
        level=one["level"],
        files=one["files"],
        complete=one["complete"],
        largest=tuple((each["path"], each["size"] / 2**30) for each in one["largest"]),
    )


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gaia_vre.quotas"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment

"""What another policy would have refused: recorded starts, decided again in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from gaia_vre.quotas.fitting import demand
from gaia_vre.quotas.holders import allowance_of
from gaia_vre.quotas.ledger import SLICE_SECONDS
from gaia_vre.quotas.model import BUDGETS, CAPS, NOTHING_HELD, NOTHING_USED, Rate, share_name
from gaia_vre.quotas.offers import people

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gaia_vre.quotas.allowance import Override
    from gaia_vre.quotas.model import Allowance, Holding, Spending
    from gaia_vre.quotas.policy import Rules

APPROXIMATED = (
    "Starts that were refused then, and what people would have chosen instead, are not known: only what ran is decided "
    "again, and what is refused here is taken as never run nor tried again.\n"
    "A Dask cluster counts with its mean size over its whole life; where that does not fit it would have got fewer "
    "workers, and counts as refused.\n"
    "What ran when the period began goes on. Nothing is stopped when a budget is used up; new starts are refused.\n"
    "Groups are those of today; overrides count as dated. Use before the period is in the credits of its own prices."
).splitlines()


@dataclass(frozen=True)
class Past:
    """Something that ran."""

    id: str
    kind: str
    username: str
    thing: str
    payer: str
    holding: Holding
    began: datetime
    ended: datetime | None
    parent: str | None = None


@dataclass(frozen=True)
class Refused:
    """A start that would not have been."""

    at: datetime
    kind: str
    username: str
    thing: str
    payer: str
    account: str
    dimension: str
    """``account`` where the payer would not be theirs at all."""
    asked: float = 0
    left: float = 0
    limit: float = 0
    source: str = ""


@dataclass(frozen=True)
class Outcome:
    """All that would have been refused."""

    starts: int
    refused: tuple[Refused, ...]
    followed: int
    """Clusters that fell with the server that they were started from."""


@dataclass
class _Tally:
    """One account, while time goes on."""

    held: Holding = NOTHING_HELD
    rate: Spending = NOTHING_USED
    days: dict[date, Spending] = field(default_factory=dict)
    since: datetime | None = None

    def advance(self, now: datetime) -> None:
        """Use up what runs until now, each day's part on its day."""
        while self.since is not None and self.since < now:
            until = min(now, datetime.combine(self.since.date() + timedelta(days=1), time(), UTC))
            if any(self.rate.values()):
                self.add(self.since.date(), self.rate * int((until - self.since).total_seconds()))
            self.since = until
        self.since = now

    def add(self, day: date, spending: Spending) -> None:
        self.days[day] = self.days.get(day, NOTHING_USED) + spending

    def used(self, begins: datetime | None) -> Spending:
        found = NOTHING_USED
        for day, spending in self.days.items():
            if begins is None or day >= begins.date():
                found += spending
        return found


class Replay:
    """Decides recorded starts again by other rules.

    Parameters
    ----------
    groups
        By name of the person.
    overrides
        By account.
    """

    def __init__(
        self, rules: Rules, groups: Mapping[str, frozenset[str]], overrides: Mapping[str, Sequence[Override]]
    ) -> None:
        self._rules, self._groups, self._overrides = rules, groups, overrides
        self._tallies: dict[str, _Tally] = {}
        self._allowances: dict[tuple[str, date], Allowance] = {}

    def spent_before(self, payer: str, username: str, day: date, spending: Spending) -> None:
        """Count what was used before the period."""
        for name in self._chain(payer, username):
            self._tally(name).add(day, spending)

    def run(self, recorded: Iterable[Past], start: datetime) -> Outcome:
        """Go through what ran, in the order of time; what began before the start is not decided again."""
        ordered = sorted(recorded, key=lambda one: (one.began, one.id))
        ends = sorted(((one.ended, one.id) for one in ordered if one.ended), reverse=True)
        running: dict[str, tuple[Past, Rate]] = {}
        out: set[str] = set()
        refused: list[Refused] = []
        starts = followed = 0
        for one in ordered:
            while ends and ends[-1][0] <= one.began:
                ended, number = ends.pop()
                if number in running:
                    self._change(*running.pop(number), ended, -1)
            rate = Rate(one.holding, self._rules.price(one.began))
            if one.began >= start:
                starts += 1
                if one.parent in out:
                    followed += 1
                    out.add(one.id)
                    continue
                if lacking := self._lacking(one, rate):
                    refused.append(lacking)
                    out.add(one.id)
                    continue
            running[one.id] = (one, rate)
            self._change(one, rate, max(one.began, start), 1)
        return Outcome(starts, tuple(refused), followed)

    def _lacking(self, one: Past, rate: Rate) -> Refused | None:
        said = (one.began, one.kind, one.username, one.thing, one.payer)
        if not self._may_pay(one):
            return Refused(*said, one.payer, "account")
        wanted = demand(rate, SLICE_SECONDS)
        for name in self._chain(one.payer, one.username):
            allowance, tally = self._allowance(name, one), self._tally(name)
            tally.advance(one.began)
            used = tally.used(allowance.window.begins(one.began))
            for dimension in (*CAPS, *BUDGETS):
                limit = allowance.limit(dimension)
                taken = int(getattr(tally.held if dimension in CAPS else used, dimension))
                if limit.value is not None and wanted[dimension] and taken + wanted[dimension] > limit.value:
                    amounts = wanted[dimension], max(0, limit.value - taken), limit.value
                    asked, left, most = (people(dimension, one) for one in amounts)
                    return Refused(*said, name, dimension, asked, left, most, limit.source)
        return None

    def _may_pay(self, one: Past) -> bool:
        if one.payer == f"person:{one.username}":
            return True
        declared = self._rules.declared(one.payer)
        return declared is not None and declared.open_to(one.username, self._groups.get(one.username, frozenset()))

    def _chain(self, payer: str, username: str) -> list[str]:
        found = [f"ceiling:{username}"]
        if (share := share_name(payer, username)) in self._overrides:
            found.append(share)
        above: str | None = payer
        while above is not None:
            found.append(above)
            declared = self._rules.declared(above)
            above = declared.parent if declared else self._rules.people if above.startswith("person:") else None
        return found

    def _allowance(self, name: str, one: Past) -> Allowance:
        given = tuple(self._overrides.get(name, ()))
        key = (name, one.began.date())
        if given or key not in self._allowances:  # an override may begin at any hour
            groups = self._groups.get(one.username, frozenset())
            self._allowances[key] = allowance_of(self._rules, name, groups, given, one.began)
        return self._allowances[key]

    def _tally(self, name: str) -> _Tally:
        return self._tallies.setdefault(name, _Tally())

    def _change(self, one: Past, rate: Rate, at: datetime, sign: int) -> None:
        for name in self._chain(one.payer, one.username):
            tally = self._tally(name)
            tally.advance(at)
            tally.held += rate.holding * sign
            tally.rate += rate.second * sign

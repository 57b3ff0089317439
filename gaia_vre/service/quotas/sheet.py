"""What the page of use shows of a person's things and accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gaia_vre.core.amounts import MICRO, hours, plain
from gaia_vre.quotas import balances
from gaia_vre.quotas.burn import Burn, Spent, burn, first_day
from gaia_vre.quotas.forecast import DAY, Forecast, even_pace, forecast
from gaia_vre.quotas.history import History
from gaia_vre.quotas.model import BUDGETS, CAPS, Spending
from gaia_vre.quotas.offers import people
from gaia_vre.quotas.shares import Shares
from gaia_vre.quotas.sources import source_words
from gaia_vre.service.quotas import words
from gaia_vre.service.quotas.bars import Bars, bars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gaia_vre.look.language import Language
    from gaia_vre.quotas.deciding import Office
    from gaia_vre.quotas.history import Since
    from gaia_vre.quotas.model import Account, Lease

SOFT = 80
"""Percent at which a bar warns, as the notices do."""
PEOPLE_SHOWN = 50
DAYS_SHOWN = 30
MOST_ACCOUNTS = 20
_PACE = timedelta(days=7)


@dataclass(frozen=True)
class Thing:
    """Something that runs and holds."""

    kind: str
    name: str
    child: bool
    workers: int
    cores: float
    memory_gib: float
    account: Account
    per_hour: float
    credits: float
    since: datetime | None


@dataclass(frozen=True)
class Meter:
    """One graduated bar."""

    title: str
    words: str
    spoken: str
    used: float
    held: float
    note: str = ""


@dataclass(frozen=True)
class Outlook:
    """Until when one budget of an account lasts."""

    account: Account
    dimension: str
    forecast: Forecast
    even: int | None
    """What may be used in a day to reach the end of its period."""


@dataclass(frozen=True)
class Person:
    """What one person used of an account."""

    name: str
    credits: float
    percent: float
    cores: float


class Sheet:
    """Reads what one person's page shows; every question is about this person or about one account."""

    def __init__(self, office: Office, language: Language, username: str, now: datetime, zone: str) -> None:
        self.office, self.language, self.username, self.now = office, language, username, now
        self.past = History(office.engine)
        self.zone = ZoneInfo(zone)
        self.today: date = now.date()

    def things(self) -> list[Thing]:
        """Return what the person holds, clusters under their server."""
        held = [lease for lease, _ in self.office.held_by(self.username)]
        with self.office.engine.connect() as connection:
            accounts = balances.read(connection, sorted({lease.account for lease in held}))
        since = self.past.since([lease.id for lease in held])
        known = {lease.id for lease in held}
        roots = [lease for lease in held if lease.parent not in known]
        ordered = [one for root in roots for one in (root, *(each for each in held if each.parent == root.id))]
        return [_thing(one, accounts, since.get(one.id), child=one.parent in known) for one in ordered]

    def budgets(self, account: Account) -> list[Meter]:
        """Return a bar for each budget that limits an account."""
        found = []
        for name in BUDGETS:
            limit = account.limits[name]
            if limit is not None:
                used, held = getattr(account.used, name), getattr(account.reserved, name)
                note = words.window_words(self.language, account.window, self.today, self.zone)
                source = source_words(self.language, account.sources.get(name, ""))
                found.append(self._budget(account, name, (used, held, limit), f"{note} {source}".strip()))
        return found

    def caps(self, account: Account, title: str) -> list[Meter]:
        """Return a bar for each cap that limits an account."""
        found = []
        for name in CAPS:
            limit = account.limits[name]
            if limit is None:
                continue
            held = int(getattr(account.held, name))
            said = self.language.text(
                "{amount} of {limit}",
                amount=words.short(self.language, plain(held)),
                limit=self._cap_amount(name, plain(limit)),
            )
            label = self.language.text("{cap}, {account}", cap=words.cap_title(self.language, name), account=title)
            source = source_words(self.language, account.sources.get(name, ""))
            found.append(Meter(label, said, said, _percent(held, limit), 0, source))
        return found

    def outlooks(self, accounts: Sequence[Account]) -> dict[int, Outlook]:
        """Return for each account the budget that ends first, or the fullest when none does."""
        ids = [one.id for one in accounts]
        spent, rates = self.past.days(ids, self._first_day(accounts)), self.past.rates(ids)
        found = {}
        for account in accounts:
            ways = [
                self._outlook(account, name, spent.get(account.id, {}), rates.get(account.id, Spending()))
                for name in BUDGETS
                if account.limits[name] is not None
            ]
            if ways:
                found[account.id] = min(ways, key=lambda one: _order(one, self.now))
        return found

    def bounded(self, account: Account, own: Outlook | None) -> Outlook | None:
        """Return what ends first for this person: the account's budget, their share of it, or their ceiling."""
        beside = [self._ceiling(), Shares(self.office).find(account.name, self.username)]
        ways = [self._personal(one) for one in beside if one is not None]
        return min((one for one in (own, *ways) if one), key=lambda one: _order(one, self.now), default=None)

    def burn(self, outlook: Outlook) -> Burn:
        """Return how a budget of an account was used up, and where that leads."""
        account, name = outlook.account, outlook.dimension
        days = self.past.days([account.id], first_day(account.window, self.now)).get(account.id, {})
        spent = {day: int(getattr(one, name)) for day, one in days.items()}
        used, limit = int(getattr(account.used, name)), account.limits[name] or 0
        ahead = outlook.forecast
        return burn(Spent(used, limit, account.window, spent, ahead.pace, ahead.running * DAY), self.now)

    def mine(self, titles: Mapping[str, str]) -> Bars:
        """Return the credits of each day, by payer."""
        amounts: dict[str, dict[date, float]] = {}
        for one in self.past.of_person(self.username, self.days[0], self.today):
            days = amounts.setdefault(titles.get(one.account, one.account), {})
            days[one.day] = days.get(one.day, 0) + hours(one.spending.credits)
        return bars(self.days, amounts)

    def people(self, account: Account) -> list[Person]:
        """Return who used most of an account in the days shown."""
        found = self.past.people(account.id, self.days[0], PEOPLE_SHOWN)
        holding = self.past.holding(account.id, [name for name, _ in found])
        most = max((spent.credits for _, spent in found), default=0) or 1
        return [
            Person(
                name,
                hours(spent.credits),
                round(spent.credits / most * 100, 1),
                plain(holding[name].cores) if name in holding else 0,
            )
            for name, spent in found
        ]

    @property
    def days(self) -> list[date]:
        """The days shown, today last."""
        return [self.today - timedelta(days=ago) for ago in range(DAYS_SHOWN - 1, -1, -1)]

    def _budget(self, account: Account, name: str, amounts: tuple[int, int, int], note: str) -> Meter:
        used, held, limit = amounts
        left = self.language.text(
            "{left} left of {limit}",
            left=words.short(self.language, max(0.0, hours(limit - used - held))),
            limit=words.amount(self.language, name, hours(limit)),
        )
        spoken = self.language.text(
            "{used} used, {held} held, of {limit}",
            used=words.short(self.language, hours(used)),
            held=words.short(self.language, hours(held)),
            limit=words.amount(self.language, name, hours(limit)),
        )
        title = words.account_title(self.language, account, self.username)
        return Meter(title, left, spoken, _percent(used, limit), _percent(held, limit, _percent(used, limit)), note)

    def _cap_amount(self, name: str, value: float) -> str:
        said = words.short(self.language, value)
        return f"{said}\u00a0{self.language.text('GiB')}" if name == "memory" else said

    def _outlook(self, account: Account, name: str, days: Mapping[date, Spending], rate: Spending) -> Outlook:
        spent = {day: int(getattr(one, name)) for day, one in days.items()}
        left, window = (account.limits[name] or 0) - int(getattr(account.used, name)), account.window
        found = forecast(left, window, spent, int(getattr(rate, name)), self.now)
        even = even_pace(found.left, window.end, self.now) if window.end and window.end > self.now else None
        return Outlook(account, name, found, even)

    def _ceiling(self) -> Account:
        return self.office.accounts.find(f"ceiling:{self.username}")

    def _personal(self, account: Account) -> Outlook | None:
        """Return what ends first of a person's ceiling or share."""
        payer = account.parent  # a ceiling has none, and counts whoever pays
        days: dict[date, Spending] = {}
        for one in self.past.of_person(self.username, self._first_day([account]), self.today, payer):
            days[one.day] = days.get(one.day, Spending()) + one.spending
        rate = Spending()
        for lease, _ in self.office.held_by(self.username):
            if payer in (None, lease.account):
                rate += lease.rate.second
        ways = [self._outlook(account, name, days, rate) for name in BUDGETS if account.limits[name] is not None]
        return min(ways, key=lambda one: _order(one, self.now), default=None)

    def _first_day(self, accounts: Sequence[Account]) -> date:
        begins = [one.window.begins(self.now) or datetime.min.replace(tzinfo=self.now.tzinfo) for one in accounts]
        return min([(self.now - _PACE).date(), *(one.date() for one in begins)])


def _thing(lease: Lease, accounts: Mapping[int, Account], since: Since | None, *, child: bool) -> Thing:
    holding = lease.rate.holding
    return Thing(
        kind=lease.kind,
        name=lease.thing,
        child=child,
        workers=round(plain(holding.workers)),
        cores=people("cores", holding.cores),
        memory_gib=people("memory", holding.memory),
        account=accounts[lease.account],
        per_hour=lease.rate.credits / MICRO,
        credits=hours(since.credits) if since else 0,
        since=since.began if since else None,
    )


def _percent(amount: int, limit: int, before: float = 0) -> float:
    if limit <= 0:
        return 100 - before
    return round(min(100 - before, max(0, amount) / limit * 100), 2)


def _order(outlook: Outlook, now: datetime) -> tuple[float, float]:
    until, limit = outlook.forecast.until, outlook.account.limits[outlook.dimension] or 1
    return (until - now).total_seconds() if until else float("inf"), outlook.forecast.left / limit

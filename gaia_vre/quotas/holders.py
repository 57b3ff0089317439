"""People's own accounts and everybody's limits, made and brought up to date when they are needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gaia_vre.core.errors import InvalidInput, NotFound
from gaia_vre.database.quotas import AccountRow, HolderRow, OverrideRow
from gaia_vre.quotas.accounts import Accounts, account_name
from gaia_vre.quotas.allowance import Grounds, Override, allowance
from gaia_vre.quotas.balances import account_of
from gaia_vre.quotas.model import BUDGETS, CAPS, Allowance, Limit, payer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Engine

    from gaia_vre.quotas.model import Account
    from gaia_vre.quotas.policy import Rules

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Given:
    """A dated number for one account, as somebody gives it."""

    account: str
    dimension: str
    value: int | None
    """In millionths, or millionths times seconds; None is no limit."""
    start: datetime
    until: datetime | None
    reason: str
    by: str


class Holders:
    """Accounts and their limits, kept as the rules say."""

    def __init__(self, engine: Engine, rules: Rules) -> None:
        self._engine, self._rules, self._accounts = engine, rules, Accounts(engine)

    def prepare(self, now: datetime) -> None:
        """Make the accounts of the settings with their limits; those that are there already get the limits of now."""
        for one in self._rules.accounts:
            self._accounts.create(one.kind, one.key, one.parent, one.title, now)
        self.refresh([one.name for one in self._rules.accounts], now)

    def ensure(self, username: str, groups: frozenset[str] | None, now: datetime) -> frozenset[str]:
        """Make a person's account and ceiling and bring their limits up to date; return the person's groups.

        Parameters
        ----------
        groups
            None: those that were told last.
        """
        names = [account_name("person", username), account_name("ceiling", username)]
        with self._engine.connect() as connection:
            known = connection.scalar(select(HolderRow.groups).where(HolderRow.username == username))
            accounts, overrides = _look(connection, names, now)
        if groups is None:
            groups = frozenset(known or ())
        elif known is None or set(known) != groups:
            self._remember(username, groups, now, new=known is None)
        if len(accounts) < len(names):
            accounts = [
                self._accounts.create("person", username, self._rules.people, username, now),
                self._accounts.create("ceiling", username, None, username, now),
            ]
        self._bring(accounts, groups, overrides, now)
        return groups

    def groups(self, username: str) -> frozenset[str]:
        """Return the groups that a person was last said to be in."""
        with self._engine.connect() as connection:
            return frozenset(connection.scalar(select(HolderRow.groups).where(HolderRow.username == username)) or ())

    def refresh(self, names: Iterable[str], now: datetime) -> None:
        """Put the limits of now in force for these accounts, as far as they exist."""
        names = sorted(set(names))
        if not names:
            return
        people = {name.partition(":")[2] for name in names if name.startswith(("person:", "ceiling:"))}
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(HolderRow.username, HolderRow.groups).where(HolderRow.username.in_(people))
            )
            groups = {row.username: frozenset(row.groups) for row in rows}
            accounts, overrides = _look(connection, names, now)
        for account in accounts:
            self._bring([account], groups.get(account.key, frozenset()), overrides, now)

    def dated(self, since: datetime, now: datetime) -> set[str]:
        """Return the accounts of which an override began or ended, or was given, since then."""
        table = OverrideRow
        turned = or_(table.start.between(since, now), table.until.between(since, now), table.made >= since)
        with self._engine.connect() as connection:
            return set(connection.scalars(select(table.account).where(turned)))

    def give(self, given: Given, now: datetime) -> None:
        """Record an override and put it in force.

        Raises
        ------
        NotFound
            There is no such account, and the name is of no person who may have one.
        InvalidInput
            The dimension is unknown, or it ends before it begins.
        """
        if given.dimension not in (*CAPS, *BUDGETS):
            raise InvalidInput(f"There is no limit {given.dimension[:40]!r}; there are {', '.join((*CAPS, *BUDGETS))}")
        if given.until is not None and given.until <= given.start:
            raise InvalidInput(f"until: {given.until:%Y-%m-%d} is not after the start {given.start:%Y-%m-%d}")
        kind, _, key = given.account.partition(":")
        if kind in ("person", "ceiling"):
            self.ensure(key, None, now)
        elif not self._exists(given.account):
            raise NotFound(f"There is no account {given.account[:120]!r}")
        with self._engine.begin() as connection:
            values = {name: getattr(given, name) for name in given.__dataclass_fields__}
            connection.execute(insert(OverrideRow).values(**values, made=now))
        self.refresh([given.account], now)

    def overrides(self, account: str | None = None) -> list[Given]:
        """Return what was given, of one account or of all, newest first."""
        query = select(OverrideRow.__table__).order_by(OverrideRow.id.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(query if account is None else query.where(OverrideRow.account == account))
            return [_given(row) for row in rows]

    def groups_of(self, username: str) -> frozenset[str]:
        """Return the groups that a person was last said to be in."""
        with self._engine.connect() as connection:
            return frozenset(connection.scalar(select(HolderRow.groups).where(HolderRow.username == username)) or ())

    def _exists(self, name: str) -> bool:
        with self._engine.connect() as connection:
            return connection.scalar(select(AccountRow.id).where(AccountRow.name == name)) is not None

    def _remember(self, username: str, groups: frozenset[str], now: datetime, *, new: bool) -> None:
        values = {"groups": sorted(groups), "told": now}
        with self._engine.begin() as connection:
            if new:
                try:
                    with connection.begin_nested():
                        connection.execute(insert(HolderRow).values(username=username, **values))
                    return
                except IntegrityError:
                    pass  # told twice at once: the later counts
            connection.execute(update(HolderRow).where(HolderRow.username == username).values(**values))

    def _bring(
        self, accounts: Sequence[Account], groups: frozenset[str], overrides: Sequence[Given], now: datetime
    ) -> None:
        for account in accounts:
            mine = tuple(
                Override(one.dimension, one.value, one.start, one.until, one.reason, one.by)
                for one in overrides
                if one.account == account.name
            )
            wanted = allowance_of(self._rules, account.name, groups, mine, now)
            if not _in_force(account, wanted):
                self._accounts.allow(account.name, wanted)


def allowance_of(
    rules: Rules, name: str, groups: frozenset[str], overrides: tuple[Override, ...], now: datetime
) -> Allowance:
    """Return the limits of an account by all that is said about it; pure."""
    payer = payer_of(name)
    declared = rules.declared(payer)
    own = declared if payer == name else None
    fixed = tuple(
        Override(dimension, value, _EVER, None, "set in the settings", "the operators")
        for dimension, value in ((own.amounts if own else None) or {}).items()
    )
    bypass = "the settings say so" if name in rules.bypass else None
    found = allowance(rules.policy, name.partition(":")[0], Grounds(groups, (*fixed, *overrides), bypass), now)
    if payer != name:
        found = replace(found, window=rules.policy.windows.get(payer.partition(":")[0], found.window))
    if declared and declared.window:
        found = replace(found, window=declared.window)
    return _within_period(found, now)


def _within_period(found: Allowance, now: datetime) -> Allowance:
    """Leave nothing of the budgets outside their period."""
    start, end = found.window.start, found.window.end
    if end is not None and now >= end:
        nothing = Limit(0, f"its period ended on {end:%Y-%m-%d}")
    elif start is not None and now < start:
        nothing = Limit(0, f"its period begins on {start:%Y-%m-%d}")
    else:
        return found
    return replace(found, limits=found.limits | dict.fromkeys(BUDGETS, nothing))


def _in_force(account: Account, wanted: Allowance) -> bool:
    limits = {name: wanted.limit(name).value for name in (*CAPS, *BUDGETS)}
    sources = {name: limit.source for name, limit in wanted.limits.items()}
    return (account.limits, account.sources, account.window) == (limits, sources, wanted.window)


def _look(connection: Connection, names: Sequence[str], now: datetime) -> tuple[list[Account], list[Given]]:
    """Return these accounts and the overrides that hold for them now."""
    accounts = connection.execute(select(AccountRow.__table__).where(AccountRow.name.in_(names)))
    table = OverrideRow
    holds = (table.start <= now, or_(table.until.is_(None), table.until > now))
    given = connection.execute(select(table.__table__).where(table.account.in_(names), *holds).order_by(table.id))
    return [account_of(row) for row in accounts], [_given(row) for row in given]


def _given(row: object) -> Given:
    values = {name: getattr(row, name) for name in Given.__dataclass_fields__}
    return Given(**values | {"value": None if values["value"] is None else int(values["value"])})

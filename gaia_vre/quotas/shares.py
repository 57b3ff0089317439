"""Shares: what each member may use of a project's or course's budget, as its managers split it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound
from gaia_vre.database.quotas import AccountRow, SpendRow
from gaia_vre.quotas import balances, leases
from gaia_vre.quotas.accounts import account_name
from gaia_vre.quotas.entries import spent
from gaia_vre.quotas.holders import Given
from gaia_vre.quotas.model import (
    BUDGETS,
    CAPS,
    LEVELS,
    NOTHING_HELD,
    NOTHING_USED,
    Account,
    Lease,
    Spending,
    share_name,
)
from gaia_vre.quotas.requests import upwards

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gaia_vre.quotas.deciding import Office

log = logging.getLogger(__name__)

_LONGEST = 120
_SPLIT = ("project", "course")


@dataclass(frozen=True)
class Split:
    """What somebody decides about a member's part."""

    account: str
    username: str
    dimension: str
    value: int | None
    """In millionths, for a budget times seconds; None is no limit but the account's own."""
    by: str
    admin: bool = False
    reason: str = "share of a member"


class Shares:
    """The shares of one database."""

    def __init__(self, office: Office) -> None:
        self._office, self._engine = office, office.engine

    def of(self, account: str) -> list[Account]:
        """Return the shares of an account, by name of the member; raises NotFound."""
        payer = self._office.accounts.find(account)
        which = (AccountRow.kind == "share", AccountRow.parent_id == payer.id)
        with self._engine.connect() as connection:
            rows = connection.execute(select(AccountRow.__table__).where(*which).order_by(AccountRow.name))
            return [balances.account_of(row) for row in rows]

    def names(self) -> list[str]:
        """Return the names of all shares."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(AccountRow.name).where(AccountRow.kind == "share")))

    def find(self, account: str, username: str) -> Account | None:
        """Return the share of one member, if one was ever given."""
        with self._engine.connect() as connection:
            return _find(connection, share_name(account, username))

    def give(self, split: Split) -> Account:
        """Put a member's share in force, from now on also for what runs; the same again changes nothing.

        Raises
        ------
        NotAllowed
            Who asks does not manage the account.
        InvalidInput
            The account cannot be split, or the person may not pay with it.
        NotFound
            There is no such account.
        """
        self._check(split)
        now = self._office.clock().wall
        name = share_name(split.account, split.username)
        share = self.open(split.account, split.username)
        if share.limits[split.dimension] == split.value:
            return share
        given = Given(name, split.dimension, split.value, now, None, split.reason[:300], split.by)
        self._office.holders.give(given, now)
        log.info("%s: %s of %s is now %s, by %s", split.account, split.dimension, split.username, split.value, split.by)
        return self._office.accounts.find(name)

    def open(self, account: str, username: str) -> Account:
        """Return a member's share, made without a limit if there is none; raises NotFound."""
        now, name = self._office.clock().wall, share_name(account, username)
        known = self.find(account, username)
        if known is None:
            self._make(self._office.accounts.find(account), username, now)
        return known or self._office.accounts.find(name)

    def may_split(self, account: str, username: str) -> bool:
        """Say whether a person manages an account, or one above it."""
        return any(username in one.managers for one in upwards(self._office.rules, account))

    def join(self, live: Sequence[Lease]) -> int:
        """Charge these leases to the shares that they belong to and miss; return how many shares gained some.

        A start that was decided at the same moment as its share may have missed it.
        """
        with self._engine.connect() as connection:
            payers = balances.read(connection, sorted({lease.account for lease in live}))
            by_name = {share_name(payers[one.account].name, one.username): one for one in live}
            shares = [one for name in sorted(by_name) if (one := _find(connection, name))] if by_name else []
        missing = {
            share.name
            for share in shares
            for lease in live
            if (lease.account, lease.username) == (share.parent, share.holder) and share.id not in lease.chain
        }
        for share in shares:
            if share.name in missing:
                self._recount(share, self._office.clock().wall)
        return len(missing)

    def _check(self, split: Split) -> None:
        kind = split.account.partition(":")[0]
        declared = self._office.rules.declared(split.account)
        if declared is None:
            raise NotFound(f"There is no account {split.account[:120]!a}")
        if kind not in _SPLIT:
            raise InvalidInput(f"{split.account} is a {kind}; projects and courses are split among their members")
        if not split.admin and not self.may_split(split.account, split.by):
            raise NotAllowed(f"{split.by} may not split {split.account}; its managers may")
        if split.dimension not in (*CAPS, *BUDGETS):
            raise InvalidInput(f"There is no limit {split.dimension[:40]!a}; there are {', '.join((*CAPS, *BUDGETS))}")
        account_name("ceiling", split.username)  # a name that is none is refused
        if not declared.open_to(split.username, self._office.holders.groups_of(split.username)):
            raise InvalidInput(f"{split.username} may not pay with {split.account}, so nothing of it can be theirs")
        if len(name := share_name(split.account, split.username)) > _LONGEST:
            raise InvalidInput(f"{name}: {len(name)} characters are too many for a share; {_LONGEST} fit")

    def _make(self, payer: Account, username: str, now: datetime) -> None:
        name, window = share_name(payer.name, username), payer.window
        values = {
            "name": name,
            "kind": "share",
            "level": LEVELS["share"],
            "parent_id": payer.id,
            "title": f"{payer.title[:90]}, share of {username}",
            "created": now,
            "sources": {},
            "window_days": window.days,
            "window_start": window.start,
            "window_end": window.end,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(AccountRow).values(**values))
        except IntegrityError:
            pass  # made twice at once: the same
        self._recount(self._office.accounts.find(name), now)

    def _recount(self, share: Account, now: datetime) -> None:
        """Put a share to what its member holds and has used, and let all that runs be charged to it."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            mine = [one.id for one in leases.live_of(connection, share.holder) if one.account == share.parent]
            found = leases.live(connection, mine, lock=True)
            numbers = sorted({share.id, *(number for lease in found for number in lease.chain)})
            order = list(balances.read(connection, numbers, lock=True))
            held, reserved = NOTHING_HELD, NOTHING_USED
            for lease in found:
                held += lease.rate.holding
                reserved += lease.rate.over(lease.until - lease.settled)
                chain = [number for number in order if number in lease.chain or number == share.id]
                leases.change(connection, lease.id, {"chain": chain})
            used = _used(connection, share, now)
            values = {f"held_{name}": getattr(held, name) for name in CAPS}
            values |= {f"reserved_{name}": getattr(reserved, name) for name in BUDGETS}
            values |= {f"used_{name}": getattr(used, name) for name in BUDGETS}
            connection.execute(update(AccountRow).where(AccountRow.id == share.id).values(**values))
            connection.commit()


def _used(connection: Connection, share: Account, now: datetime) -> Spending:
    begins = share.window.begins(now)
    since = [SpendRow.day >= begins.date()] if begins else []
    return spent(connection, SpendRow.account_id == share.parent, SpendRow.username == share.holder, *since)


def _find(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(AccountRow.__table__).where(AccountRow.name == name)).first()
    return None if row is None else balances.account_of(row)

"""Accounts in the database: the tree of payers, and each person's ceiling beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from gaia_vre.core.errors import Conflict, InvalidInput, NotFound
from gaia_vre.database.quotas import AccountRow
from gaia_vre.quotas.balances import account_of, limit_columns
from gaia_vre.quotas.model import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from gaia_vre.quotas.model import Account, AccountKind, Allowance

_KEY = re.compile(r"[^\x00-\x20\x7f:/]{1,100}")


class Accounts:
    """The accounts of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, kind: AccountKind, key: str, parent: str | None, title: str, now: datetime) -> Account:
        """Make an account below another; the same again changes nothing.

        Raises
        ------
        InvalidInput
            The key has forbidden characters, or the parent is not above such an account.
        NotFound
            There is no such parent.
        Conflict
            The account exists below another parent.
        """
        name = account_name(kind, key)
        with self._engine.begin() as connection:
            above = self._parent(connection, kind, parent)
            values = {"kind": kind, "level": LEVELS[kind], "parent_id": above and above.id, "title": title}
            try:
                with connection.begin_nested():
                    connection.execute(insert(AccountRow).values(name=name, created=now, sources={}, **values))
            except IntegrityError:
                pass  # it exists: compared below
            found = _find(connection, name)
        if found.parent != values["parent_id"]:
            raise Conflict(f"{name} stands below another account already")
        return found

    def find(self, name: str) -> Account:
        """Return an account; raises NotFound."""
        with self._engine.connect() as connection:
            return _find(connection, name)

    def all(self) -> list[Account]:
        """Return all accounts of the tree, from the top."""
        query = select(AccountRow.__table__).where(AccountRow.level > 0)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(AccountRow.level.desc(), AccountRow.name))
            return [account_of(row) for row in rows]

    def declared(self) -> list[Account]:
        """Return the sites, communities, projects and courses, whose number does not grow with that of people."""
        query = select(AccountRow.__table__).where(AccountRow.level > 0, AccountRow.kind != "person")
        with self._engine.connect() as connection:
            return [account_of(row) for row in connection.execute(query)]

    def allow(self, name: str, allowance: Allowance) -> None:
        """Put limits in force, with their sources and window; raises NotFound."""
        limits = {dimension: limit.value for dimension, limit in allowance.limits.items()}
        sources = {dimension: limit.source for dimension, limit in allowance.limits.items()}
        window = allowance.window
        values = {"window_days": window.days, "window_start": window.start, "window_end": window.end}
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(AccountRow)
                .where(AccountRow.name == name)
                .values(**limit_columns(limits), **values, sources=sources)
            )
            if changed.rowcount != 1:
                raise NotFound(f"There is no account {name[:120]!r}")

    @staticmethod
    def _parent(connection: Connection, kind: AccountKind, parent: str | None) -> Account | None:
        if parent is None:
            return None
        above = _find(connection, parent)
        if LEVELS[above.kind] <= LEVELS[kind] or kind == "ceiling":
            raise InvalidInput(f"A {kind} cannot stand below {parent}, which is a {above.kind}")
        return above


def account_name(kind: AccountKind, key: str) -> str:
    """Return the name of an account; raises InvalidInput for a key that is none."""
    if kind not in LEVELS:
        raise InvalidInput(f"There is no kind of account {kind!r}; there are {', '.join(LEVELS)}")
    if not _KEY.fullmatch(key):
        raise InvalidInput(f"{key[:40]!a} is no key of an account: 1 to 100 characters, no space, colon or slash")
    return f"{kind}:{key}"


def subtree(accounts: Sequence[Account], top: int) -> set[int]:
    """Return the ids of an account and of all below it."""
    found = {top}
    for account in accounts:  # from the top: parents come first
        if account.parent in found:
            found.add(account.id)
    return found


def _find(connection: Connection, name: str) -> Account:
    row = connection.execute(select(AccountRow.__table__).where(AccountRow.name == name)).first()
    if row is None:
        raise NotFound(f"There is no account {name[:120]!r}")
    return account_of(row)

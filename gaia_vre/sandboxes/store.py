"""Sandboxes in the database; each change is one statement that only its own state allows."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import func, insert, select, update

from gaia_vre.core.errors import Conflict, NotFound
from gaia_vre.core.kinds import SANDBOX_USER
from gaia_vre.database.sandboxes import SandboxRow
from gaia_vre.sandboxes.model import LIVING, THERE, Receipt, Sandbox, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import timedelta

    from sqlalchemy import CursorResult, Engine, Table

    from gaia_vre.sandboxes.model import State, Why

_TABLE = cast("Table", SandboxRow.__table__)
_SHOWN = 200
_LONGEST_PROBLEM = 500
_LOCK_NUMBER = 7_420_163
"""Any number that only sandboxes use."""


class Sandboxes:
    """The sandboxes of one database.

    Parameters
    ----------
    clock
        Tells the time, in UTC.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine, self.clock = engine, clock

    def create(self, made: Sandbox, most: int) -> Sandbox:
        """Note a new sandbox.

        Raises
        ------
        Conflict
            The person has as many as one may, or all visitors together have as many as they may.
        """
        visitors = made.visitor is not None
        username = SANDBOX_USER if visitors else made.username
        theirs = _TABLE.c.username.startswith(username, autoescape=True) if visitors else _TABLE.c.username == username
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # else two that are made at once do not see each other
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK_NUMBER, func.hashtext(username))))
            connection.execute(insert(_TABLE).values(**_values(made)))
            count = select(func.count()).where(theirs, _TABLE.c.state.in_(LIVING))
            living = connection.scalar(count) or 0
            if living > most and visitors:
                raise Conflict(f"All {most} sandboxes for visitors are taken: try again in some minutes")
            if living > most:
                raise Conflict(
                    f"{username} has {living - 1} sandboxes, and {most} is the limit: keep or destroy one first"
                )
        return made

    def find(self, number: str, username: str | None = None) -> Sandbox:
        """Return a sandbox, of this person if one is named; raises NotFound."""
        with self.engine.connect() as connection:
            row = connection.execute(select(_TABLE).where(_TABLE.c.id == number)).first()
        if row is None or username not in (None, row.username):
            raise NotFound(f"There is no sandbox {number[:16]!a}")
        return sandbox_of(row)

    def owners(self, numbers: Collection[str]) -> dict[str, str]:
        """Return whose these sandboxes are, or were, by number."""
        if not numbers:
            return {}
        query = select(_TABLE.c.id, _TABLE.c.username).where(_TABLE.c.id.in_(sorted(numbers)))
        with self.engine.connect() as connection:
            return {row.id: row.username for row in connection.execute(query)}

    def of(self, username: str) -> list[Sandbox]:
        """Return those of a person that are there, the oldest first."""
        return self._all(_TABLE.c.username == username, _TABLE.c.state.in_(THERE))

    def history(self, username: str) -> list[Sandbox]:
        """Return what a person tried, the newest first."""
        query = select(_TABLE).where(_TABLE.c.username == username).order_by(_TABLE.c.created.desc()).limit(_SHOWN)
        with self.engine.connect() as connection:
            return [sandbox_of(row) for row in connection.execute(query)]

    def there(self, *states: State) -> list[Sandbox]:
        """Return all that are not destroyed, or those in these states, the oldest first."""
        return self._all(_TABLE.c.state.in_(states or (*THERE, "destroying")))

    def since(self, begin: datetime) -> tuple[int, int]:
        """Return how many were made since then, and how many of these were kept."""
        query = select(func.count(), func.count(_TABLE.c.kept)).where(_TABLE.c.created >= begin)
        with self.engine.connect() as connection:
            made, kept = connection.execute(query).one()
        return int(made), int(kept)

    # Changes ------------------------------------------------------------------------------------

    def extend(self, sandbox: Sandbox, by: timedelta, most: int) -> Sandbox:
        """Make a life longer.

        Raises
        ------
        Conflict
            It has ended, or was made longer as often as it may.
        """
        if sandbox.state not in LIVING:
            raise Conflict(f"The sandbox {sandbox.id} has ended and cannot be made longer; its files can be kept")
        if sandbox.extensions >= most:
            raise Conflict(f"The sandbox {sandbox.id} was made longer {most} times, which is the limit: keep its files")
        changed = replace(sandbox, deadline=sandbox.deadline + by, extensions=sandbox.extensions + 1, warned=0)
        same = _TABLE.c.extensions == sandbox.extensions
        given = {"deadline": changed.deadline, "extensions": changed.extensions, "warned": 0}
        if not self._change(sandbox.id, LIVING, given, same):
            raise Conflict(f"The sandbox {sandbox.id} changed meanwhile: look again")
        return changed

    def began(self, number: str, title: str, source: Source) -> bool:
        """Note that a sandbox is furnished and starts."""
        return self._change(number, ("making",), {"title": title, "source": source.stored(), "state": "running"})

    def warn(self, number: str, minutes: int) -> bool:
        """Note that its person was warned so many minutes before the deadline."""
        return self._change(number, LIVING, {"warned": minutes})

    def freeze(self, number: str, why: Why, until: datetime) -> bool:
        """Note that a sandbox has ended; its files stay until then. Say whether it had not ended before."""
        now = self.clock()
        return self._change(number, LIVING, {"state": "frozen", "why": why, "ended": now, "frozen_until": until})

    def give_up(self, number: str, why: Why, problem: str = "") -> bool:
        """Note that what is left of a sandbox is to go, and what the problem was if there was one."""
        ended = func.coalesce(_TABLE.c.ended, self.clock())
        reason: dict[str, Any] = {} if why == "" else {"why": why}
        if problem:
            reason["problem"] = problem[:_LONGEST_PROBLEM]
        return self._change(number, THERE, {"state": "destroying", "ended": ended, **reason})

    def destroyed(self, number: str) -> bool:
        """Note that nothing is left of it."""
        return self._change(number, ("destroying",), {"state": "destroyed", "destroyed": self.clock()})

    def kept(self, number: str, receipt: Receipt) -> None:
        """Note what was kept of it."""
        given = {"kept": asdict(receipt) | {"at": receipt.at.isoformat(), "left_out": list(receipt.left_out)}}
        self._change(number, (*THERE, "destroying"), given)

    def _change(self, number: str, states: Iterable[State], given: dict[str, Any], *more: Any) -> bool:
        query = update(_TABLE).where(_TABLE.c.id == number, _TABLE.c.state.in_(tuple(states)), *more)
        with self.engine.begin() as connection:
            done = cast("CursorResult[Any]", connection.execute(query.values(**given)))
        return bool(done.rowcount)

    def _all(self, *which: Any) -> list[Sandbox]:
        query = select(_TABLE).where(*which).order_by(_TABLE.c.created, _TABLE.c.id)
        with self.engine.connect() as connection:
            return [sandbox_of(row) for row in connection.execute(query)]


def sandbox_of(row: Any) -> Sandbox:
    """Return the sandbox that a row tells of."""
    values = {name: getattr(row, name) for name in Sandbox.__dataclass_fields__}
    return Sandbox(**values | {"source": Source.of(row.source), "kept": _receipt(row.kept)})


def _receipt(kept: dict[str, Any] | None) -> Receipt | None:
    if kept is None:
        return None
    return Receipt(**kept | {"at": datetime.fromisoformat(kept["at"]), "left_out": tuple(kept["left_out"])})


def _values(sandbox: Sandbox) -> dict[str, Any]:
    values = {name: getattr(sandbox, name) for name in Sandbox.__dataclass_fields__}
    return values | {"source": sandbox.source.stored(), "kept": None}

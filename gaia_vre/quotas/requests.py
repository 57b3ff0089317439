"""Requests for more: asked by who may pay, decided by who manages, kept for ever."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, insert, select, update

from gaia_vre.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from gaia_vre.database.quotas import AccountRow, AskingRow, OverrideRow
from gaia_vre.messages.model import Message
from gaia_vre.messages.store import put_kind_away, write
from gaia_vre.quotas.model import BUDGETS, CAPS
from gaia_vre.quotas.offers import people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from gaia_vre.messages.model import Fact, Severity
    from gaia_vre.quotas.deciding import Office
    from gaia_vre.quotas.policy import Declared, Rules

log = logging.getLogger(__name__)

RequestState = Literal["open", "granted", "declined"]
MOST_OPEN = 5
"""Open requests of one person."""
_SHOWN = 200


@dataclass(frozen=True)
class Asked:
    """A request for more."""

    id: int
    username: str
    account: str
    dimension: str
    more: int
    """In millionths, for a budget times seconds."""
    until: datetime
    reason: str
    made: datetime
    state: RequestState = "open"
    given: int | None = None
    """By how much the limit was raised."""
    by: str | None = None
    decided: datetime | None = None
    answer: str = ""


@dataclass(frozen=True)
class Wish:
    """What somebody asks for."""

    account: str
    dimension: str
    more: int
    """In millionths, for a budget times seconds."""
    until: datetime
    reason: str


@dataclass(frozen=True)
class Decision:
    """What somebody decides about a request."""

    by: str
    admin: bool
    more: int | None
    """By how much the limit rises; None declines."""
    until: datetime
    answer: str


class Requests:
    """The requests of one database."""

    def __init__(self, office: Office) -> None:
        self._office, self._engine, self._rules = office, office.engine, office.rules

    def ask(self, username: str, wish: Wish) -> Asked:
        """Record a request.

        Raises
        ------
        NotAllowed
            The person may not pay with this account.
        InvalidInput
            Nothing limits this there, the amount is none, the date is past, or no reason is given.
        Conflict
            Too many of this person's requests are open.
        """
        now = self._office.clock().wall
        self._check(username, wish, now)
        values = {name: getattr(wish, name) for name in Wish.__dataclass_fields__} | {"reason": wish.reason.strip()}
        with self._engine.begin() as connection:
            waiting = (AskingRow.username == username, AskingRow.state == "open")
            if (connection.scalar(select(func.count()).where(*waiting)) or 0) >= MOST_OPEN:
                raise Conflict(f"{MOST_OPEN} requests of {username} wait for an answer already")
            adding = insert(AskingRow).values(username=username, made=now, state="open", answer="", **values)
            number = connection.scalar(adding.returning(AskingRow.id))
            for manager in deciders(self._rules, wish.account, username):
                facts = self._facts(wish.account, wish.dimension, wish.more) | {"by": username, "reason": wish.reason}
                key = f"request-asked:{number}:{manager}"
                write(connection, Message(key, "request-asked", manager, now, facts, expires=wish.until))
        log.info("request %s: %s asks for more %s on %s", number, username, wish.dimension, wish.account)
        return self.find(number or 0)

    def decide(self, number: int, decision: Decision) -> Asked:
        """Grant a request as a dated override, or decline it with a sentence; only once.

        Raises
        ------
        NotFound
            There is no such request for this person to decide.
        Conflict
            It is decided already.
        InvalidInput
            It ends before it begins, or is declined without a sentence.
        """
        now, asked = self._office.clock().wall, self.find(number)
        if not self._may_decide(asked, decision):
            raise NotFound(f"There is no request {number} for {decision.by} to decide")
        _check_decision(decision, now)
        with self._engine.begin() as connection:
            once = (AskingRow.id == number, AskingRow.state == "open")
            if connection.execute(update(AskingRow).where(*once).values(**_decided(asked, decision, now))).rowcount < 1:
                raise Conflict(f"The request {number} is decided already")
            if decision.more is not None:
                _raise_limit(connection, asked, decision, now)
            write(connection, self._answer(asked, decision, now))
        self._office.holders.refresh([asked.account], now)
        found = self.find(number)
        log.info("request %s of %s on %s: %s by %s", number, asked.username, asked.account, found.state, decision.by)
        return found

    def find(self, number: int) -> Asked:
        """Return a request; raises NotFound."""
        found = self._some(AskingRow.id == number)
        if not found:
            raise NotFound(f"There is no request {number}")
        return found[0]

    def of(self, username: str) -> list[Asked]:
        """Return the last requests of a person, newest first."""
        return self._some(AskingRow.username == username)[:10]

    def waiting_for(self, username: str, *, admin: bool) -> list[Asked]:
        """Return the open requests that a person may decide, newest first."""
        which = [AskingRow.state == "open", AskingRow.username != username]
        if not admin:
            if not self._rules.managed_by(username):
                return []
            which.append(_below(self._rules, username))
        found = self._some(*which)
        return [one for one in found if admin or username in deciders(self._rules, one.account, one.username)]

    def unread(self, username: str) -> Asked | None:
        """Return the last answer that a person has not put away."""
        table = AskingRow
        found = self._some(table.username == username, table.state != "open", table.read.is_(None))
        return max(found, key=lambda one: one.decided or one.made, default=None)

    def put_away(self, username: str, number: int) -> None:
        """Do not show an answer and all older ones any more; raises NotFound."""
        if self.find(number).username != username:
            raise NotFound(f"There is no request {number} of {username}")
        now = self._office.clock().wall
        answered = (AskingRow.username == username, AskingRow.state != "open", AskingRow.read.is_(None))
        with self._engine.begin() as connection:
            connection.execute(update(AskingRow).where(*answered).values(read=now))
            for kind in ("request-granted", "request-declined"):
                put_kind_away(connection, username, kind, now)

    def _check(self, username: str, wish: Wish, now: datetime) -> None:
        mine = {one.account.name: one.account for one in self._office.offers(username, None, {})}
        if wish.account not in mine:
            raise NotAllowed(f"{username} may not ask for {wish.account[:120]!a}; they may for {', '.join(mine)}")
        if wish.dimension not in (*CAPS, *BUDGETS) or mine[wish.account].limits[wish.dimension] is None:
            raise InvalidInput(f"{wish.account} has no limit of {wish.dimension[:40]!a}, so there is nothing to raise")
        if wish.more <= 0:
            raise InvalidInput("more: give a number above 0")
        if wish.until <= now:
            raise InvalidInput(f"until: {wish.until:%Y-%m-%d} is past")
        if not wish.reason.strip():
            raise InvalidInput("reason: say in a sentence what it is for")

    def _answer(self, asked: Asked, decision: Decision, now: datetime) -> Message:
        """Return what the person who asked is told."""
        kind = "request-declined" if decision.more is None else "request-granted"
        facts = self._facts(asked.account, asked.dimension, decision.more or asked.more)
        facts |= {"by": decision.by, "answer": decision.answer}
        severity: Severity = "warn" if decision.more is None else "info"
        return Message(f"request-decided:{asked.id}", kind, asked.username, now, facts, severity)

    def _facts(self, account: str, dimension: str, amount: int) -> dict[str, Fact]:
        declared = self._rules.declared(account)
        title = declared.title if declared else account.partition(":")[2]
        return {"account": title, "dimension": dimension, "amount": people(dimension, amount)}

    def _may_decide(self, asked: Asked, decision: Decision) -> bool:
        if decision.by == asked.username:
            return False
        return decision.admin or decision.by in deciders(self._rules, asked.account, asked.username)

    def _some(self, *which: ColumnElement[bool]) -> list[Asked]:
        query = select(AskingRow.__table__).where(*which).order_by(AskingRow.made.desc(), AskingRow.id.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(_SHOWN)).all()
        return [Asked(**{name: getattr(row, name) for name in Asked.__dataclass_fields__}) for row in rows]


def deciders(rules: Rules, account: str, asking: str) -> tuple[str, ...]:
    """Return who may decide: the managers of the account, or of the nearest level above that has some.

    Managers do not decide about what they ask for themselves: the level above does, and operators may always.
    """
    for one in upwards(rules, account):
        if one.managers and asking not in one.managers:
            return one.managers
    return ()


def managed_by(rules: Rules, username: str) -> list[str]:
    """Return the accounts that a person manages, beside their own."""
    return [one.name for one in rules.managed_by(username)]


def upwards(rules: Rules, account: str) -> Iterator[Declared]:
    """Yield the declared account and all above it; people's own stand below the one of the settings."""
    found = rules.declared(account) or rules.declared(rules.people)
    while found:
        yield found
        found = rules.declared(found.parent) if found.parent else None


def _below(rules: Rules, username: str) -> ColumnElement[bool]:
    """Find what is asked of accounts that this person manages, or that stand below such a one."""

    def managed(name: str) -> bool:
        return any(username in one.managers for one in upwards(rules, name))

    names = {one.name for one in rules.accounts if managed(one.name)}.union(managed_by(rules, username))
    found = AskingRow.account.in_(names)
    return found | AskingRow.account.startswith("person:", autoescape=True) if managed(rules.people) else found


def _check_decision(decision: Decision, now: datetime) -> None:
    if decision.more is None:
        if not decision.answer.strip():
            raise InvalidInput("answer: say in a sentence why not")
        return
    if decision.more <= 0:
        raise InvalidInput("more: give a number above 0")
    if decision.until <= now:
        raise InvalidInput(f"until: {decision.until:%Y-%m-%d} is past")


def _decided(asked: Asked, decision: Decision, now: datetime) -> dict[str, object]:
    granted = decision.more is not None
    return {
        "state": "granted" if granted else "declined",
        "given": decision.more,
        "by": decision.by,
        "decided": now,
        "answer": decision.answer.strip(),
        "until": decision.until if granted else asked.until,
    }


def _raise_limit(connection: Connection, asked: Asked, decision: Decision, now: datetime) -> None:
    """Record the override; the pass that follows a kill puts it in force."""
    limit = connection.scalar(
        select(getattr(AccountRow, f"limit_{asked.dimension}")).where(AccountRow.name == asked.account)
    )
    if limit is None:
        return  # nothing limits it any more
    values = {"account": asked.account, "dimension": asked.dimension, "value": int(limit) + (decision.more or 0)}
    dated = {"start": now, "until": decision.until, "made": now, "by": decision.by}
    reason = f"request {asked.id} of {asked.username}"[:300]
    connection.execute(insert(OverrideRow).values(**values, **dated, reason=reason))

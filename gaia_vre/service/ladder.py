"""What happens while a budget runs out: notices, then no more workers and starts, a grace, then the stop."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.amounts import hours
from gaia_vre.core.errors import GaiaError, NotFound
from gaia_vre.messages.model import Message
from gaia_vre.quotas import balances
from gaia_vre.quotas.events import Event
from gaia_vre.quotas.model import BUDGETS
from gaia_vre.quotas.words import WORDS, number
from gaia_vre.service.model import Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from gaia_vre.messages.model import Fact, Severity
    from gaia_vre.quotas.clock import Instant
    from gaia_vre.quotas.deciding import Office
    from gaia_vre.quotas.events import EventKind
    from gaia_vre.quotas.model import Account, Lease
    from gaia_vre.service.dependencies import Parts

log = logging.getLogger(__name__)

NOTICES = (80, 95)
"""Percent of a budget."""
WARNED = timedelta(seconds=60)
"""So long before the end of the grace labs are asked to save what is open in them."""
SAVING = timedelta(seconds=20)
"""Labs have at least so long for it, also where there is no grace.

JupyterLab saves what is open when it reads the message. With real-time collaboration documents are saved 1 s after
the last change by themselves (jupyter-collaboration 5.0.4), but what was changed in the last second before the signal
is lost, so the time is needed there too.
"""
_STANDS = timedelta(days=7)
_LOOKED_AT = 20


@dataclass(frozen=True)
class Rung:
    """How far the use of one budget has come."""

    account: Account
    dimension: str
    percent: int
    """80, 95 or 100."""

    @property
    def amounts(self) -> tuple[float, float]:
        """What is used, and the limit."""
        return hours(getattr(self.account.used, self.dimension)), hours(self.account.limits[self.dimension] or 0)

    @property
    def sentence(self) -> str:
        used, limit = self.amounts
        return f"{self.account.title}: {number(used)} of {number(limit)} {WORDS[self.dimension]} used"

    def key(self, now: datetime) -> str:
        """Name this step of this budget; once in a dated period, once a week (the stop: a day) in a rolling one."""
        window = self.account.window
        if window.days is None:
            period = str(window.start)
        else:
            period = now.strftime("%Y-%m-%d" if self.percent == 100 else "%G-W%V")
        return f"{self.account.name}:{self.dimension}:{self.percent}:{self.account.limits[self.dimension]}:{period}"


def rungs(accounts: Iterable[Account]) -> list[Rung]:
    """Return the highest step that each budget has reached."""
    found = []
    for account in accounts:
        for name in BUDGETS:
            limit, used = account.limits[name], int(getattr(account.used, name))
            reached = [step for step in (*NOTICES, 100) if limit and used * 100 >= limit * step]
            # A limit of nothing, as after the period, is used up by whatever runs.
            if reached or limit == 0:
                found.append(Rung(account, name, max(reached, default=100)))
    return found


class Ladder:
    """The part of each pass that acts when budgets run out; every step is taken and recorded once."""

    def __init__(self, parts: Parts) -> None:
        self.office, self.hub, self.gateway, self.store = parts.office, parts.hub, parts.gateway, parts.store
        self.grace = timedelta(minutes=parts.settings.quotas.grace_minutes)
        self.observe = parts.office.rules.observe
        self.metrics = parts.metrics

    def step(self, live: Sequence[Lease]) -> None:
        """Do one pass over the accounts that something is charged to."""
        now = self.office.clock()
        with self.office.engine.connect() as connection:
            touched = sorted({account for lease in live for account in lease.chain})
            accounts = balances.read(connection, touched) if touched else {}
        reached = rungs(accounts.values())
        self._measure(reached)
        for rung in reached:
            theirs = [lease for lease in live if rung.account.id in lease.chain and lease.seen]
            if rung.percent < 100:
                self._notify(rung, theirs, now)
            else:
                self._use_up(rung, theirs, now)

    def _measure(self, reached: Sequence[Rung]) -> None:
        self.metrics.budgets.clear()
        for account in self.office.accounts.declared():
            for name in BUDGETS:
                if limit := account.limits[name]:
                    ratio = int(getattr(account.used, name)) / limit
                    self.metrics.budgets.labels(account.name, name).set(ratio)
        self.metrics.reached.clear()
        for rung in reached:
            self.metrics.reached.labels(rung.account.kind, str(rung.percent)).inc()

    def _notify(self, rung: Rung, theirs: Sequence[Lease], now: Instant) -> None:
        for username in sorted({lease.username for lease in theirs}):
            self._record(rung, "notice", now, username)

    def _use_up(self, rung: Rung, theirs: Sequence[Lease], now: Instant) -> None:
        """Begin the grace, and when it is over stop what is charged to this account.

        Workers are gone before: the gateway asks every minute how many it may have, and the answer is none.
        """
        for username in sorted({lease.username for lease in theirs}):
            self._record(rung, "used-up", now, username)
        for lease in theirs:
            begun = self.office.events.find(f"used-up:{rung.key(now.wall)}:{lease.username}")
            if not begun:
                continue
            left = timedelta(seconds=int(begun.facts["second"]) - now.seconds) + self.grace
            if self.observe:
                if left <= timedelta():
                    self._note_stop(rung, lease, now)
            elif self._warned(rung, lease, left, now) and left <= timedelta():
                self._stop(rung, lease, now)

    def _warned(self, rung: Rung, lease: Lease, left: timedelta, now: Instant) -> bool:
        """Ask the lab to save what is open when the end is near; say whether it has had the time."""
        if lease.kind != "server":
            return True
        if left > WARNED:
            return False
        key = f"will-stop:{rung.account.name}:{rung.dimension}:{rung.account.limits[rung.dimension]}:{lease.id}"
        if warned := self.office.events.find(key):
            return now.seconds - int(warned.facts["second"]) >= SAVING.total_seconds()
        stops = now.wall + max(left, SAVING)
        facts = {"dimension": rung.dimension, "message": rung.sentence, "second": now.seconds}
        event = Event(key, now.wall, "will-stop", rung.account.name, lease.username, lease.id, facts)
        told: dict[str, Fact] = {"name": lease.thing, "account": rung.account.title, "stops": stops}
        message = Message(key, "will-stop", lease.username, now.wall, told, "bad", stops + WARNED)
        self.office.events.record(event, message)
        return False

    def _stop(self, rung: Rung, lease: Lease, now: Instant) -> None:
        key = f"stop:{rung.account.name}:{rung.dimension}:{lease.id}"
        if self.office.events.find(key):
            return  # it is stopping
        # Recorded first: the hub tells of the end at once, and knows no reason.
        self.store.end(Thing(lease.kind, lease.username, lease.thing), "budget", now.wall, rung.sentence)
        try:
            if lease.kind == "server":
                self.hub.stop(lease.username, lease.thing)
            else:
                self.gateway.stop(lease.thing)
        except GaiaError as error:
            log.warning("%s %r of %s could not be stopped: %s", lease.kind, lease.thing, lease.username, error.message)
            return
        self.office.events.record(_step(key, "stop", rung, lease, now))
        self.metrics.repairs.labels("budget-stop").inc()
        log.info("%s: the %s %r of %s is stopped", rung.sentence, lease.kind, lease.thing, lease.username)

    def _note_stop(self, rung: Rung, lease: Lease, now: Instant) -> None:
        """Record that it would stop now, if anything were enforced."""
        key = f"would-stop:{rung.account.name}:{rung.dimension}:{lease.id}"
        self.office.events.record(_step(key, "would-stop", rung, lease, now))

    def _record(self, rung: Rung, kind: str, now: Instant, username: str) -> None:
        used, limit = rung.amounts
        facts = {"dimension": rung.dimension, "percent": rung.percent, "used": used, "limit": limit}
        facts |= {"title": rung.account.title, "message": rung.sentence}
        if kind == "used-up":
            facts |= {"stops": (now.wall + self.grace).isoformat(), "second": now.seconds}
        key = f"{kind}:{rung.key(now.wall)}:{username}"
        event = Event(key, now.wall, kind, rung.account.name, username, None, facts)  # type: ignore[arg-type]
        if self.office.events.record(event, self._told(rung, key, now, username)):
            log.info("%s; told to %s", rung.sentence, username)

    def _told(self, rung: Rung, key: str, now: Instant, username: str) -> Message:
        used, limit = rung.amounts
        facts: dict[str, Fact] = {"account": rung.account.title, "percent": rung.percent, "dimension": rung.dimension}
        facts |= {"used": used, "limit": limit, "stops": now.wall + self.grace}
        kind = "budget-notice" if rung.percent < 100 else "budget-used-up"
        severity: Severity = "warn" if rung.percent < 100 else "bad"
        return Message(key, kind, username, now.wall, facts, severity, now.wall + _STANDS)


def _step(key: str, kind: EventKind, rung: Rung, lease: Lease, now: Instant) -> Event:
    facts = {"dimension": rung.dimension, "title": rung.account.title, "message": rung.sentence}
    return Event(key, now.wall, kind, rung.account.name, lease.username, lease.id, facts)


def standing(office: Office, username: str, now: datetime) -> Event | None:
    """Return the last step that somebody was told of, if the budget still stands there."""
    told = [one for one in office.events.latest(username, _LOOKED_AT) if one.kind in ("notice", "used-up")]
    if not told or now - told[0].at > _STANDS:
        return None
    try:
        account = office.accounts.find(told[0].account)
    except NotFound:
        return None
    where = {rung.dimension: rung.percent for rung in rungs([account])}
    facts = told[0].facts
    return told[0] if where.get(str(facts["dimension"]), 0) >= int(facts["percent"]) else None

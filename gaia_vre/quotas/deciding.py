"""The one door to the ledger: whose account pays, whether it may, and whether the charge fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gaia_vre.core.amounts import MICRO
from gaia_vre.core.errors import DoesNotFit, NotAllowed, NotFound, did_you_mean
from gaia_vre.core.kinds import project_of
from gaia_vre.messages.model import Message
from gaia_vre.quotas import balances, leases
from gaia_vre.quotas.accounts import Accounts, account_name
from gaia_vre.quotas.events import Event, Events
from gaia_vre.quotas.holders import Holders
from gaia_vre.quotas.ledger import SLICE_SECONDS, Grown, Ledger, Wanted
from gaia_vre.quotas.model import NOTHING_HELD, Holding, Rate, payer_of
from gaia_vre.quotas.offers import Offer, offer
from gaia_vre.quotas.policy import managers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from gaia_vre.messages.model import Fact
    from gaia_vre.quotas.clock import Instant
    from gaia_vre.quotas.model import Account, Lease, LeaseKind
    from gaia_vre.quotas.policy import Rules

_TOLD = timedelta(days=1)
"""How long somebody is told that a cluster gave workers back."""


@dataclass(frozen=True)
class Request:
    """What somebody wants to start."""

    id: str
    kind: LeaseKind
    username: str
    thing: str
    base: Holding
    each: Holding = NOTHING_HELD
    """What one worker holds, for a cluster."""
    workers: int = 0
    groups: frozenset[str] | None = None
    """None: those that were told last."""
    account: str | None = None
    """None: that of the parent, else the person's own."""
    pool: bool = False
    """The platform chose the account, which the person may not."""
    parent: str | None = None
    """Counts only if it is a live lease of the same person."""


@dataclass(frozen=True)
class Admitted:
    """A lease, and how much of what was asked it holds."""

    lease: Lease
    account: str
    workers: int = 0
    refusal: DoesNotFit | None = None
    """Why there are fewer workers than asked, or in observing mode why it would have been refused."""


class Office:
    """Decides about starts, growth and ends.

    Parameters
    ----------
    rules
        What the settings say.
    clock
        The ledger's clock.
    """

    def __init__(self, engine: Engine, rules: Rules, clock: Callable[[], Instant]) -> None:
        self.engine, self.rules, self.clock = engine, rules, clock
        self.ledger, self.accounts = Ledger(engine), Accounts(engine)
        self.holders, self.events = Holders(engine, rules), Events(engine)

    def prepare(self) -> None:
        """Make the accounts of the settings; when the service starts."""
        self.holders.prepare(self.clock().wall)

    def renew(self, rules: Rules) -> None:
        """Go by other rules from now on, such as after an import."""
        self.rules = replace(rules, made=self.rules.made)
        self.holders = Holders(self.engine, self.rules)
        self.prepare()

    def admit(self, request: Request, *, forced: bool = False, at: Instant | None = None) -> Admitted:
        """Return a lease for something, if the charge fits on every level.

        Parameters
        ----------
        forced
            It runs already: take it whether it fits or not.
        at
            When it began, if not now.

        Raises
        ------
        DoesNotFit
            Nothing of it fits.
        NotAllowed
            The person may not pay with this account.
        NotFound
            There is no such account.
        """
        now = at or self.clock()
        groups = self.holders.ensure(request.username, request.groups, now.wall)
        parent = self._parent(request)
        payer = self._payer(request, groups, parent, forced=forced)
        rate = Rate(request.base, self.rules.price(now.wall))
        wanted = Wanted(
            id=request.id,
            kind=request.kind,
            username=request.username,
            thing=request.thing,
            account=payer,
            rate=rate,
            parent=parent.id if parent else None,
        )
        lease, refusal = self._reserve(wanted, now, forced=forced)
        payer = self._name(lease.account)  # asked twice, the first answer holds
        if request.kind != "cluster" or not request.workers:
            return Admitted(lease, payer, refusal=refusal)
        grown = self.resize(lease.id, request.base, request.each, request.workers, forced=forced)
        return Admitted(self.ledger.find(lease.id) or lease, payer, grown.granted, grown.refusal or refusal)

    def resize(self, lease_id: str, base: Holding, each: Holding, count: int, *, forced: bool = False) -> Grown:
        """Let a cluster have up to so many workers; raises NotFound for a lease that does not live."""
        now = self.clock()
        lease = self._live(lease_id)
        grown = self.ledger.resize(lease_id, base, each, count, now) if not forced else Grown(0)
        if grown.granted < count and (forced or self.rules.observe):
            # The base is what the cluster holds for sure, and is taken whether it fits or not.
            self.ledger.resize(lease_id, base + each * count, each, 0, now)
            if grown.refusal:
                self._note_refusal("would-refuse", lease, grown.refusal, now)
            return Grown(count, grown.refusal)
        if grown.refusal:
            grown = replace(grown, refusal=_partial(grown, count))
            self._note_shrink(lease, grown, now)
        return grown

    def release(self, lease_id: str, *, at: Instant | None = None, ran: bool = False) -> bool:
        """End a lease and charge it up to then; say whether it lived.

        Parameters
        ----------
        ran
            It is known to have run, also if no pass has seen it yet; what never ran costs nothing.
        """
        moment = at or self.clock()
        if ran:
            self.ledger.settle([lease_id], moment)
        return self.ledger.release(lease_id, moment)

    def offers(self, username: str, groups: frozenset[str] | None, sizes: Mapping[str, Holding]) -> list[Offer]:
        """Return the accounts that a person may pay with, their own first, and what each bears now."""
        now = self.clock().wall
        groups = self.holders.ensure(username, groups, now)
        names = self._usable(username, groups)
        price = self.rules.price(now)
        rates = {name: Rate(holding, price) for name, holding in sizes.items()}
        with self.engine.connect() as connection:
            found = []
            for name in names:
                payer, chain = balances.chain(connection, name, username)
                accounts = balances.read(connection, chain)
                found.append(offer([*accounts.values()], accounts[payer], rates, SLICE_SECONDS))
        return found

    def held_by(self, username: str) -> list[tuple[Lease, str]]:
        """Return what a person holds, with the name of the account that pays."""
        with self.engine.connect() as connection:
            mine = leases.live_of(connection, username)
            payers = balances.read(connection, sorted({lease.account for lease in mine}))
        return [(lease, payers[lease.account].name) for lease in mine]

    def refused(self, request: Request, refusal: DoesNotFit, sizes: Mapping[str, Holding]) -> DoesNotFit:
        """Return a refusal with what the person can do instead, and record it."""
        now = self.clock()
        offers = self.offers(request.username, request.groups, sizes)
        # What the person who is refused would be offered: nothing of it is held yet.
        fitting = [
            {"account": one.account.name, "title": one.account.title, "size": name, "credits": size.credits_per_hour}
            for one in offers
            for name, size in one.sizes.items()
            if size.fits
        ]
        refused = payer_of(str(refusal.facts.get("account", "")))
        chain = [refused, *self._above(refused)]
        facts = refusal.facts | {"fitting": fitting, "ask": list(managers_of(self.rules, chain))}
        key = f"refused:{request.id}"
        self.events.record(
            Event(
                key=key,
                at=now.wall,
                kind="refused",
                account=str(facts.get("account", "")),
                username=request.username,
                facts=_kept(facts) | {"message": refusal.message},
            )
        )
        return DoesNotFit(refusal.message, facts)

    # What a decision is made of -----------------------------------------------------------------

    def _parent(self, request: Request) -> Lease | None:
        lease = self.ledger.find(request.parent) if request.parent else None
        if lease is None or lease.state == "ended" or lease.username != request.username or lease.kind != "server":
            return None
        return lease

    def _payer(self, request: Request, groups: frozenset[str], parent: Lease | None, *, forced: bool) -> str:
        if request.pool and request.account:
            return self._pool(request.account)
        own, usable = _own(request.username), self._usable(request.username, groups)
        if forced and request.account not in (None, *usable):
            return own
        if request.account is None and own not in usable and not forced:
            raise NotAllowed(f"{own} pays for nothing any more: the project has ended")
        if request.account is None:
            return self._name(parent.account) if parent else own
        if request.account in usable:
            return request.account
        if self.rules.declared(request.account):
            raise NotAllowed(
                f"{request.username} may not pay with {request.account}; with {', '.join(usable) or 'none'} they may"
            )
        said = request.account[:120]
        raise NotFound(f"There is no account {said!a} for {request.username}{did_you_mean(said, usable)}")

    def _pool(self, name: str) -> str:
        """Return a pool's account, which is made when it is needed first."""
        declared, now = self.rules.declared(name), self.clock().wall
        if declared is None:
            raise NotFound(f"There is no account {name!a}")
        self.accounts.create(declared.kind, declared.key, declared.parent, declared.title, now)
        self.holders.refresh([name], now)
        return name

    def _usable(self, username: str, groups: frozenset[str]) -> list[str]:
        """Return the accounts that somebody may pay with; a project's own server has no other than the project's."""
        found = [one.name for one in self.rules.open_to(username, groups)]
        return found if project_of(username) else [_own(username), *found]

    def _reserve(self, wanted: Wanted, now: Instant, *, forced: bool) -> tuple[Lease, DoesNotFit | None]:
        try:
            return self.ledger.reserve(wanted, now, forced=forced), None
        except DoesNotFit as refusal:
            if not self.rules.observe:
                raise
            lease = self.ledger.reserve(wanted, now, forced=True)
            self._note_refusal("would-refuse", lease, refusal, now)
            return lease, refusal

    def _note_refusal(self, kind: str, lease: Lease, refusal: DoesNotFit, now: Instant) -> None:
        account = str(refusal.facts.get("account", ""))
        self.events.record(
            Event(
                key=f"{kind}:{lease.id}:{lease.rate.holding.workers}",
                at=now.wall,
                kind="would-refuse",
                account=account,
                username=lease.username,
                lease_id=lease.id,
                facts=_kept(refusal.facts) | {"message": refusal.message},
            )
        )

    def _note_shrink(self, lease: Lease, grown: Grown, now: Instant) -> None:
        """Record that a cluster has to give workers back, which its owner has not asked for, and tell them."""
        before = lease.rate.holding.workers // MICRO
        if grown.refusal is None or grown.granted >= before:
            return
        facts = _kept(grown.refusal.facts) | {"message": grown.refusal.message, "before": before}
        key = f"shrink:{lease.id}:{now.seconds}"
        account = str(grown.refusal.facts.get("account", ""))
        told: dict[str, Fact] = {"account": str(grown.refusal.facts.get("title", account))}
        told |= {"granted": grown.granted, "before": before}
        message = Message(key, "cluster-shrunk", lease.username, now.wall, told, "warn", now.wall + _TOLD)
        self.events.record(Event(key, now.wall, "shrink", account, lease.username, lease.id, facts), message)

    def _live(self, lease_id: str) -> Lease:
        lease = self.ledger.find(lease_id)
        if lease is None or lease.state == "ended":
            raise NotFound(f"There is no running lease {lease_id[:64]!a}")
        return lease

    def _name(self, number: int) -> str:
        return self._account(number).name

    def _account(self, number: int) -> Account:
        with self.engine.connect() as connection:
            return balances.read(connection, [number])[number]

    def _above(self, name: str) -> list[str]:
        found, declared = [], self.rules.declared(name)
        while declared and declared.parent:
            found.append(declared.parent)
            declared = self.rules.declared(declared.parent)
        return found or [self.rules.people]


def _own(username: str) -> str:
    """Return the account that pays if nothing is said."""
    project = project_of(username)
    return account_name("project", project) if project else account_name("person", username)


def _partial(grown: Grown, count: int) -> DoesNotFit:
    """Return why only some workers were granted, the number first."""
    assert grown.refusal is not None  # noqa: S101 - the caller looked
    facts = grown.refusal.facts | {"granted": grown.granted, "workers_asked": count}
    return DoesNotFit(f"{grown.granted} of {count} workers: {grown.refusal.message}", facts)


def _kept(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: facts[name] for name in ("dimension", "asked", "left", "limit") if name in facts}

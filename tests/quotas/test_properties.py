"""Whatever is done in whatever order: balances are the sums of what they are made of, and no cap is passed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gaia_vre.core.errors import DoesNotFit
from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.quotas.checking import differences, recount
from gaia_vre.quotas.model import Holding, Lease, Rate
from tests.quotas.conftest import Bank, make_bank, server

PAYERS = st.sampled_from(["project:ocean", "person:ada"])
USERS = st.sampled_from(["ada", "bob"])
SECONDS = st.integers(-60, 4000)
BASE = Holding(cores=1_000_000, clusters=1_000_000)
EACH = Holding(cores=2_000_000, memory=8_000_000, workers=1_000_000)


class Days(RuleBasedStateMachine):
    """Starts, growth, passes and ends of two people, with limits that change meanwhile."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.engine = make_engine(f"sqlite:///{Path(self.folder.name) / 'gaia.sqlite'}")
        upgrade(self.engine)
        self.bank: Bank = make_bank(self.engine)
        self.bank.allow("project:ocean", cores=20, core_hours=8)
        self.bank.allow("ceiling:ada", cores=12, servers=3)
        self.bank.allow("site:toulouse", credits=40)
        self.number = 0
        self.refusals: list[DoesNotFit] = []

    @rule(cores=st.integers(1, 16), user=USERS, payer=PAYERS)
    def start(self, cores: int, user: str, payer: str) -> None:
        self.number += 1
        try:
            self.bank.start(f"lab-{self.number}", server(cores), user=user, payer=payer)
        except DoesNotFit as refusal:
            self.refusals.append(refusal)

    @rule(user=USERS, payer=PAYERS, count=st.integers(0, 12))
    def start_cluster(self, user: str, payer: str, count: int) -> None:
        self.number += 1
        name = f"cluster-{self.number}"
        try:
            self.bank.start(name, Rate(BASE), user=user, payer=payer)
        except DoesNotFit:
            return
        assert self.bank.ledger.resize(name, BASE, EACH, count, self.bank.now).granted <= count

    @rule(count=st.integers(0, 12), which=st.randoms(use_true_random=False))
    def resize(self, count: int, which: object) -> None:
        clusters = [lease.id for lease in self.live() if lease.thing.startswith("cluster")]
        if clusters:
            name = which.choice(clusters)  # type: ignore[attr-defined]
            self.bank.ledger.resize(name, BASE, EACH, count, self.bank.now)

    @rule(seconds=SECONDS, share=st.randoms(use_true_random=False))
    def look(self, seconds: int, share: object) -> None:
        self.bank.later(seconds)
        running = [lease.id for lease in self.live() if share.random() < 0.8]  # type: ignore[attr-defined]
        self.bank.ledger.settle(running, self.bank.now)

    @rule(which=st.randoms(use_true_random=False), seconds=SECONDS)
    def end(self, which: object, seconds: int) -> None:
        self.bank.later(seconds)
        if running := [lease.id for lease in self.live()]:
            self.bank.ledger.release(which.choice(running), self.bank.now)  # type: ignore[attr-defined]

    @rule(cores=st.integers(4, 40), hours=st.integers(1, 20))
    def lower_or_raise(self, cores: int, hours: int) -> None:
        self.bank.allow("project:ocean", cores=cores, core_hours=hours)

    @invariant()
    def what_is_refused_does_not_fit(self) -> None:
        assert all(refusal.facts["left"] < refusal.facts["asked"] for refusal in self.refusals)

    @invariant()
    def sums_are_right(self) -> None:
        assert differences(self.engine, self.bank.now.wall) == []

    @invariant()
    def nothing_is_negative(self) -> None:
        for account in self.bank.accounts.all():
            assert min((*account.held.values(), *account.used.values(), *account.reserved.values())) >= 0

    @invariant()
    def caps_that_never_change_are_never_passed(self) -> None:
        ceiling = self.bank.accounts.find("ceiling:ada")
        bases = sum(lease.rate.holding.clusters for lease in self.live() if lease.username == "ada")
        assert ceiling.held.cores <= 12_000_000 + bases
        assert ceiling.held.servers <= 3_000_000

    def live(self) -> list[Lease]:
        return self.bank.ledger.live()

    def teardown(self) -> None:
        if hasattr(self, "bank"):
            assert recount(self.engine, self.bank.now.wall) == 0
            for lease in self.live():
                self.bank.ledger.release(lease.id, self.bank.now)
            assert {self.bank.held(name) for name in ("project:ocean", "site:toulouse", "ceiling:ada")} == {0}
            self.engine.dispose()
            self.folder.cleanup()


Days.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestDays = Days.TestCase

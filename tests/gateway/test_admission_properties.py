"""Any order of starts, growth, ends, silence, other limits and kills of the gateway: no lease is lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.db_base import DataManager, JobStatus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from traitlets.config import Config

from gaia_vre.core.settings import parse_settings
from gaia_vre.gateway.admission import lease_of
from gaia_vre.gateway.backend import GaiaLocalBackend
from gaia_vre.gateway.configuration import configure
from tests.gateway.conformance import ADA, ADDRESSES, EVE, Schedulers
from tests.gateway.fake_service import Desk, admission_of
from tests.gateway.test_admission import Queue

STEPS = st.one_of(
    st.tuples(st.just("start"), st.integers(0, 4)),
    st.tuples(st.just("beat"), st.integers(0, 9)),
    st.tuples(st.just("end"), st.integers(0, 3)),
    st.tuples(st.just("limit"), st.integers(0, 12)),
    st.tuples(st.just("silent"), st.integers(0, 1)),
    st.tuples(st.just("kill"), st.just(0)),
)


@dataclass
class Play:
    """A gateway whose clusters have as many workers as they were granted at their last heartbeat."""

    desk: Desk
    config: Config
    db: DataManager = field(default_factory=DataManager)
    running: dict[str, int] = field(default_factory=dict)
    turn: int = 0

    def __post_init__(self) -> None:
        self.kill()

    def kill(self, _: int = 0) -> None:
        """Begin anew with what is in the database."""
        self.backend = GaiaLocalBackend(config=self.config)
        self.backend.db, self.backend.queue, self.backend.session = self.db, Queue(), Schedulers()
        self.backend.ask_period = 0.0
        self.backend.open_admission(admission_of(self.desk))

    async def start(self, workers: int) -> None:
        try:
            name = await self.backend.start_cluster((ADA, EVE)[workers % 2], {"workers": workers})
        except PublicException:
            return
        self.running[name] = self.backend.grant(self.backend.find(name)).granted

    async def beat(self, count: int) -> None:
        alive = [name for name in self.running if self.backend.may_run(self.backend.find(name))]
        if alive:
            self.turn += 1
            await self.beat_of(alive[self.turn % len(alive)], count)

    async def beat_of(self, name: str, count: int) -> int:
        workers = [f"worker-{number}" for number in range(self.running[name])]
        message = {**ADDRESSES, "count": count, "closing_workers": [], "closed_workers": [], "active_workers": workers}
        await self.backend.on_cluster_heartbeat(name, message)
        self.running[name] = message["count"]
        return self.running[name]

    async def end(self, which: int) -> None:
        names = sorted(self.running)
        if names:
            cluster = self.backend.find(names[which % len(names)])
            self.db.update_cluster(cluster, status=JobStatus.STOPPED, target=JobStatus.STOPPED)
            del self.running[cluster.name]
            await self.backend.release_ended()

    async def limit(self, cores: int) -> None:
        self.desk.allow(cores=cores)

    async def silent(self, on: int) -> None:
        self.desk.silent = bool(on)

    async def settle(self) -> None:
        """Let the service answer and leave room, and everything be told."""
        await self.silent(0)
        self.desk.allow()
        for name in self.running:
            for _ in range(2):
                await self.beat_of(name, 3)
        await self.backend.release_ended()

    async def whole(self, steps: list[tuple[str, int]]) -> None:
        for step, number in steps:
            done = getattr(self, step)(number)
            if done is not None:
                await done
            for task in self.backend._tasks:
                task.cancel()
        await self.settle()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("service"))
    yield desk
    desk.close()


@given(steps=st.lists(STEPS, max_size=25))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_the_end_the_service_holds_what_runs_and_nothing_else(desk, tmp_path, steps):
    config = Config()
    configure(config, parse_settings({"state": str(tmp_path)}))
    play = Play(desk, config)
    desk.allow()
    try:
        asyncio.run(play.whole(steps))
        assert {lease.id for lease in desk.live()} == {lease_of(name) for name in play.running}
        assert desk.held("clusters") == len(play.running)
        assert desk.held("workers") == sum(play.running.values()) == 3 * len(play.running)
        desk.check()
    finally:
        desk.silent = False
        for lease in desk.live():
            desk.ledger.release(lease.id, desk.clock.now())
        play.db.db.dispose()

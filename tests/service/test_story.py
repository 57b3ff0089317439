"""Any order of starts, stops, silences and kills of hub and service: what ran is charged, once and to the second."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from jupyterhub.spawner import SpawnException

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.hub.admission import Desk
from gaia_vre.hub.door import Door
from gaia_vre.hub.endings import report_endings
from gaia_vre.hub.journal import Journal
from gaia_vre.quotas.checking import differences
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import make_world, with_quotas
from tests.service.fakes import SERVICE_TOKEN, server

PEOPLE = ("ada", "bob")
MICRO = 10**6
SMALL = 2
"""Cores of the size that everybody starts."""


class Story(RuleBasedStateMachine):
    """Two people, one hub, one service, and a budget of cores that both cannot hold twice."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        engine = make_engine(f"sqlite:///{self.folder / 'gaia.sqlite'}")
        upgrade(engine)
        self.world = with_quotas(make_world(engine, self.folder), defaults={"site": {"cores": 6}})
        self.office, self.program = self.world.parts.office, self.world.program(SERVICE_TOKEN)
        self.loop = Reconciler(self.world.parts)
        self.service_is_up = True
        self.desk = self._desk()
        self.running: dict[tuple[str, str], Any] = {}
        self.seconds = 0

    # The world ----------------------------------------------------------------------------------

    def _desk(self) -> Desk:
        door = Door("http://service/services/gaia", SERVICE_TOKEN, httpx2.MockTransport(self._answer))
        clock = lambda: {"boot": "one", "since_boot": int(self.world.time[0].timestamp()), "wall": 0}  # noqa: E731
        return Desk(self.world.parts.settings, door, Journal(self.folder / "untold.jsonl", clock=clock))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if not self.service_is_up:
            raise httpx2.ConnectError("refused")
        said = self.program.request(
            request.method,
            request.url.raw_path.decode(),
            content=request.content,
            headers={"content-type": "application/json"},
        )
        return httpx2.Response(said.status_code, content=said.content)

    def _spawner(self, user: str, name: str) -> Any:
        return SimpleNamespace(
            user=SimpleNamespace(name=user, groups=[]),
            name=name,
            user_options={},
            orm_spawner=SimpleNamespace(started=None, last_activity=None),
            _log_name=name,
            log=logging.getLogger("story"),
        )

    def _pass(self) -> None:
        if self.service_is_up:
            self.loop.step()

    # What happens -------------------------------------------------------------------------------

    @rule(
        user=st.sampled_from(PEOPLE), name=st.sampled_from(["", "two"]), forgotten=st.sampled_from([False] * 3 + [True])
    )
    def start(self, user: str, name: str, forgotten: bool) -> None:
        """Start a server; a hub that is killed meanwhile forgets it."""
        if (user, name) in self.running:
            return
        spawner = self._spawner(user, name)
        try:
            asyncio.run(self.desk.admit(spawner))
        except SpawnException:
            asyncio.run(report_endings(self.desk)(spawner))
            return
        if forgotten:
            self.desk = self._desk()
            return
        started = self.world.time[0].isoformat()
        shown = server(name, started=started, last_activity=started, state={"lease": spawner.lease}, user_options={})
        self.world.hub.servers[user][name] = shown
        self.running[user, name] = spawner

    @precondition(lambda self: self.running and not self.world.hub.down)
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        user, name = data.draw(st.sampled_from(sorted(self.running)))
        spawner = self.running.pop((user, name))
        spawner.ran = True
        del self.world.hub.servers[user][name]
        asyncio.run(report_endings(self.desk)(spawner))

    @rule(seconds=st.sampled_from([20, 45, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.world.later(seconds=seconds)
        self.seconds += seconds * len(self.running)
        self._pass()
        asyncio.run(self.desk.tell())

    @rule(up=st.booleans())
    def service_is_killed_or_back(self, up: bool) -> None:
        self.service_is_up = up
        self.loop = Reconciler(self.world.parts)

    @rule(down=st.booleans())
    def hub_is_killed_or_back(self, down: bool) -> None:
        self.world.hub.down = False
        self.desk = self._desk()
        self.world.hub.down = down

    # What holds always, and in the end ----------------------------------------------------------

    @invariant()
    def sums_are_right_and_nothing_is_negative(self) -> None:
        assert differences(self.world.parts.engine, self.world.time[0]) == []
        for account in self.office.accounts.all():
            assert min(*account.held.values(), *account.used.values(), *account.reserved.values()) >= 0

    def teardown(self) -> None:
        self.service_is_up, self.world.hub.down = True, False
        asyncio.run(self.desk.tell())
        for _ in range(8):
            self.time_passes(20)
        site = self.office.accounts.find("site:local")
        assert site.held.cores == len(self.running) * SMALL * MICRO
        assert site.used.core_hours == self.seconds * SMALL * MICRO
        self.world.close()
        shutil.rmtree(self.folder)


Story.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestStory = Story.TestCase

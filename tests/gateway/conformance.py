"""What every backend that admits clusters must do; a subclass gives the backend."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.models import User

from gaia_vre.gateway.admission import lease_of
from tests.gateway.fake_service import PROJECT, admission_of

ADA, EVE = User("ada"), User("eve")
ADDRESSES = dict.fromkeys(("api_address", "scheduler_address", "dashboard_address"), "tls://127.0.0.1:1")


class Schedulers:
    """Hears what schedulers are told, as the session of the backend."""

    def __init__(self):
        self.told = []

    async def post(self, url, *, json, **_):
        self.told.append(json)


class AdmissionConformance:
    """Needs fixtures ``backend`` and ``desk``; workers have one core, the scheduler too."""

    @pytest.fixture
    def schedulers(self, backend, desk):
        backend.session = Schedulers()
        backend.ask_period = 0.0
        backend.emergency_cores = 4.0
        return backend.session

    def play(self, backend, desk, scenario):
        """Run a scenario to its end, with whatever it set going."""

        async def whole():
            backend.open_admission(admission_of(desk))
            await scenario()
            while backend._tasks:
                await asyncio.gather(*backend._tasks)
            await backend.admission.close()

        asyncio.run(whole())
        desk.check()

    async def start(self, backend, workers=0, user=ADA, **options):
        return backend.find(await backend.start_cluster(user, {"workers": workers, **options}))

    async def beat(self, backend, cluster, count, running=0):
        """Return how many workers the gateway has the cluster have, once its scheduler asked for so many."""
        message = {**ADDRESSES, "count": count, "closing_workers": [], "closed_workers": []}
        message["active_workers"] = [f"worker-{number}" for number in range(running)]
        await backend.on_cluster_heartbeat(cluster.name, message)
        return message["count"]

    def end(self, backend, cluster):
        """Let a cluster have ended, with all that ran of it."""
        raise NotImplementedError

    def run(self, backend, cluster):
        """Let a cluster's scheduler answer."""
        raise NotImplementedError

    def test_a_cluster_holds_its_scheduler_and_its_first_workers(self, backend, desk, schedulers):
        async def scenario():
            cluster = await self.start(backend, workers=2)
            assert (backend.grant(cluster).granted, backend.grant(cluster).account) == (2, PROJECT)

        self.play(backend, desk, scenario)
        assert (desk.held("clusters"), desk.held("workers"), desk.held("cores")) == (1, 2, 3)

    def test_a_cluster_that_does_not_fit_is_refused_with_the_number_and_leaves_nothing(self, backend, desk, schedulers):
        desk.allow(cores=0.5)

        async def scenario():
            with pytest.raises(PublicException, match=r"Ocean heat: 1 cores asked, 0\.5 of 0\.5 left"):
                await self.start(backend)

        self.play(backend, desk, scenario)
        assert (list(backend.known()), desk.live()) == ([], [])

    @pytest.mark.parametrize(("account", "told"), [("person:eve", "ada may not pay"), ("project:x", "no account")])
    def test_who_may_not_pay_or_does_not_exist_is_refused(self, backend, desk, schedulers, account, told):
        async def scenario():
            with pytest.raises(PublicException, match=told):
                await self.start(backend, account=account)

        self.play(backend, desk, scenario)
        assert desk.live() == []

    @pytest.mark.parametrize("cores", [0.5, 8], ids=["refused", "granted"])
    def test_a_cluster_that_is_being_asked_for_is_not_told_as_running(
        self, backend, desk, schedulers, monkeypatch, cores
    ):
        desk.allow(cores=cores)
        told, answer = [], desk.answer

        def answered(*request):
            told.append([each.name for each in backend.decided()])
            return answer(*request)

        async def scenario():
            with suppress(PublicException):
                await self.start(backend)
            told.append([each.name for each in backend.decided()])

        monkeypatch.setattr(desk, "answer", answered)
        self.play(backend, desk, scenario)
        assert told == [[], [each.thing for each in desk.live()]]
        assert len(desk.live()) == (cores > 1)

    def test_a_cluster_is_the_child_of_its_server_and_paid_as_asked(self, backend, desk, schedulers):
        async def scenario():
            await self.start(backend, account="person:ada", lease="s-1")

        self.play(backend, desk, scenario)
        (lease,) = desk.live()
        assert (lease.parent, lease.account) == ("s-1", desk.accounts.find("person:ada").id)

    @pytest.mark.parametrize(("groups", "told"), [((), None), (("b", "a"), ["a", "b"])], ids=["not known", "known"])
    def test_groups_are_told_only_where_they_are_known(self, backend, desk, schedulers, groups, told):
        async def scenario():
            await self.start(backend, user=User("ada", groups=groups))

        self.play(backend, desk, scenario)
        assert desk.groups == told

    def test_growth_stops_where_it_does_not_fit_and_goes_on_when_it_does(self, backend, desk, schedulers):
        desk.allow(cores=4)

        async def scenario():
            cluster = await self.start(backend)
            assert await self.beat(backend, cluster, 10) == 3
            assert "3 of 10 workers" in backend.grant(cluster).message
            desk.allow(cores=8)
            assert await self.beat(backend, cluster, 10, running=3) == 7
            desk.allow(cores=80)
            assert await self.beat(backend, cluster, 10, running=7) == 10
            assert backend.grant(cluster).message == ""

        self.play(backend, desk, scenario)
        assert desk.held() == 10

    def test_fewer_workers_give_back_when_they_are_gone(self, backend, desk, schedulers):
        async def scenario():
            cluster = await self.start(backend, workers=5)
            assert await self.beat(backend, cluster, 2, running=5) == 2
            assert desk.held() == 5
            for _ in range(2):
                await self.beat(backend, cluster, 2, running=2)

        self.play(backend, desk, scenario)
        assert desk.held() == 2

    def test_a_lower_limit_stops_running_workers_and_a_higher_one_brings_them_back(self, backend, desk, schedulers):
        async def scenario():
            cluster = await self.start(backend, workers=6)
            self.run(backend, cluster)
            desk.allow(cores=3)
            assert await self.beat(backend, cluster, 6, running=6) == 2
            await asyncio.gather(*backend._tasks)
            assert schedulers.told == [{"op": "scale", "count": 2}]
            desk.allow(cores=30)
            assert await self.beat(backend, cluster, 2, running=2) == 2
            await asyncio.gather(*backend._tasks)
            assert schedulers.told[1:] == [{"op": "scale", "count": 6}]
            assert await self.beat(backend, cluster, 6, running=2) == 6

        self.play(backend, desk, scenario)

    def test_an_adaptive_cluster_stays_adaptive_under_a_lower_limit(self, backend, desk, schedulers):
        async def scenario():
            cluster = await self.start(backend)
            self.run(backend, cluster)
            wish = {"op": "adapt", "minimum": 3, "maximum": 8, "active": True}
            await backend.forward_message_to_scheduler(await backend.get_cluster(cluster.name), dict(wish))
            await self.beat(backend, cluster, 8, running=0)
            desk.allow(cores=3)
            await self.beat(backend, cluster, 8, running=8)
            await asyncio.gather(*backend._tasks)
            assert schedulers.told == [wish, {"op": "adapt", "minimum": 2, "maximum": 2, "active": True}]
            desk.allow(cores=80)
            await self.beat(backend, cluster, 2, running=2)

        self.play(backend, desk, scenario)
        assert schedulers.told[-1] == {"op": "adapt", "minimum": 3, "maximum": 8, "active": True}

    def test_a_scale_is_asked_for_at_once(self, backend, desk, schedulers):
        desk.allow(cores=3)

        async def scenario():
            cluster = await self.start(backend)
            self.run(backend, cluster)
            await backend.forward_message_to_scheduler(
                await backend.get_cluster(cluster.name), {"op": "scale", "count": 40}
            )
            assert "2 of 40 workers" in backend.grant(cluster).message

        self.play(backend, desk, scenario)

    def test_while_the_service_is_silent_what_runs_stays_and_growth_waits(self, backend, desk, schedulers):
        async def scenario():
            cluster = await self.start(backend, workers=2)
            desk.silent = True
            assert await self.beat(backend, cluster, 5, running=2) == 2
            assert backend.grant(cluster).message.startswith("2 of 5 workers: the service")
            desk.silent = False
            assert await self.beat(backend, cluster, 5, running=2) == 5

        self.play(backend, desk, scenario)

    def test_while_the_service_is_silent_small_clusters_start_and_are_told_later(self, backend, desk, schedulers):
        desk.silent = True

        async def scenario():
            cluster = await self.start(backend, workers=9)
            assert (backend.grant(cluster).state, backend.grant(cluster).granted) == ("emergency", 3)
            with pytest.raises(PublicException, match="start on at most 4 cores, of which 0 are left"):
                await self.start(backend)
            await self.start(backend, workers=3, user=EVE)
            assert await self.beat(backend, cluster, 9, running=3) == 3
            desk.silent = False
            assert await self.beat(backend, cluster, 9, running=3) == 9

        self.play(backend, desk, scenario)
        assert (desk.held("workers"), desk.held("clusters")) == (9, 1)

    def test_an_emergency_cluster_that_does_not_fit_afterwards_keeps_its_scheduler_only(
        self, backend, desk, schedulers
    ):
        desk.silent = True
        desk.allow(cores=0)

        async def scenario():
            cluster = await self.start(backend, workers=2)
            self.run(backend, cluster)
            desk.silent = False
            assert await self.beat(backend, cluster, 2, running=2) == 0
            await asyncio.gather(*backend._tasks)
            assert schedulers.told == [{"op": "scale", "count": 0}]

        self.play(backend, desk, scenario)
        assert (desk.held("workers"), desk.held("cores")) == (0, 1)

    def test_clusters_that_race_for_the_last_cores_get_no_more_than_there_are(self, backend, desk, schedulers):
        desk.allow(cores=7)

        async def scenario():
            clusters = [await self.start(backend, user=user) for user in (ADA, EVE)]
            granted = await asyncio.gather(*(self.beat(backend, each, 5) for each in clusters))
            assert sum(granted) == 5
            with suppress(PublicException):
                await self.start(backend, workers=1)

        self.play(backend, desk, scenario)
        assert desk.held("cores") == 7

    def test_what_an_ended_cluster_held_is_given_back_also_after_silence(self, backend, desk, schedulers):
        async def scenario():
            cluster = await self.start(backend, workers=2)
            assert await backend.release_ended()
            assert len(desk.live()) == 1
            self.end(backend, cluster)
            desk.silent = True
            assert not await backend.release_ended()
            desk.silent = False
            assert await backend.release_ended()
            assert await backend.release_ended()

        self.play(backend, desk, scenario)
        assert desk.live() == []
        assert [method for method, _ in desk.asked].count("DELETE") == 1

    def test_a_user_who_closed_a_cluster_gets_its_room_for_the_next(self, backend, desk, schedulers):
        desk.allow(clusters=1)

        async def scenario():
            first = await self.start(backend)
            await backend.stop_cluster(first.name)
            second = asyncio.ensure_future(self.start(backend))
            await asyncio.sleep(0.05)
            assert not second.done()
            self.end(backend, first)
            await backend.release_ended()
            assert (await second).name != first.name

        self.play(backend, desk, scenario)

    def test_a_scheduler_that_claims_workers_it_has_not_reserves_no_more_than_a_cluster_may_have(
        self, backend, desk, schedulers
    ):
        async def scenario():
            cluster = await self.start(backend)
            assert await self.beat(backend, cluster, 1, running=5000) == 1

        self.play(backend, desk, scenario)
        assert desk.held() <= 40

    def test_a_cluster_without_a_grant_keeps_its_workers_while_the_service_is_silent(self, backend, desk, schedulers):
        async def scenario():
            cluster = await self.start(backend, workers=2)
            backend.remember(cluster, None)
            desk.silent = True
            assert await self.beat(backend, cluster, 5, running=2) == 2
            desk.silent = False
            assert await self.beat(backend, cluster, 5, running=2) == 5

        self.play(backend, desk, scenario)
        assert (desk.held("clusters"), desk.held("workers")) == (1, 5)

    def test_a_lease_that_the_service_lost_is_asked_for_anew(self, backend, desk, schedulers):
        async def scenario():
            desk.silent = True
            cluster = await self.start(backend, workers=2)
            desk.silent = False
            backend.remember(cluster, {**backend.grant(cluster).dump(), "state": "held"})
            assert await self.beat(backend, cluster, 2, running=2) == 2

        self.play(backend, desk, scenario)
        assert desk.held() == 2

    def test_a_cluster_whose_lease_was_ended_ends(self, backend, desk, schedulers):
        async def scenario():
            cluster = await self.start(backend, workers=2)
            desk.ledger.release(lease_of(cluster.name), desk.clock.now())
            assert await self.beat(backend, cluster, 2, running=2) == 0
            await asyncio.gather(*backend._tasks)
            assert not backend.may_run(cluster)

        self.play(backend, desk, scenario)

"""The real gateway with the real service: what a person with a small allowance meets."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from dask_gateway import GatewayWarning

import gaia_vre as gaia
from gaia_vre.client import Amounts, LeaseWanted, ServiceClient
from gaia_vre.core.errors import InvalidInput
from gaia_vre.database.engine import database_url, make_engine
from gaia_vre.quotas.checking import differences
from gaia_vre.quotas.clock import machine_clocks
from tests.gateway.support import FakeHub, RunningGateway, kernel_of, until

QUOTAS = {
    "defaults": {"ceiling": {"cores": 4}},
    "accounts": [
        {"name": "site:here", "title": "Here"},
        {"name": "community:sea", "parent": "site:here"},
        {"name": "project:heat", "title": "Ocean heat", "parent": "community:sea", "workers": 1, "members": ["ada"]},
        {"name": "project:ice", "title": "Ice", "parent": "community:sea", "members": ["eve"]},
    ],
}


@pytest.fixture(scope="module")
def running_gateway(tmp_path_factory):
    with FakeHub() as hub, RunningGateway(tmp_path_factory.mktemp("state"), hub, quotas=QUOTAS) as running:
        yield running


@pytest.fixture
def gateway(running_gateway):
    with kernel_of(running_gateway, "ada"):
        yield running_gateway
        until(lambda: not gaia.usage().holds, 20)
        until(lambda: not running_gateway.cluster_processes(), 20)
    engine = make_engine(database_url(running_gateway.settings))
    assert differences(engine, machine_clocks().wall) == []
    engine.dispose()


def test_what_a_cluster_holds_is_seen_and_given_back(gateway):
    with contextlib.closing(gaia.cluster(workers=2)) as started:
        assert "paid by person:ada" in repr(started)
        (held,) = gaia.usage().holds
        assert (held.name, held.workers, held.cores, held.account) == (started.name, 2, 3, "person:ada")
        assert "1 cores" in repr(gaia.usage())


def test_a_person_gets_no_more_than_the_ceiling_whichever_account_pays(gateway):
    with pytest.warns(GatewayWarning, match=r"3 of 8 workers: ada: .* left \(default of a ceiling\)"):
        started = gaia.cluster(workers=8)
    with contextlib.closing(started):
        with pytest.raises(InvalidInput, match=r"ada: 1 cores asked, 0 of 4 left"):
            gaia.cluster(account="project:heat")
        started.scale(0)
        until(lambda: gaia.usage().holds[0].workers == 0, 40)
        with (
            pytest.warns(GatewayWarning, match="1 of 2 workers: Ocean heat"),
            contextlib.closing(gaia.cluster(account="project:heat")),
        ):
            assert {one.account for one in gaia.usage().holds} == {"person:ada", "project:heat"}


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ("project:ice", "ada may not pay with project:ice; with person:ada, project:heat they may"),
        ("project:heet", "There is no account 'project:heet' for ada; did you mean 'project:heat'?"),
        ("person:eve", "There is no account 'person:eve' for ada"),
    ],
)
def test_who_may_not_pay_reads_why(gateway, account, told):
    with pytest.raises(InvalidInput, match=told.replace("?", r"\?")):
        gaia.cluster(account=account)


def test_a_service_killed_under_a_cluster_is_told_of_what_began_meanwhile(gateway):
    with contextlib.closing(gaia.cluster(workers=1)) as before:
        gateway.kill("service")
        with contextlib.closing(gaia.cluster(workers=1)) as meanwhile:
            assert meanwhile.client.submit(sum, [1, 2]).result(timeout=20) == 3
            gateway.start("service")
            gateway.wait_until_ready()
            names = {before.name, meanwhile.name}
            until(lambda: {one.name for one in gaia.usage().holds} == names, 60)


def test_a_cluster_stops_after_its_lab_unless_it_is_kept(gateway, monkeypatch):
    with ServiceClient(token="token-of-gaia") as hub:
        hub.admit(LeaseWanted("s-of-ada", "server", "ada", "", Amounts(1, 1)))
        monkeypatch.setenv("GAIA_VRE_LEASE", "s-of-ada")
        with contextlib.closing(gaia.cluster(workers=0)) as kept, contextlib.closing(gaia.cluster(workers=0)) as left:
            kept.keep(datetime.now(UTC) + timedelta(hours=1))
            hub.release("s-of-ada", seconds_ago=700)
            until(lambda: left.name not in gateway.api("clusters/", "token-of-ada")[1], 30)
            until(lambda: [one.name for one in gaia.usage().holds] == [kept.name], 10)
            kept.keep(None)
    until(lambda: gateway.api("clusters/", "token-of-ada") == (200, {}), 30)

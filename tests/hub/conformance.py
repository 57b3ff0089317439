"""What every spawner must do, whatever it starts; a subclass gives the spawner and says how it is admitted."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from gaia_vre.hub.endings import report_endings
from gaia_vre.hub.refusal import Refusal

FULL = {
    "code": "does-not-fit",
    "detail": "Ocean: 2 cores asked, 0 of 40 left",
    "facts": {"account": "project:heat", "title": "Ocean", "dimension": "cores", "source": "", "asked": 2, "left": 0},
}


class SpawnerConformance:
    """Needs fixtures ``make`` and ``service``; a spawner has its desk as ``desk``."""

    async def admit(self, spawner: Any) -> None:
        """Do what happens between the press of the button and the first sign of the lab."""
        raise NotImplementedError

    def admitted(self, spawner: Any) -> Any:
        asyncio.run(self.admit(spawner))
        return spawner

    def refused(self, spawner: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            asyncio.run(self.admit(spawner))
        assert spawner.refused
        return caught.value

    def test_the_lease_holds_the_chosen_size_for_the_chosen_account(self, make, service):
        spawner = self.admitted(make(size="medium", account="project:heat"))
        (asked,) = service.asked
        assert (asked["cores"], asked["memory_gib"], asked["account"]) == (4, 8, "project:heat")
        assert (asked["id"], asked["username"], asked["kind"]) == (spawner.lease, "ada", "server")
        assert not spawner.refused

    def test_each_start_has_a_lease_of_its_own(self, make):
        assert self.admitted(make()).lease != self.admitted(make()).lease

    def test_the_limits_are_those_of_the_size(self, make):
        spawner = self.admitted(make(size="large"))
        self.sized(spawner)
        assert (spawner.cpu_limit, spawner.mem_limit) == (8, 16 * 2**30)

    def sized(self, spawner: Any) -> None:
        """Let the spawner have taken over the chosen size."""

    @pytest.mark.parametrize("options", [{"size": "huge"}, {"environment": "none"}, {"profile": "x"}], ids=str)
    def test_what_does_not_exist_is_refused_before_the_service_is_asked(self, make, service, options):
        assert self.refused(make(**options)).status_code == 400
        assert service.told == []

    def test_what_does_not_fit_is_refused_and_has_neither_lease_nor_end(self, make, service):
        service.refusal = FULL
        spawner = make()
        assert "2 cores asked, 0 of 40 left" in self.refused(spawner).message
        assert spawner.lease is None
        asyncio.run(report_endings(spawner.desk)(spawner))
        assert [path for _, path, _ in service.told] == ["/quotas/leases"]

    def test_without_the_service_small_sizes_start_and_large_ones_do_not(self, make, service):
        service.away = httpx2.ConnectError("refused")
        spawner = self.admitted(make(size="small"))
        assert [one["lease"] for one in spawner.desk.journal.pending()] == [spawner.lease]
        assert self.refused(make(size="large")).status_code == 503

    def test_the_end_gives_the_lease_back_with_its_reason(self, make, service):
        spawner = self.admitted(make())
        lease, spawner.end_reason, spawner.ran = spawner.lease, "memory", True
        asyncio.run(report_endings(spawner.desk)(spawner))
        told = service.told[-1][2]
        assert (told["lease"], told["reason"], told["ran"]) == (lease, "memory", True)
        assert spawner.lease is None

    def test_what_was_reserved_outlives_the_hub(self, make):
        first, second = self.admitted(make()), make()
        second.load_state(first.get_state())
        assert second.lease == first.lease

    def test_the_lab_finds_service_and_gateway_and_no_secret_of_the_hub(self, make, monkeypatch):
        for name in ("GAIA_VRE_SERVICE_TOKEN", "JUPYTERHUB_CRYPT_KEY", "PGPASSWORD", "GAIA_VRE_OIDC_SECRET"):
            monkeypatch.setenv(name, "a-secret-of-the-hub")
        spawner = self.admitted(make())
        env = spawner.get_env()
        addresses = spawner.settings.addresses
        assert env["GAIA_VRE_URL"] == addresses.service_url
        assert env["DASK_GATEWAY__ADDRESS"] == addresses.gateway_url
        assert env["DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT"] == "pangeo"
        assert env["JUPYTERHUB_ACTIVITY_INTERVAL"] == "300"
        assert "a-secret-of-the-hub" not in env.values()

"""The promises of a spawner, kept by processes of one machine and by pods of a cluster."""

from __future__ import annotations

from types import SimpleNamespace

import httpx2
import pytest
import yaml
from jupyterhub import orm

from gaia_vre.core.settings import SETTINGS_VARIABLE
from gaia_vre.hub.admission import Desk
from gaia_vre.hub.door import Door
from gaia_vre.hub.journal import Journal
from gaia_vre.hub.spawner import LocalSpawner
from tests.hub.conformance import SpawnerConformance


def recorded(spawner):
    """Give a spawner what the hub's database would."""
    server = orm.Server(proto="http", cookie_name="", base_url="/user/ada/", ip="127.0.0.1", port=1)
    row = {"started": None, "last_activity": None, "user_options": {}, "state": {}, "name": ""}
    spawner.orm_spawner = SimpleNamespace(server=server, **row)
    return spawner


class TestProcesses(SpawnerConformance):
    @pytest.fixture
    def make(self, service, tmp_path, monkeypatch):
        file = tmp_path / "settings.yaml"
        file.write_text(yaml.safe_dump({"state": str(tmp_path / "state")}))
        monkeypatch.setenv(SETTINGS_VARIABLE, str(file))

        def make(**options):
            user = SimpleNamespace(name="ada", id=1, url="/user/ada/", groups=[], settings={}, host="")
            user.server_url = user.public_url = lambda name="": f"/user/ada/{name}"
            hub = SimpleNamespace(public_host="", url="/hub/", base_url="/hub/", api_url="http://127.0.0.1:1/hub/api")
            spawner = LocalSpawner(user=user, hub=hub, orm_spawner=None, user_options=options)
            recorded(spawner)
            door = Door("http://service/services/gaia", "t", httpx2.MockTransport(service))
            spawner.desk = Desk(spawner.settings, door, Journal(tmp_path / "untold.jsonl"))
            return spawner

        return make

    async def admit(self, spawner):
        await spawner.desk.admit(spawner)

    def sized(self, spawner):
        spawner._apply(spawner._choice())


class TestPods(SpawnerConformance):
    @pytest.fixture
    def make(self, make_spawner):
        def make(**options):
            return recorded(make_spawner(**options))

        return make

    async def admit(self, spawner):
        spawner.refused = True
        await spawner.load_user_options()
        await spawner.modify_pod_hook(spawner, await spawner.get_pod_manifest())

import runpy
from pathlib import Path

import pytest
import yaml
from dask_gateway_server.app import DaskGateway
from dask_gateway_server.auth import JupyterHubAuthenticator
from dask_gateway_server.backends.base import ClusterConfig
from dask_gateway_server.proxy import Proxy
from traitlets.config import Config

from gaia_vre.core.settings import SETTINGS_VARIABLE, parse_settings
from gaia_vre.gateway.backend import GaiaLocalBackend
from gaia_vre.gateway.configuration import INHERITED, configure

CLASSES = (DaskGateway, JupyterHubAuthenticator, Proxy, ClusterConfig, GaiaLocalBackend)


@pytest.fixture
def configured(tmp_path):
    config = Config()
    configure(config, parse_settings({"state": str(tmp_path / "state")}))
    return config


def test_every_trait_we_set_exists(configured):
    known = {each.__name__: each.class_traits(config=True) for each in CLASSES}
    for section, values in configured.items():
        assert section in known
        assert set(values) <= set(known[section])


def test_an_idle_cluster_always_ends(configured):
    assert configured.ClusterConfig.idle_timeout == 30 * 60


def test_nothing_listens_beyond_this_machine(configured):
    for address in (configured.DaskGateway.address, configured.Proxy.address):
        assert address.startswith("127.0.0.1:")


def test_tokens_need_the_right_to_this_service(configured):
    assert configured.JupyterHubAuthenticator.jupyterhub_service_name == "dask-gateway"


def test_clusters_inherit_no_token_of_the_gateway():
    assert not [name for name in INHERITED if "TOKEN" in name or "SECRET" in name]


def test_the_key_of_the_database_is_kept_and_private(tmp_path):
    settings = parse_settings({"state": str(tmp_path)})
    first, second = Config(), Config()
    configure(first, settings)
    configure(second, settings)
    key = tmp_path / "gateway" / "encryption.key"
    assert first.GaiaLocalBackend.db_encrypt_keys == second.GaiaLocalBackend.db_encrypt_keys
    assert key.stat().st_mode & 0o777 == 0o600


def test_the_configuration_file_reads_the_settings_in_force(tmp_path, monkeypatch):
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state": str(tmp_path), "dask": {"idle_minutes": 7}}))
    monkeypatch.setenv(SETTINGS_VARIABLE, str(file))
    config = Config()
    runpy.run_path(str(Path(__file__).parents[2] / "hub_config" / "dask_gateway_config.py"), {"c": config})
    assert config.ClusterConfig.idle_timeout == 420

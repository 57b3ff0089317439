import os
from pathlib import Path

import dask
import pytest

from gaia_vre.core.settings import parse_settings
from gaia_vre.gateway.commands import lab_environment, proxy_command, server_command

SETTINGS = parse_settings({"addresses": {"gateway_port": 9001, "gateway_api_port": 9002}})


def test_the_proxy_is_a_program_that_listens_where_clients_connect():
    command = proxy_command(SETTINGS)
    assert os.access(command[0], os.X_OK)
    assert command[command.index("-address") + 1] == command[command.index("-tcp-address") + 1] == "127.0.0.1:9001"
    assert command[command.index("-api-url") + 1] == "http://127.0.0.1:9002/api/v1/routes"


def test_no_secret_stands_in_a_command():
    assert not [word for word in (*proxy_command(SETTINGS), *server_command(SETTINGS, Path("x"))) if "token" in word]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gateway.address", "http://127.0.0.1:9001"),
        ("gateway.proxy-address", "gateway://127.0.0.1:9001"),
        ("gateway.public-address", "/user/ada/proxy/9001"),
        ("gateway.auth.type", "jupyterhub"),
        ("gateway.cluster.options.environment", "pangeo"),
        ("labextension.factory.module", "gaia_vre.gateway.panel"),
        ("labextension.factory.class", "Cluster"),
        ("labextension.default.workers", 2),
    ],
)
def test_dask_in_a_lab_understands_its_variables(key, value):
    known = dask.config.collect(paths=[], env=lab_environment(SETTINGS, "/user/ada/"))
    assert dask.config.get(key, config=known) == value

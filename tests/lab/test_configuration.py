import inspect

import pytest
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp

from gaia_vre.lab.configuration import LEFT_OUT, defaults, variables

CONFIGURED = {cls.__name__: cls for cls in (KernelManager, KernelProvisionerFactory, LabApp, ServerApp)}


def test_every_trait_we_set_exists():
    config = defaults({"HOME": "/"})
    for class_name, traits in config.items():
        known = CONFIGURED[class_name].class_traits(config=True)
        assert set(traits) <= set(known), class_name


def test_every_value_is_accepted(tmp_path):
    config = defaults({"HOME": str(tmp_path)})
    for class_name in ("KernelManager", "LabApp", "KernelProvisionerFactory"):
        cls = CONFIGURED[class_name]
        configured = cls(config=config)
        for name in config[class_name]:
            getattr(configured, name)


def test_every_extension_left_out_is_one_that_packages_switch_on():
    from jupyter_core.paths import ENV_CONFIG_PATH
    from jupyter_server.extension.config import ExtensionConfigManager

    folders = [*ENV_CONFIG_PATH]
    switched_on = ExtensionConfigManager(read_config_path=folders).get_jpserver_extensions()
    assert set(LEFT_OUT) <= set(switched_on)


def test_no_other_host_is_asked_for_news_versions_or_packages():
    lab = defaults({"HOME": "/"}).LabApp
    assert lab.news_url is None
    assert lab.check_for_updates_class.endswith(".NeverCheckForUpdate")
    assert lab.extension_manager == "readonly"


def test_kernels_listen_on_no_port():
    assert defaults({}).KernelManager.transport == "ipc"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        (
            {"DASK_GATEWAY__ADDRESS": "http://127.0.0.1:1"},
            {
                "DASK_LABEXTENSION__FACTORY__MODULE": "dask_gateway",
                "DASK_LABEXTENSION__FACTORY__CLASS": "GatewayCluster",
            },
        ),
        (
            {"DASK_GATEWAY__ADDRESS": "http://127.0.0.1:1", "DASK_LABEXTENSION__FACTORY__MODULE": "mine"},
            {"DASK_LABEXTENSION__FACTORY__CLASS": "GatewayCluster"},
        ),
    ],
    ids=["no gateway", "a gateway", "a choice of the operator's"],
)
def test_the_dask_panel_uses_the_gateway(given, expected):
    assert variables(given) == expected


def test_what_we_replace_in_jupyterlab_is_there():
    from jupyterlab import commands

    assert list(inspect.signature(commands._yarn_config).parameters) in (["logger"], ["_logger"])

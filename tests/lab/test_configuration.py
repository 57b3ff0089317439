import inspect
import os
import subprocess
import sys

from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_server.serverapp import ServerApp
from jupyter_server_fileid.manager import BaseFileIdManager
from jupyter_server_proxy.config import ServerProxy
from jupyter_server_ydoc.app import YDocExtension
from jupyterhub.services.auth import HubAuth
from jupyterlab.labapp import LabApp

from gaia_vre.lab.configuration import LEFT_OUT, TOGETHER, defaults, variables

CONFIGURED = {
    cls.__name__: cls
    for cls in (
        BaseFileIdManager,
        HubAuth,
        KernelManager,
        KernelProvisionerFactory,
        LabApp,
        ServerApp,
        ServerProxy,
        YDocExtension,
    )
}
PROJECT = {"HOME": "/", "GAIA_VRE_PROJECT": "heat", "JUPYTER_RUNTIME_DIR": "/tmp/lab"}


def test_every_trait_we_set_exists():
    config = defaults(PROJECT)
    for class_name, traits in config.items():
        known = CONFIGURED[class_name].class_traits(config=True)
        assert set(traits) <= set(known), class_name


def test_dashboards_open_through_the_lab_wherever_the_gateway_is():
    environment = {"HOME": "/", "DASK_GATEWAY__ADDRESS": "http://traefik-dask-gateway.gaia"}
    assert "traefik-dask-gateway.gaia" in defaults(environment).ServerProxy.host_allowlist


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
    assert set(LEFT_OUT) | set(TOGETHER) <= set(switched_on)


def test_only_in_a_projects_lab_do_several_people_edit_at_once():
    for environment, together in (({"HOME": "/"}, False), (PROJECT, True)):
        extensions = defaults(environment).ServerApp.jpserver_extensions
        assert [extensions[name] for name in TOGETHER] == [together, together]
        folders = variables(environment)["JUPYTER_CONFIG_PATH"].split(os.pathsep)
        off = [folder for folder in folders if folder.endswith("jupyter-alone")]
        assert bool(off) is not together


def test_a_projects_lab_asks_soon_again_who_may_be_in_it():
    assert defaults(PROJECT).HubAuth.cache_max_age <= 30
    assert "HubAuth" not in defaults({"HOME": "/"})


def test_no_other_host_is_asked_for_news_versions_or_packages():
    lab = defaults({"HOME": "/"}).LabApp
    assert lab.news_url is None
    assert lab.check_for_updates_class.endswith(".NeverCheckForUpdate")
    assert lab.extension_manager == "readonly"


def test_kernels_listen_on_no_port():
    assert defaults({}).KernelManager.transport == "ipc"


def test_what_an_operator_has_set_stays():
    assert variables({"HOLOVIEWSRC": "mine", "JUPYTER_CONFIG_PATH": "mine"}) == {}


def test_plots_take_what_they_need_from_the_notebook():
    code = "import holoviews; print(holoviews.extension.inline)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | variables({}), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"


def test_jupyterlab_asks_nobody_about_news(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", variables({})["JUPYTER_CONFIG_PATH"])
    from jupyterlab_server.config import get_page_config

    assert "@jupyterlab/apputils-extension:announcements" in get_page_config([])["disabledExtensions"]


def test_jupyterlab_begins_in_the_persons_language(monkeypatch):
    from jupyterlab_server.settings_utils import _get_overrides

    def spoken(language):
        monkeypatch.setenv("JUPYTER_CONFIG_PATH", variables({"GAIA_VRE_LANGUAGE": language})["JUPYTER_CONFIG_PATH"])
        return _get_overrides("/nowhere")[0].get("@jupyterlab/translation-extension:plugin", {}).get("locale")

    assert spoken("fr") == "fr_FR"
    assert spoken("en") is None
    assert spoken("../jupyter") is None


def test_jupyterlab_has_its_french_words():
    from jupyterlab_server.translation_utils import get_language_pack

    words, problem = get_language_pack("fr_FR")
    assert problem == ""
    assert "jupyterlab" in words


def test_what_we_replace_in_jupyterlab_is_there():
    from jupyterlab import commands

    assert list(inspect.signature(commands._yarn_config).parameters) in (["logger"], ["_logger"])

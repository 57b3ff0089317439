"""How a lab is set up; a person's own Jupyter configuration comes on top of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from traitlets.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping

LEFT_OUT = (
    "jupyter_lsp",  # there is no language server to talk to
    "notebook_shim",
    "panel.io.jupyter_server_extension",  # imports Panel and Bokeh into the server
    "dask_labextension",  # loaded on demand, see on_demand.py
    "jupyter_server_proxy",  # loaded on demand
    "voila.server_extension",  # its pages are apps, each a server of its own
)
"""Server extensions that packages switch on and that would slow each start."""


TOGETHER = ("jupyter_server_ydoc", "jupyter_server_fileid")
"""Server extensions of real-time collaboration, for labs that several people are in at once."""
PROJECT_VARIABLE, SANDBOX_VARIABLE = "GAIA_VRE_PROJECT", "GAIA_VRE_SANDBOX"
PERSON_VARIABLE = "GAIA_VRE_PERSON"
"""Whose sandbox it is: the hub has it as that of a user of its own."""
_REMEMBERED_SECONDS = 15


def owner_alone(environment: Mapping[str, str]) -> str | None:
    """Return whose lab this is, if what is told in it is for them alone; a project's is its editors'."""
    if PROJECT_VARIABLE in environment:
        return None
    return environment.get(PERSON_VARIABLE) or environment.get("JUPYTERHUB_USER") or None


def defaults(environment: Mapping[str, str]) -> Config:
    """Return what a lab is configured with before any configuration file is read."""
    c = Config()
    configure(c, environment)
    return c


def configure(c: Config, environment: Mapping[str, str]) -> None:
    """Set the traits of a lab's server, its kernels and JupyterLab."""
    _server(c, environment)
    _kernels(c)
    _jupyterlab(c)


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables to add, for the lab and its kernels, where they are not set."""
    here = Path(__file__).parent
    wanted = {
        # HoloViews would have Bokeh loaded from another host.
        "HOLOVIEWSRC": str(here / "holoviews_settings.py"),
        # No question whether to fetch news from another host, no look for a language server that is not there.
        "JUPYTER_CONFIG_PATH": os.pathsep.join(map(str, _configurations(here, environment))),
    }
    return {name: value for name, value in wanted.items() if name not in environment}


def _configurations(here: Path, environment: Mapping[str, str]) -> list[Path]:
    """Return the folders of JupyterLab's defaults, first those of the language that the person reads."""
    language = environment.get("GAIA_VRE_LANGUAGE", "")
    spoken = here / f"jupyter-{language}"
    alone = [] if PROJECT_VARIABLE in environment else [here / "jupyter-alone"]
    return [*([spoken] if language.isalpha() and spoken.is_dir() else []), *alone, here / "jupyter"]


def _server(c: Config, environment: Mapping[str, str]) -> None:
    c.ServerApp.root_dir = environment.get("HOME", "")
    c.ServerApp.allow_root = os.geteuid() == 0
    c.ServerApp.contents_manager_class = "gaia_vre.lab.contents.Contents"
    c.ServerApp.kernel_websocket_connection_class = "gaia_vre.lab.channels.PromptConnection"
    # Dashboards of Dask open through the lab, wherever the gateway is.
    gateway = urlsplit(environment.get("DASK_GATEWAY__ADDRESS", "")).hostname
    c.ServerProxy.host_allowlist = list(dict.fromkeys(["localhost", "127.0.0.1", *([gateway] if gateway else [])]))
    together = PROJECT_VARIABLE in environment
    extensions = dict.fromkeys(LEFT_OUT, False) | dict.fromkeys(TOGETHER, together)
    c.ServerApp.jpserver_extensions = {**extensions, "gaia_vre.lab.extension": True}
    if together:
        _members(c, environment)


def _members(c: Config, environment: Mapping[str, str]) -> None:
    """Set what holds where several people are in a lab."""
    # The hub is asked anew so soon whether somebody may be here; by default that takes 300 s.
    c.HubAuth.cache_max_age = _REMEMBERED_SECONDS
    # What people change is saved within a second; its history is of use while somebody is there, and ends with the lab.
    c.YDocExtension.ystore_class = "jupyter_server_ydoc.stores.TempFileYStore"
    if private := environment.get("JUPYTER_RUNTIME_DIR"):
        c.BaseFileIdManager.db_path = str(Path(private) / "files.db")


def _kernels(c: Config) -> None:
    # On a shared machine anyone can connect to a TCP port of loopback; sockets in a private folder they cannot reach.
    c.KernelManager.transport = "ipc"
    c.KernelProvisionerFactory.default_provisioner_name = "gaia-vre"


def _jupyterlab(c: Config) -> None:
    # Nothing here may call another host: no news, no look for a newer JupyterLab, no package index.
    c.LabApp.news_url = None
    c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
    c.LabApp.extension_manager = "readonly"

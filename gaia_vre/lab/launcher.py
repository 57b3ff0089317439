"""Start a lab: JupyterHub's single-user server with what it needs and nothing else."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaia_vre.core.project_links import LINKED, PROJECTS, link
from gaia_vre.lab import spare
from gaia_vre.lab.configuration import defaults, variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run a lab until it is told to stop; the environment is the one JupyterHub gives."""
    use_private_runtime_folder()
    os.environ.update(variables(os.environ))
    link_projects(os.environ)
    spare.prepare()
    lab_application().launch_instance(argv)


def use_private_runtime_folder() -> None:
    """Keep kernel sockets and connection files where only this lab's owner can look.

    The path is short because a UNIX socket's path may have 107 characters.
    """
    folder = tempfile.mkdtemp(prefix="lab-", dir="/tmp")
    os.environ["JUPYTER_RUNTIME_DIR"] = folder
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


def link_projects(environment: Mapping[str, str]) -> None:
    """Put links to the folders of projects into the home, where the lab is to do it itself."""
    if LINKED in environment:
        root = Path(environment[PROJECTS])
        names = [each.name for each in root.iterdir()] if root.is_dir() else []
        link(Path(environment["HOME"]), names, root)


def lab_application() -> type[Any]:
    """Return JupyterHub's single-user application with our defaults under the user's configuration."""
    from gaia_vre.lab.slim import import_jupyterlab, single_user_application

    base = single_user_application()
    import_jupyterlab()

    class Lab(base):  # type: ignore[misc, valid-type]
        """The hub's extension, found by the server under the hub's package name."""

        @classmethod
        def get_extension_package(cls) -> str:
            return "jupyterhub"

        @classmethod
        def make_serverapp(cls, **traits: Any) -> Any:
            return super().make_serverapp(config=defaults(os.environ), **traits)

    return Lab

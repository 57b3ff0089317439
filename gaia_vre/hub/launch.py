"""How a lab is launched on one machine: its command, what it sees, its environment."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gaia_vre.core.state import StateFolder
from gaia_vre.gateway.commands import lab_environment
from gaia_vre.isolation.bubblewrap import bubblewrap, confined

if TYPE_CHECKING:
    from gaia_vre.core.settings import Environment, Settings
    from gaia_vre.isolation.bubblewrap import Confinement


def lab_command(environment: Environment, module: str = "gaia_vre.lab") -> list[str]:
    """Return the command of the lab server in this environment, or of what runs in its place."""
    python = str(environment.prefix / "bin" / "python") if environment.prefix else sys.executable
    return [python, "-m", module]


def examples_folder(settings: Settings) -> Path:
    """Return where the examples stand that labs are given."""
    return Path(os.environ.get("GAIA_VRE_EXAMPLES", StateFolder(settings.state).root / "examples"))


def isolation_program(settings: Settings) -> str | None:
    """Return the bubblewrap that labs are run with, or None."""
    return bubblewrap() if settings.labs.isolation != "off" else None


def isolated(
    command: list[str], room: Confinement, folder: StateFolder, examples: Path, settings: Settings
) -> list[str]:
    """Return the command as it is run: inside bubblewrap where that works and is wanted, with data to read."""
    program = isolation_program(settings)
    if program is None:
        return command
    prefixes = [environment.prefix for environment in settings.labs.environments if environment.prefix]
    mounted = [path for site in settings.sites for path in site.folders]
    visible = tuple(path for path in (folder.data, examples, *prefixes, *mounted) if path.exists())
    return confined(command, replace(room, read_only=(*room.read_only, *visible)), program)


def gaia_environment(settings: Settings, folder: StateFolder, examples: Path, prefix: str) -> dict[str, str]:
    """Return the variables by which a lab finds the service, the data and Dask.

    Parameters
    ----------
    prefix
        Path of the server below the public address, as ``/user/ada/``.
    """
    return {
        **common_environment(settings, prefix),
        "GAIA_VRE_CATALOG": str(folder.catalog),
        "GAIA_VRE_EXAMPLES": str(examples),
    }


def common_environment(settings: Settings, prefix: str, environment: str | None = None) -> dict[str, str]:
    """Return the variables that a lab has wherever it runs; none is secret.

    Parameters
    ----------
    environment
        Name of the environment that the lab runs; default: the first one.
    """
    return {
        "GAIA_VRE_URL": settings.addresses.service_url,
        "GAIA_VRE_SITES": json.dumps([site.model_dump(mode="json") for site in settings.sites]),
        "GAIA_VRE_READING_WARNING_GB": f"{settings.labs.reading_warning_gb:g}",
        # The hub must hear of activity well before the culler takes silence for idleness.
        "JUPYTERHUB_ACTIVITY_INTERVAL": str(int(max(3, min(300, settings.labs.idle_minutes * 60 / 4)))),
        **lab_environment(settings, prefix, environment),
    }

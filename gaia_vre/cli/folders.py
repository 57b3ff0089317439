"""The folders that commands of the catalog work on when none is given."""

from __future__ import annotations

import os
from pathlib import Path


def data_of_settings() -> Path:
    """Return the folder of the prepared data."""
    from gaia_vre.core.settings import load_settings
    from gaia_vre.core.state import StateFolder

    return StateFolder(load_settings().state).data


def default_folder() -> Path:
    """Return the folder of the catalog."""
    named = os.environ.get("GAIA_VRE_CATALOG")
    return Path(named) if named else data_of_settings() / "catalog"

"""How the server of an app is told what it serves."""

from __future__ import annotations

from typing import Literal, get_args

AppKind = Literal["panel", "streamlit", "voila"]
"""Whose program an app is."""
APP_KINDS: tuple[AppKind, ...] = get_args(AppKind)
APP_NAMES: dict[AppKind, str] = {"panel": "Panel", "streamlit": "Streamlit", "voila": "Voilà"}

MODULE = "gaia_vre.lab.app"
"""What is run in the place of a lab."""
APP = "GAIA_VRE_APP"
"""Variable that names the program, from the project's folder on."""
KIND = "GAIA_VRE_APP_KIND"
"""Variable that tells whose program it is."""
IDLE_SECONDS = "GAIA_VRE_APP_IDLE_SECONDS"
"""Variable that tells after how long without a visitor it sleeps."""
OPEN_TO_ALL = "GAIA_VRE_APP_OPEN"
"""Variable that is 1 where nobody is asked who they are."""

"""Which settings this hub runs with: the file of one machine, or the values of the Helm chart."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from gaia_vre.core.settings import SETTINGS_VARIABLE, TEXT_VARIABLE, load_settings, parse_settings

if TYPE_CHECKING:
    from gaia_vre.core.settings import Settings

STATE = "/srv/jupyterhub/gaia"
"""Where a hub in a pod keeps what it must not forget: on the volume of its database, if it has one."""

_PLACE = "jupyterhub.custom.gaia"


def hub_settings() -> Settings:
    """Read the settings this hub was started with."""
    given = os.environ.get(SETTINGS_VARIABLE) or os.environ.get(TEXT_VARIABLE)
    if given or find_spec("z2jh") is None:
        return load_settings()
    values = import_module("z2jh").get_config("custom.gaia")
    return cluster_settings(values, os.environ.get("POD_NAMESPACE", "default"))


def cluster_settings(values: Any, namespace: str) -> Settings:
    """Return the settings of a hub in a pod, with the addresses that follow from the release.

    Parameters
    ----------
    namespace
        Namespace of the release, where the service and the gateway are.

    Raises
    ------
    SettingsError
        A key is unknown or a value is out of its bounds; the message names it below `jupyterhub.custom.gaia`.
    """
    whole = {} if values is None else values
    if isinstance(whole, dict):
        found = {
            "service": f"http://gaia-service.{namespace}:8000",
            "gateway": f"http://traefik-dask-gateway.{namespace}",
        }
        addresses = whole.get("addresses") or {}
        whole = {
            **whole,
            "state": STATE,
            "addresses": found | addresses if isinstance(addresses, dict) else addresses,
            "kubernetes": {} if whole.get("kubernetes") is None else whole["kubernetes"],
        }
    return parse_settings(whole, _PLACE)

"""All signers of the settings, found by the host of an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.catalog.signing.header import HeaderSigner
from gaia_vre.catalog.signing.hosts import host_of
from gaia_vre.catalog.signing.teledetection import TeledetectionSigner
from gaia_vre.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gaia_vre.catalog.signing.contract import Signed, Signer
    from gaia_vre.core.access_settings import Signer as Settings


class Signers:
    """Finds the signer of an address; hosts that the settings do not name are never called.

    Parameters
    ----------
    environment
        Where the keys stand, under the names that the settings give.
    """

    def __init__(self, settings: Iterable[Settings], environment: Mapping[str, str]) -> None:
        self._signers: dict[str, Signer] = {}
        for one in settings:
            signer = _made(one, environment)
            self._signers |= dict.fromkeys((host.lower() for host in one.hosts), signer)

    def of(self, href: str) -> Signer | None:
        """Return the signer of an address, or None when it needs none."""
        host = host_of(href)
        return self._signers.get(host) if host else None


class _WithoutKey:
    """An archive whose key the operator has not given."""

    def __init__(self, name: str, variable: str) -> None:
        self.name, self._variable = name, variable

    def sign(self, href: str, now: datetime) -> Signed:
        raise Unavailable(f"{self.name}: this service has no key; the operators must set {self._variable}")


def _made(settings: Settings, environment: Mapping[str, str]) -> Signer:
    names = [settings.key_variable, *([settings.secret_variable] if settings.secret_variable else [])]
    for name in names:
        if not environment.get(name):
            return _WithoutKey(settings.name, name)
    keys = [environment[name] for name in names]
    if settings.kind == "header":
        return HeaderSigner(settings.name, settings.header, keys[0])
    hosts = frozenset(host.lower() for host in settings.hosts)
    return TeledetectionSigner(settings.name, settings.url, hosts, (keys[0], keys[1]), settings.seconds)

"""Archives that take a key in a header: GEODES, hydroweb.next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.catalog.signing.contract import Signed

if TYPE_CHECKING:
    from datetime import datetime


class HeaderSigner:
    """Send a key along; the file passes through the service, which alone holds it."""

    def __init__(self, name: str, header: str, key: str) -> None:
        self.name, self._headers = name, {header: key}

    def sign(self, href: str, now: datetime) -> Signed:
        """Return the same address with the key; see `Signer`."""
        del now
        return Signed(href, self._headers)

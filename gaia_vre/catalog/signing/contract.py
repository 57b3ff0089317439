"""What a signer is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Signed:
    """How a file is read now."""

    href: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """To be sent along; they hold a key and never leave the service, so such a file passes through it."""
    expires: datetime | None = None


class Signer(Protocol):
    """The way to the files of one archive; every one must pass ``tests/catalog/signing``."""

    @property
    def name(self) -> str: ...

    def sign(self, href: str, now: datetime) -> Signed:
        """Return how a file of this archive is read.

        Raises
        ------
        Unavailable
            The archive does not answer rightly, or the service has no key that it takes.
        """
        ...

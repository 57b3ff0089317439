"""Signed, expiring links to the files of one dataset, for one person.

One signature covers everything below the dataset's folder, for a Zarr store has thousands of
files. It stands in a segment of the path, so every reader that can join paths can use it:
``files/<dataset>/~<expiry>.<person>.<signature>/<file>``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gaia_vre.core.errors import NotAllowed

MARK = "~"
_LONGEST = 600
_LATEST = 1 << 40


@dataclass(frozen=True)
class Link:
    """A right to read, as its signature says."""

    dataset: str
    person: str
    expires: datetime


class Links:
    """Makes links and reads them back.

    Parameters
    ----------
    key
        Known to the service's processes only; a new one ends all links.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def segment(self, link: Link) -> str:
        """Return the segment of the path that proves the right."""
        expires = f"{int(link.expires.timestamp()):x}"
        person = _packed(link.person.encode())
        return f"{MARK}{expires}.{person}.{_packed(self._signature(link.dataset, expires, person))}"

    def read(self, dataset: str, segment: str, now: datetime) -> Link:
        """Return what a segment proves for this dataset.

        Raises
        ------
        NotAllowed
            It was not made here, or for another dataset, or its time is over.
        """
        expires, person, signature = _parts(segment)
        # Always compared whole, so that the time taken tells nothing.
        if not hmac.compare_digest(self._signature(dataset, expires, person), signature):
            raise NotAllowed("This link was not made here or is for another dataset: ask for a new one")
        end = datetime.fromtimestamp(int(expires, 16), UTC)
        if now >= end:
            raise NotAllowed(f"This link ended at {end:%Y-%m-%d %H:%M:%S} UTC: ask for a new one")
        return Link(dataset, _unpacked(person).decode(), end)

    def _signature(self, dataset: str, expires: str, person: str) -> bytes:
        # None of the three can hold a newline: the name is checked, the others are written by `segment`.
        return hmac.new(self._key, f"{dataset}\n{expires}\n{person}".encode(), hashlib.sha256).digest()


def expiry(now: datetime, minutes: int) -> datetime:
    """Return when a link of now ends: whole seconds, so that it is read as it was made."""
    return now.replace(microsecond=0) + timedelta(minutes=minutes)


def _parts(segment: str) -> tuple[str, str, bytes]:
    parts = segment.removeprefix(MARK).split(".")
    try:
        if len(segment) > _LONGEST or not segment.isascii() or not segment.startswith(MARK):
            raise ValueError
        expires, person, signature = parts
        if not 0 < int(expires, 16) < _LATEST:
            raise ValueError
        return expires, person, _unpacked(signature)
    except (ValueError, binascii.Error):
        raise NotAllowed("This is no link to files: ask for a new one") from None


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)

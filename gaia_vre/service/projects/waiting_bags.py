"""Bags that somebody has sent from the page and not yet made a project of: one a person, for an hour."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from gaia_vre.core.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

KEPT_SECONDS = 3600
_NUMBER_LENGTH = 32
_ENDING, _COMING = ".zip", ".part"


class WaitingBags:
    """The bags in one folder.

    Parameters
    ----------
    folder
        Nobody else's; what is old in it is removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, username: str) -> tuple[str, BinaryIO]:
        """Return the number and the open file of a bag that comes; it counts once `finish` is called."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.forget()
        number = secrets.token_hex(_NUMBER_LENGTH // 2)
        path = self._path(username, number, _COMING)
        return number, os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w+b")

    def finish(self, username: str, number: str) -> None:
        """Keep what has come, instead of what the person sent before."""
        self.drop(username)
        self._path(username, number, _COMING).rename(self._path(username, number, _ENDING))

    def give_up(self, username: str, number: str) -> None:
        """Remove what has come so far."""
        self._path(username, number, _COMING).unlink(missing_ok=True)

    def open(self, username: str, number: str) -> BinaryIO:
        """Return a bag that this person sent; raises NotFound for others' and for what is gone."""
        try:
            return self._path(username, number, _ENDING).open("rb")
        except OSError as error:
            raise NotFound("This bag is not here any more: send it again") from error

    def drop(self, username: str) -> None:
        """Remove the bag of a person."""
        for path in self._folder.glob(f"{_owner(username)}-*{_ENDING}"):
            path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove what nobody made a project of in time."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                    path.unlink()

    def _path(self, username: str, number: str, ending: str) -> Path:
        if len(number) != _NUMBER_LENGTH or not set(number) <= set("0123456789abcdef"):
            raise NotFound("There is no such bag: send it again")
        return self._folder / f"{_owner(username)}-{number}{ending}"


def _owner(username: str) -> str:
    return hashlib.sha256(username.encode()).hexdigest()[:_NUMBER_LENGTH]

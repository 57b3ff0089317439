"""The folders of sandboxes: a temporary home each, and beside it what its keeper goes by."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Unavailable
from gaia_vre.isolation.keeper import CLAIMED, DEADLINE, ENDED, WAITING
from gaia_vre.sandboxes import porter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

_HEARTBEAT_SECONDS = 60
"""What waits and was not seen by the hub for so long is a leftover."""
_COPY_SECONDS = 45.0
_SILENT_SECONDS = 60.0
"""A porter that has not told of itself for so long is gone with its node: its last copy is what there is."""


@dataclass(frozen=True)
class Folders:
    """All of one state folder."""

    root: Path

    def home(self, number: str) -> Path:
        """Return the temporary home."""
        return self.root / number / "home"

    def make(self, number: str) -> Path:
        """Make an empty home and return it; what a killed attempt left is cleared away."""
        self.remove(number)
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        home = self.home(number)
        for folder in (home.parent, home):
            folder.mkdir(mode=0o700)
        return home

    def claim(self) -> str | None:
        """Take one that was started ahead and return its number; None when none waits. Nobody else gets the same."""
        for number in self._waiting():
            with contextlib.suppress(OSError):
                os.utime(self.root / number / WAITING)
                (self.root / number / WAITING).rename(self.root / number / CLAIMED)
                return number
        return None

    def unclaim(self, number: str) -> None:
        """Give one back that was claimed for nothing: nothing has been put into it."""
        with contextlib.suppress(OSError):
            (self.root / number / CLAIMED).rename(self.root / number / WAITING)

    def live(self, number: str, deadline: datetime) -> None:
        """Let a sandbox live until then, whoever else is gone."""
        with contextlib.suppress(FileNotFoundError):  # destroyed meanwhile
            self._put(number, DEADLINE, f"{deadline.timestamp():.0f}")
            (self.root / number / CLAIMED).unlink(missing_ok=True)

    def end(self, number: str, why: str) -> None:
        """Have the keeper end it at once; the first reason given stays."""
        folder = self.root / number
        if not folder.is_dir():
            return
        if not (folder / ENDED).exists():
            self._put(number, ENDED, json.dumps({"why": why}))
        self._put(number, DEADLINE, "0")

    def ended(self, number: str) -> str | None:
        """Return the reason that its keeper left; None when it left none."""
        try:
            return str(json.loads((self.root / number / ENDED).read_text())["why"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextlib.contextmanager
    def still(self, number: str) -> Iterator[Path]:
        """Let the home stand still while it is read, as it is now, also where it is a copy of what a pod has.

        Raises
        ------
        Unavailable
            The copy is not ready in time.
        """
        folder = self.root / number
        word = secrets.token_hex(8)
        try:
            if self._carried(number) is not None:
                self._put(number, porter.WANTED, word)
                self._until_carried(number, word)
            yield folder / "home"
        finally:
            (folder / porter.WANTED).unlink(missing_ok=True)

    def _until_carried(self, number: str, word: str) -> None:
        deadline = time.monotonic() + _COPY_SECONDS
        while self._carried(number) not in (None, word):
            if time.monotonic() >= deadline:
                raise Unavailable(f"The files of the sandbox {number} are being copied; try again in a minute")
            time.sleep(porter.LOOK_SECONDS / 2)

    def _carried(self, number: str) -> str | None:
        """Return whose word the porter has answered; None where there is none, or none any more."""
        file = self.root / number / porter.STATE
        try:
            told = json.loads(file.read_text())
            silent = time.time() - file.stat().st_mtime > _SILENT_SECONDS
        except (OSError, ValueError):
            return None
        return None if silent or told.get("state") != "running" else str(told.get("answered"))

    def remove(self, number: str) -> None:
        """Remove everything of a sandbox, however deep and however closed it made its folders.

        Raises
        ------
        OSError
            Something of it is left.
        """
        folder = self.root / number
        if not folder.exists():
            return
        # What is nested deeper than Python recurses is no trouble to these two, and neither follows links.
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf", "--one-file-system"]):
            subprocess.run([*command, "--", str(folder)], capture_output=True, check=False)
        if folder.exists():
            raise OSError(f"{folder} could not be removed")

    def numbers(self) -> Iterable[str]:
        """Return those of which something is there, without those that wait to be somebody's."""
        with contextlib.suppress(FileNotFoundError):
            found = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir(follow_symlinks=False))
            return [number for number in found if not self._is_ahead(number)]
        return []

    def _waiting(self) -> list[str]:
        """Return those that wait, the oldest first: they are the readiest."""
        found = []
        for mark in self.root.glob(f"*/{WAITING}"):
            with contextlib.suppress(OSError):
                if time.time() - mark.stat().st_mtime < _HEARTBEAT_SECONDS / 2:  # else it may be removed at any time
                    found.append((mark.parent.stat().st_ctime, mark.parent.name))
        return [number for _, number in sorted(found)]

    def _is_ahead(self, number: str) -> bool:
        for name in (WAITING, CLAIMED):
            with contextlib.suppress(OSError):
                return time.time() - (self.root / number / name).stat().st_mtime < _HEARTBEAT_SECONDS
        return False

    def _put(self, number: str, name: str, text: str) -> None:
        """Write a file at once: its reader finds the old or the new."""
        draft = self.root / number / f".{name}"
        draft.write_text(text)
        draft.replace(self.root / number / name)

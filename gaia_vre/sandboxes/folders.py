"""The folders of sandboxes: a temporary home each, and beside it what its keeper goes by."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.isolation.keeper import DEADLINE, ENDED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path


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

    def live(self, number: str, deadline: datetime) -> None:
        """Let a sandbox live until then, whoever else is gone."""
        self._put(number, DEADLINE, f"{deadline.timestamp():.0f}")

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
        """Return those of which something is there."""
        with contextlib.suppress(FileNotFoundError):
            return sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir(follow_symlinks=False))
        return []

    def _put(self, number: str, name: str, text: str) -> None:
        """Write a file at once: its reader finds the old or the new."""
        draft = self.root / number / f".{name}"
        draft.write_text(text)
        draft.replace(self.root / number / name)

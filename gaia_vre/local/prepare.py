"""Prepare the sample data in a process of its own, and pass on its progress."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Preparation:
    """A running `gaia-vre catalog prepare`."""

    process: subprocess.Popen[str]
    progress: str | None = None
    """The step that runs now, as one line for a person."""
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._readers = [
            threading.Thread(target=self._read_steps, daemon=True),
            threading.Thread(target=self._read_problems, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def done(self) -> bool:
        return self.process.poll() is not None and not any(reader.is_alive() for reader in self._readers)

    def _read_steps(self) -> None:
        for line in self.process.stdout or ():
            try:
                step = json.loads(line)
                self.progress = f"data {step['done']}/{step['total']}: {step['title']}"
            except (ValueError, KeyError, TypeError):
                continue

    def _read_problems(self) -> None:
        for line in self.process.stderr or ():
            if line.startswith("gaia-vre: "):
                self.problems.append(line.removeprefix("gaia-vre: ").strip())


def start_preparation(data: Path, sources: Path, environment: dict[str, str], log: Path) -> Preparation:
    """Begin to convert the samples into the data folder; doing it again is quick and safe."""
    return _start(["prepare", "--json", "--data", str(data), "--sources", str(sources)], environment, log)


def start_pictures(data: Path, environment: dict[str, str], log: Path) -> Preparation:
    """Begin to draw the prepared data for the catalog's pages, behind everything else."""
    return _start(["pictures", "--json", "--data", str(data)], environment, log)


def _start(arguments: list[str], environment: dict[str, str], log: Path) -> Preparation:
    command = [sys.executable, "-m", "gaia_vre.cli", "catalog", *arguments]
    process = subprocess.Popen(
        command,
        cwd=log.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return Preparation(process)

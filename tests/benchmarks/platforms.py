"""The two sides of each measure, started once for all measures of a run."""

from __future__ import annotations

import functools
import itertools
from contextlib import ExitStack
from typing import Protocol

from tests.benchmarks.ours import OurEnvironment
from tests.benchmarks.stock import StockHub

running = ExitStack()
"""Closed at the end of a run: stops and removes what was started."""

_numbers = itertools.count(1)


class Platform(Protocol):
    """A hub with labs behind one address."""

    name: str

    @property
    def url(self) -> str: ...

    def password(self, username: str) -> str: ...

    def start(self) -> None: ...

    def launch(self) -> None: ...

    def kill_hub(self) -> None: ...

    def stop(self) -> None: ...

    def remove(self) -> None: ...


@functools.cache
def ours() -> Platform:
    return _started(OurEnvironment.create())


@functools.cache
def pooled() -> OurEnvironment:
    """Return ours with a sandbox that is kept started ahead."""
    environment = OurEnvironment.create("sandboxes: {pool: 1}\n")
    _started(environment)
    return environment


@functools.cache
def stock() -> Platform:
    return _started(StockHub.create())


def newcomer() -> str:
    """Return the name of somebody who has never signed in."""
    return f"bench{next(_numbers)}"


def _started(platform: Platform) -> Platform:
    running.callback(platform.remove)
    platform.start()
    return platform

"""What a sandbox starts from: one function for each kind puts it into the new home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gaia_vre.core.settings import Settings
    from gaia_vre.sandboxes.model import Source, SourceKind


@dataclass(frozen=True)
class Maker:
    """For whom a sandbox is furnished: what they may not read is not put into it."""

    username: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Furnished:
    """What stands in the home now."""

    title: str = ""
    """What people read of it; empty: the kind."""
    opens: str = ""
    """Path in the home that the lab shows first; empty: the launcher."""
    revision: str = ""
    """The commit that was really taken, where there is one."""


def check_source(source: Source) -> None:
    """Raise InvalidInput for a kind that nothing here furnishes."""
    if source.kind not in KINDS:
        raise InvalidInput(f"A sandbox cannot start from {source.kind!r} here; it can from {', '.join(sorted(KINDS))}")


def furnish(source: Source, home: Path, maker: Maker, settings: Settings) -> Furnished:
    """Put what a sandbox starts from into its home, which exists and is empty.

    Raises
    ------
    GaiaError
        There is no such thing, its maker may not read it, or it is too large.
    """
    check_source(source)
    return KINDS[source.kind](source, home, maker, settings)


def _blank(source: Source, home: Path, maker: Maker, settings: Settings) -> Furnished:
    del source, home, maker, settings
    return Furnished()


KINDS: Mapping[SourceKind, Callable[[Source, Path, Maker, Settings], Furnished]] = {"blank": _blank}
"""Every kind that a sandbox can start from here.

Each function runs in the service, outside the sandbox: what comes from elsewhere is written and never executed, and
bounded in bytes, files and seconds.
"""

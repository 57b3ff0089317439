"""Copy a folder that others write to into the home of a sandbox: no link is followed, and it is bounded."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.core.errors import TooLarge, Unavailable
from gaia_vre.sandboxes.keeping import Copying

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Bound:
    """How much is copied at most."""

    size: int
    """In bytes."""
    files: int


def copy_folder(source: Path, target: Path, bound: Bound, what: str) -> Copying:
    """Copy a folder into a new one.

    Parameters
    ----------
    what
        Its name in messages.

    Raises
    ------
    TooLarge
        It passes the bound; the target is left with what fitted.
    Unavailable
        The folder cannot be read.
    """
    target.mkdir()
    copying = Copying(bound.size, bound.files)
    try:
        with ExitStack() as opened:
            copying.whole(_entered(source, opened), _entered(target, opened))
    except TooLarge as error:
        limits = f"{bound.size / 2**20:,.0f} MiB or {bound.files:,} files"
        raise TooLarge(f"{what} has more than {limits}, which is what the home of a sandbox holds") from error
    except OSError as error:
        raise Unavailable(f"{what} cannot be read ({error.strerror})") from error
    return copying


def _entered(folder: Path, opened: ExitStack) -> int:
    descriptor = os.open(folder, _FOLDER)
    opened.callback(os.close, descriptor)
    return descriptor

"""What must hold before anything is started; each refusal says in one line what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from gaia_vre.core.errors import Conflict, SettingsError, Unavailable
from gaia_vre.isolation.bubblewrap import bubblewrap
from gaia_vre.local.ports import check_port_free

if TYPE_CHECKING:
    from pathlib import Path

    from gaia_vre.core.settings import Settings
    from gaia_vre.core.state import StateFolder

FREE_BYTES_NEEDED = 200_000_000
"""Prepared data take about 30 MB; databases, logs and homes need room to grow."""


def check_before_start(settings: Settings, folder: StateFolder) -> None:
    """Refuse to start where it could not end well; nothing is written.

    Raises
    ------
    Conflict, Unavailable, SettingsError
        With the thing, the value and what to do.
    """
    check_state_folder(folder.root)
    check_port_free(settings.addresses.host, settings.addresses.port)
    for database in sorted(folder.root.glob("*/*.sqlite")):
        check_database(database)
    if settings.labs.isolation == "required" and bubblewrap() is None:
        raise SettingsError(
            "labs.isolation is 'required', but bubblewrap does not work here: install it (Debian: bubblewrap), "
            "or set labs.isolation to 'auto' where users trust each other"
        )


def check_state_folder(root: Path) -> None:
    """Check that the folder, or its nearest existing parent, can be written and has room."""
    place = next(path for path in (root, *root.parents) if path.exists())
    if not place.is_dir():
        raise Conflict(f"{place} is not a folder: choose another with --state")
    if not os.access(place, os.W_OK | os.X_OK):
        raise Conflict(f"{place} cannot be written: choose another folder with --state")
    free = shutil.disk_usage(place).free
    if free < FREE_BYTES_NEEDED:
        raise Unavailable(
            f"the disk of {place} is full ({free / 1e6:.0f} MB free, {FREE_BYTES_NEEDED / 1e6:.0f} MB needed): "
            "make room, or choose another folder with --state"
        )


def check_database(path: Path) -> None:
    """Check that a database of a former start is whole.

    Raises
    ------
    Conflict
        SQLite cannot read it.
    """
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=5)) as database:
            verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise Conflict(
            f"the database {path} is damaged ({verdict}): restore a copy of it, "
            "or move it away to start with an empty one"
        )

"""The ledger as commands of operators open it."""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gaia_vre.core.settings import SETTINGS_VARIABLE, Settings, load_settings, read_settings
from gaia_vre.core.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gaia_vre.quotas.deciding import Office

_FILE = click.option(
    "--settings", "file", type=click.Path(path_type=Path), help="YAML file of settings (default: $GAIA_VRE_SETTINGS)."
)
_STATE = click.option(
    "--state", type=click.Path(path_type=Path), help="State folder of one machine: the settings in force there."
)
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that name the settings, and --json."""
    return _FILE(_STATE(_AS_JSON(command)))


def chosen_settings(file: Path | None, state: Path | None) -> Settings:
    """Return the settings that a command means: its options, the variable, or one machine's state folder."""
    written = StateFolder((state or Settings().state).expanduser().absolute()).settings
    chosen = file or (written if state or (SETTINGS_VARIABLE not in os.environ and written.exists()) else None)
    return read_settings(chosen) if chosen else load_settings()


@contextlib.contextmanager
def open_office(file: Path | None, state: Path | None) -> Iterator[Office]:
    """Open the ledger that the settings name; the service may run meanwhile."""
    from gaia_vre.database.engine import check_usable, database_url, make_engine
    from gaia_vre.projects.registry import open_books
    from gaia_vre.quotas.clock import Instant

    settings = chosen_settings(file, state)
    engine = make_engine(database_url(settings))
    try:
        check_usable(engine)
        # Nothing is charged from here: the wall clock is enough, and the ledger's own stays untouched.
        yield open_books(engine, settings, lambda: Instant(0, datetime.now(UTC)))[0]
    finally:
        engine.dispose()

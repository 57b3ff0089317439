"""Run Debian's PostgreSQL in a folder of its own, on loopback, for as long as it is needed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support.environment import free_port

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextlib.contextmanager
def running_postgresql(folder: Path) -> Iterator[str]:
    """Start a server and return its address; skip loudly where PostgreSQL is not installed."""
    if not _BINARIES:
        pytest.skip("POSTGRESQL IS NOT INSTALLED: the database is tried on SQLite only (Debian: postgresql)")
    binaries, port = _BINARIES[-1], free_port()
    # The server refuses to run as root, and another user must be able to walk to its folder.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    data = Path("/var/tmp") / f"gaia-vre-tests-{uuid.uuid4().hex[:8]}" if as_user else folder / "data"
    try:
        options = ["--auth=trust", "--username=gaia", "--encoding=UTF8", "--no-sync"]
        subprocess.run([*as_user, str(binaries / "initdb"), "-D", str(data), *options], check=True, capture_output=True)
        server = subprocess.Popen(
            [
                *as_user,
                str(binaries / "postgres"),
                "-D",
                str(data),
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
                "-k",
                str(data),
                # Nothing outlives the tests: neither disk nor checkpoints are waited for.
                *("-c", "fsync=off", "-c", "full_page_writes=off"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            ready = [*as_user, str(binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-t", "30"]
            _wait(ready)
            yield f"postgresql+psycopg://gaia@127.0.0.1:{port}"
        finally:
            subprocess.run(
                [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"],
                check=True,
                capture_output=True,
            )
            server.wait(20)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _wait(ready: list[str]) -> None:
    from tests.support.environment import until

    until(lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0, 30, "PostgreSQL answers")


def new_database(server: str) -> str:
    """Make an empty database on the server and return its address."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"

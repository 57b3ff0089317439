"""The engine that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gaia_vre.catalog.engine.model import Engine


def postgresql_url(database_url: str | None) -> str | None:
    """Return the address of the database that keeps the catalog; None where the file beside the catalog does."""
    scheme, _, place = (database_url or "").partition("://")
    return f"postgresql://{place}" if scheme.split("+")[0] == "postgresql" else None


def make_engine(database_url: str | None, file: Path) -> Engine:
    """Return the engine for a database: pgstac in PostgreSQL, else the SQLite file."""
    if url := postgresql_url(database_url):
        from gaia_vre.catalog.engine.pgstac.store import PgstacEngine

        return PgstacEngine(url)
    from gaia_vre.catalog.engine.store import SqliteEngine

    return SqliteEngine(file)

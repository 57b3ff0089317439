"""What is remembered between runs of one source: the cursor, what was seen, answers with their ETag.

One SQLite file beside the harvest. A page's records and the cursor after it are stored in one
transaction, so a run killed at any instant goes on where the last whole page ended.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gaia_vre.catalog.harvest.contract import Kept
from gaia_vre.core.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS record (path TEXT PRIMARY KEY, digest TEXT NOT NULL, run INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS cursor (value TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, etag TEXT, modified TEXT, body BLOB NOT NULL, run INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
FILE = ".state.sqlite"
_GONE = "gone"


class State:
    """The state of one source; one process at a time."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / FILE, isolation_level=None)
        try:
            self._database.executescript(_TABLES)
        except sqlite3.OperationalError:  # a full disk: the file itself may be sound
            self._database.close()
            raise
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise Unavailable(f"{folder / FILE} is damaged ({error}); remove it and harvest anew") from error

    def close(self) -> None:
        self._database.close()

    @property
    def run(self) -> int:
        """Number of the current run; resuming goes on with the same one."""
        return int(self._fact("run") or 0)

    def begin(self, setup: str) -> str | None:
        """Begin a run, or go on with an interrupted one of the same setup; return its cursor."""
        cursor = self._fact("cursor")
        if cursor is not None and self._fact("setup") == setup:
            return cursor
        with self._transaction():
            self._database.execute("DELETE FROM cursor")
            self._database.execute("DELETE FROM fact WHERE key = 'cursor'")
            self._set("refused", "0")
            self._set("setup", setup)
            self._set("run", str(self.run + 1))
        return None

    def digest(self, path: str) -> str | None:
        """Return the digest under which a file was last written."""
        row = self._database.execute("SELECT digest FROM record WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def seen(self, path: str) -> bool:
        """Tell whether the current run has met this record."""
        row = self._database.execute("SELECT run FROM record WHERE path = ?", (path,)).fetchone()
        return bool(row) and row[0] == self.run

    def passed(self, cursor: str) -> bool:
        """Tell whether the current run has been at this cursor."""
        return self._database.execute("SELECT 1 FROM cursor WHERE value = ?", (_short(cursor),)).fetchone() is not None

    def finish_page(self, records: Iterable[tuple[str, str]], cursor: str | None, refused: int) -> None:
        """Store the paths and digests of a page with the cursor after it."""
        run = self.run
        with self._transaction():
            self._database.executemany(
                "INSERT INTO record VALUES (?, ?, ?) "
                "ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, run = excluded.run",
                [(path, digest, run) for path, digest in records],
            )
            self._set("refused", str(self.refused + refused))
            if cursor is None:
                self._database.execute("DELETE FROM fact WHERE key = 'cursor'")
            else:
                self._database.execute("INSERT OR IGNORE INTO cursor VALUES (?)", (_short(cursor),))
                self._set("cursor", cursor)

    def forget_cursor(self) -> None:
        """Let the next run begin anew."""
        self._database.execute("DELETE FROM fact WHERE key = 'cursor'")

    @property
    def refused(self) -> int:
        """How many records the current run has refused so far."""
        return int(self._fact("refused") or 0)

    def gone(self) -> list[str]:
        """Return the files that the current run has not met."""
        rows = self._database.execute("SELECT path FROM record WHERE run < ? ORDER BY path", (self.run,))
        return [path for (path,) in rows]

    def mark(self, paths: Iterable[str]) -> None:
        """Remember that files are marked as gone; they are written anew when the source names them again."""
        with self._transaction():
            self._database.executemany("UPDATE record SET digest = ? WHERE path = ?", [(_GONE, path) for path in paths])

    def marked(self) -> list[str]:
        """Return the files that are marked as gone."""
        rows = self._database.execute("SELECT path FROM record WHERE digest = ? ORDER BY path", (_GONE,))
        return [path for (path,) in rows]

    def below(self, name: str) -> list[str]:
        """Return the files of one collection."""
        rows = self._database.execute(
            "SELECT path FROM record WHERE substr(path, 1, ?) = ?", (len(name) + 1, f"{name}/")
        )
        return [path for (path,) in rows]

    def forget(self, paths: Iterable[str]) -> None:
        """Know nothing of these files any more."""
        with self._transaction():
            self._database.executemany("DELETE FROM record WHERE path = ?", [(path,) for path in paths])

    def collections(self) -> list[str]:
        """Return the paths of all collections ever written."""
        rows = self._database.execute("SELECT path FROM record WHERE path LIKE '%/collection.json' ORDER BY path")
        return [path for (path,) in rows]

    def answer(self, key: str) -> Kept | None:
        self._database.execute("UPDATE answer SET run = ? WHERE key = ?", (self.run, key))
        row = self._database.execute("SELECT etag, modified, body FROM answer WHERE key = ?", (key,)).fetchone()
        return Kept(*row) if row else None

    def keep(self, key: str, kept: Kept) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?)",
            (key, kept.etag, kept.modified, kept.body, self.run),
        )

    def forget_answers(self) -> None:
        """Drop answers that the current run did not ask for again."""
        self._database.execute("DELETE FROM answer WHERE run < ?", (self.run,))

    def _fact(self, key: str) -> str | None:
        row = self._database.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _set(self, key: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (key, value))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def _short(cursor: str) -> str:
    return hashlib.sha256(cursor.encode()).hexdigest()


@contextmanager
def opened_state(folder: Path) -> Iterator[State]:
    """Hold the state of a source.

    Raises
    ------
    Conflict
        Another process harvests the same source into the same folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"{folder.name} is being harvested by another process") from None
        state = State(folder)
        try:
            yield state
        finally:
            state.close()
    finally:
        os.close(lock)

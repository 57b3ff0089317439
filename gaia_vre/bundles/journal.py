"""What of a bag is written already: a file of SQLite, so that a million files need no memory, nor a second copy."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

_COMMIT_EVERY = 64
_COMMIT_BYTES = 1 << 26
_TABLES = """
CREATE TABLE IF NOT EXISTS written
    (path TEXT PRIMARY KEY, size INTEGER, changed INTEGER, digest TEXT, turn INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turn (number INTEGER);
CREATE TABLE IF NOT EXISTS tree (line TEXT);
CREATE TABLE IF NOT EXISTS receipt (told TEXT);
"""
_FIRST_LEVEL = """
SELECT DISTINCT CASE instr(substr(path, ?1), '/') WHEN 0 THEN substr(path, ?1)
    ELSE substr(substr(path, ?1), 1, instr(substr(path, ?1), '/')) END
FROM written WHERE path >= ?2 AND path < ?3 LIMIT ?4
"""


class Journal:
    """The journal of one bag; without a path it lasts as long as the process.

    A file that a kill left unwritten here is written again: the journal never says more than there is.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._waiting, self._bytes = path, 0, 0
        self._base = sqlite3.connect(path or "", check_same_thread=False)
        self._base.executescript(_TABLES)
        self._turn = self._one("SELECT count(*) FROM turn") + 1
        self._base.execute("INSERT INTO turn VALUES (?)", (self._turn,))
        self._base.execute("DELETE FROM tree")
        self._base.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._base.commit()
        self._base.close()

    @property
    def receipt(self) -> str | None:
        """What was noted just before the bag got its name; the bag itself tells whether it has it."""
        row = self._base.execute("SELECT told FROM receipt").fetchone()
        return row[0] if row else None

    def note_receipt(self, told: str) -> None:
        self._base.execute("DELETE FROM receipt")
        self._base.execute("INSERT INTO receipt VALUES (?)", (told,))
        self._base.commit()

    def forget(self) -> None:
        """Remove the journal of a bag that is whole."""
        self._base.commit()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def holds(self, path: str, size: int, changed: int) -> bool:
        """Say whether a file is written as it is now, and count it to this turn."""
        same = "UPDATE written SET turn = ? WHERE path = ? AND size = ? AND changed = ?"
        return self._base.execute(same, (self._turn, path, size, changed)).rowcount > 0

    def note(self, path: str, size: int, changed: int, digest: str) -> None:
        row = (path, size, changed, digest, self._turn)
        self._base.execute("INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?, ?)", row)
        self._waiting, self._bytes = self._waiting + 1, self._bytes + size
        if self._waiting >= _COMMIT_EVERY or self._bytes >= _COMMIT_BYTES:
            self._base.commit()
            self._waiting = self._bytes = 0

    def note_tree(self, line: str) -> None:
        self._base.execute("INSERT INTO tree VALUES (?)", (line,))

    def tree(self) -> Iterator[str]:
        return (row[0] for row in self._base.execute("SELECT line FROM tree"))

    @property
    def goes_on(self) -> bool:
        """Whether an earlier try was cut off."""
        return self._turn > 1

    def knows(self, path: str) -> bool:
        return self._base.execute("SELECT 1 FROM written WHERE path = ?", (path,)).fetchone() is not None

    def gone(self) -> Iterator[str]:
        """Return what an earlier turn wrote that this one did not meet, and forget it."""
        old = [row[0] for row in self._base.execute("SELECT path FROM written WHERE turn < ?", (self._turn,))]
        self._base.execute("DELETE FROM written WHERE turn < ?", (self._turn,))
        return iter(old)

    def written(self, below: str = "") -> Iterator[tuple[str, str]]:
        """Return paths and digests, sorted."""
        rows = self._base.execute("SELECT path, digest FROM written WHERE path >= ? ORDER BY path", (below,))
        return ((row[0], row[1]) for row in rows)

    def totals(self) -> tuple[int, int]:
        """Return how many files of how many bytes are written."""
        row = self._base.execute("SELECT count(*), coalesce(sum(size), 0) FROM written").fetchone()
        return int(row[0]), int(row[1])

    def first_level(self, below: str, limit: int) -> list[str]:
        """Return the names straight below a folder of the bag, folders with a slash at the end."""
        asked = (len(below) + 1, below, below[:-1] + chr(ord(below[-1]) + 1), limit)
        return [row[0] for row in self._base.execute(_FIRST_LEVEL, asked)]

    def _one(self, question: str) -> int:
        return int(self._base.execute(question).fetchone()[0])

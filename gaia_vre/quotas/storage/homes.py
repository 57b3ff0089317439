"""The homes of one machine: the last measure of each, and what follows from it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from gaia_vre.core.errors import GaiaError
from gaia_vre.core.names import slug
from gaia_vre.database.quotas import AccountRow, HomeRow
from gaia_vre.quotas.events import Event, Events
from gaia_vre.quotas.storage.scanner import Measure, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine

    from gaia_vre.core.quotas import Storage

GIB = 2**30
_NAME = 300
_FRESH_SECONDS = 1.0
"""The hub waits two for the whole admission."""


@dataclass(frozen=True)
class Home:
    """What a home held when it was last measured."""

    at: datetime
    size: int
    files: int
    unreadable: int
    complete: bool
    largest: list[dict[str, Any]]
    """``path`` as people read it and ``size`` in bytes."""
    level: Literal["free", "soft", "hard"]


class Homes:
    """The homes below one folder and their measures in the database."""

    def __init__(self, engine: Engine, root: Path, settings: Storage) -> None:
        self._engine, self._root, self._settings = engine, root, settings
        self._events = Events(engine)

    def find(self, username: str) -> Home | None:
        """Return the last measure of a person's home."""
        with Session(self._engine) as session:
            row = session.get(HomeRow, slug(username))
            return None if row is None else self._home(row)

    def at_start(self, username: str, now: datetime) -> Home | None:
        """Return the last measure; of a home that was too full, a new one if it is soon made."""
        found = self.find(username)
        if found is None or found.level != "hard":
            return found
        return self.look(username, now, seconds=_FRESH_SECONDS) or found

    def look(self, username: str, now: datetime, *, seconds: float) -> Home | None:
        """Measure a home now; None if that took too long to say anything new."""
        folder = slug(username)
        try:
            found = measure(self._root / folder, seconds=seconds)
        except GaiaError:
            return None
        if not found.complete and self._level(found.size) != "hard":
            return None
        self._note(folder, found, now)
        return self.find(username)

    def due(self, now: datetime) -> list[str]:
        """Return the folders whose measure is missing or old, the oldest first."""
        with Session(self._engine) as session:
            measured = {row.folder: row.at for row in session.execute(select(HomeRow.folder, HomeRow.at))}
        before = now - timedelta(hours=self._settings.hours)
        try:
            there = [entry.name for entry in os.scandir(self._root) if entry.is_dir() and len(entry.name) <= 64]
        except OSError:
            return []
        waiting = [name for name in there if name not in measured or measured[name] <= before]
        return sorted(waiting, key=lambda name: (measured.get(name, before.min.replace(tzinfo=before.tzinfo)), name))

    def scan(self, folder: str, now: datetime, stopped: Callable[[], bool]) -> Measure | None:
        """Measure one home behind other work and note it; None if it was stopped."""
        settings = self._settings
        found = measure(self._root / folder, seconds=settings.longest_seconds, nice=settings.nice, stopped=stopped)
        if stopped():
            return None
        self._note(folder, found, now)
        return found

    def _note(self, folder: str, found: Measure, now: datetime) -> None:
        largest = [{"path": shown(one.path), "size": one.size} for one in found.largest]
        row = HomeRow(
            folder=folder,
            at=now,
            size=found.size,
            files=found.files,
            unreadable=found.unreadable,
            complete=found.complete,
            largest=largest,
        )
        with Session(self._engine) as session, session.begin():
            session.merge(row)
        if (level := self._level(found.size)) != "free":
            self._tell(folder, level, found, now)

    def _tell(self, folder: str, level: str, found: Measure, now: datetime) -> None:
        """Record that a home is over a limit, once a week."""
        limit = self._settings.hard_gib if level == "hard" else self._settings.soft_gib
        facts = {"used_gib": round(found.size / GIB, 3), "limit_gib": limit, "level": level}
        facts["message"] = f"The home holds {found.size / GIB:.3g} GiB; the {level} limit is {limit:g} GiB"
        key = f"storage:{folder}:{level}:{limit}:{now:%G-W%V}"
        username = self._owner(folder)
        self._events.record(Event(key, now, "storage", f"person:{username or folder}", username, None, facts))

    def _owner(self, folder: str) -> str | None:
        """Return whose home this is; a name cannot be read from every folder's."""
        if slug(folder) == folder:
            return folder
        with self._engine.connect() as connection:
            names = connection.execute(select(AccountRow.name).where(AccountRow.kind == "person")).scalars()
            people = (name.partition(":")[2] for name in names)
            return next((name for name in people if slug(name) == folder), None)

    def _level(self, size: int) -> Literal["free", "soft", "hard"]:
        soft, hard = self._settings.soft_gib, self._settings.hard_gib
        if hard is not None and size > hard * GIB:
            return "hard"
        return "soft" if soft is not None and size > soft * GIB else "free"

    def _home(self, row: HomeRow) -> Home:
        level = self._level(row.size)
        return Home(row.at, row.size, row.files, row.unreadable, row.complete, list(row.largest), level)


def shown(path: bytes) -> str:
    """Return a path as one harmless line: what is no printable character is escaped."""
    text = path.decode("utf-8", "backslashreplace")
    line = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return line if len(line) <= _NAME else f"{line[:_NAME]}…"

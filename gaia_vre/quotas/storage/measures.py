"""The last measure of each folder that somebody keeps, and what follows from it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from gaia_vre.core.errors import GaiaError, NotFound
from gaia_vre.core.names import slug
from gaia_vre.core.state import StateFolder
from gaia_vre.database.quotas import AccountRow, HolderRow, StorageRow
from gaia_vre.messages.model import Message
from gaia_vre.quotas.events import Event, Events
from gaia_vre.quotas.storage.model import GIB, Kept, Place
from gaia_vre.quotas.storage.project_quotas import ProjectQuotas
from gaia_vre.quotas.storage.rules import room_of
from gaia_vre.quotas.storage.scanner import Measure, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Engine

    from gaia_vre.core.settings import Settings
    from gaia_vre.core.storage_settings import Area
    from gaia_vre.messages.model import Fact, Severity
    from gaia_vre.quotas.storage.model import Room

MINE: tuple[Area, ...] = ("home", "scratch")
AREAS: tuple[Area, ...] = ("home", "scratch", "project")
_WEEK = timedelta(days=7)
_MESSAGES: dict[str, tuple[str, Severity]] = {"soft": ("home-notice", "warn"), "hard": ("home-full", "bad")}
_KINDS = {"home": "person", "scratch": "person", "project": "project"}
_NAME = 300
_LONGEST_FOLDER = 64
_FRESH_SECONDS = 0.7
"""The hub waits two for the whole admission."""
_QUICK_FILES = 100_000
"""More are not looked through in that time; the scan that follows each end of a server has done it."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Measures:
    """The folders of all areas and their measures in the database."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        quotas = settings.quotas
        self._engine, self._quotas, self._events = engine, quotas, Events(engine)
        self._roots = _roots(settings)
        self._held = ProjectQuotas(wanted=quotas.storage.project_quotas != "off")
        self._asked: set[Place] = set()

    # Read ---------------------------------------------------------------------------------------

    def find(self, place: Place, now: datetime) -> Kept | None:
        """Return the last measure of a folder."""
        with Session(self._engine) as session:
            row = session.get(StorageRow, (place.area, place.folder))
            return None if row is None else self._kept(session, row, now)

    def of_person(self, username: str, now: datetime) -> list[Kept]:
        """Return the last measures of a person's folders."""
        found = (self.find(Place(area, slug(username)), now) for area in MINE)
        return [one for one in found if one is not None]

    def of_account(self, account: str, now: datetime) -> list[Kept]:
        """Return the last measures of an account's folders."""
        with Session(self._engine) as session:
            chosen = select(StorageRow).where(StorageRow.account == account).order_by(StorageRow.area)
            return [self._kept(session, row, now) for row in session.scalars(chosen)]

    def largest_first(self, now: datetime, most: int) -> list[Kept]:
        """Return the last measures of the folders that hold most."""
        with Session(self._engine) as session:
            chosen = select(StorageRow).order_by(StorageRow.size.desc()).limit(most)
            return [self._kept(session, row, now) for row in session.scalars(chosen)]

    # Measure ------------------------------------------------------------------------------------

    def at_start(self, username: str, now: datetime) -> Kept | None:
        """Return what a person's home holds, looked at anew if that is soon done; None where no limit holds."""
        place = Place("home", slug(username))
        found = self.find(place, now)
        if self._room(place, f"person:{username}", now).hard is None:
            return found
        if found is not None and found.level != "hard" and found.files > _QUICK_FILES:
            return found
        return self.look(place, now, seconds=_FRESH_SECONDS) or found

    def look(self, place: Place, now: datetime, *, seconds: float) -> Kept | None:
        """Measure a folder now; None if that took too long to say anything new."""
        try:
            found = measure(self._path(place), seconds=seconds)
        except GaiaError:
            return None
        account = self._account(place)
        if not found.complete and self._room(place, account, now).level(found.size) != "hard":
            return None
        self._note(place, account, found, now)
        return self.find(place, now)

    def ask_for(self, username: str) -> None:
        """Have a person's folders measured before others."""
        self._asked.update(place for area in MINE if self._path(place := Place(area, slug(username))).is_dir())

    def due(self, now: datetime) -> list[Place]:
        """Return the folders whose measure is missing or old, the oldest first."""
        with Session(self._engine) as session:
            rows = session.execute(select(StorageRow.area, StorageRow.folder, StorageRow.at))
            measured = {(row.area, row.folder): row.at for row in rows}
        before = now - timedelta(hours=self._quotas.storage.hours)
        last = {place: measured.get((place.area, place.folder), _LONG_AGO) for place in self._there()}
        waiting = [place for place, at in last.items() if at <= before]
        return sorted(waiting, key=lambda place: (last[place], place.area, place.folder))

    def all_places(self) -> list[Place]:
        """Return every folder that is there."""
        return sorted(self._there(), key=lambda place: (place.area, place.folder))

    def places_of(self, accounts: Iterable[str]) -> list[Place]:
        """Return the folders of accounts; raises NotFound for an account that has none."""
        found: list[Place] = []
        for account in accounts:
            kind, _, key = account.partition(":")
            places = [Place(area, slug(key)) for area in AREAS if _KINDS[area] == kind]
            there = [place for place in places if self._path(place).is_dir()]
            if not there:
                raise NotFound(f"There is no folder of {account[:120]!a}")
            found += there
        return found

    def turns(self, now: datetime) -> Iterator[Place]:
        """Give the folders that are due, and before each those that were asked for meanwhile."""
        for place in (*self.due(now), None):
            while self._asked:
                yield self._asked.pop()
            if place is not None:
                yield place

    def scan(self, place: Place, now: datetime, stopped: Callable[[], bool] = lambda: False) -> Measure | None:
        """Measure a folder behind other work and note it; None if it was stopped."""
        settings = self._quotas.storage
        account = self._account(place)
        self._held.hold(self._path(place), self._room(place, account, now).hard)
        found = measure(self._path(place), seconds=settings.longest_seconds, nice=settings.nice, stopped=stopped)
        if stopped():
            return None
        self._note(place, account, found, now)
        return found

    # Note ---------------------------------------------------------------------------------------

    def _note(self, place: Place, account: str, found: Measure, now: datetime) -> None:
        row = StorageRow(
            area=place.area,
            folder=place.folder,
            account=account,
            at=now,
            size=found.size,
            files=found.files,
            unreadable=found.unreadable,
            complete=found.complete,
            largest=[{"path": shown(one.path), "size": one.size} for one in found.largest],
        )
        with Session(self._engine) as session, session.begin():
            session.merge(row)
        self._tell(place, account, found, now)

    def _tell(self, place: Place, account: str, found: Measure, now: datetime) -> None:
        """Record that a folder is over a limit, once a week."""
        room = self._room(place, account, now)
        level = room.level(found.size, self._held.spare(self._path(place), room.hard))
        limit = {"hard": room.hard, "soft": room.soft, "free": None}[level]
        if limit is None:
            return
        sentence = f"The {place.area} holds {found.size / GIB:.3g} GiB; its {level} limit is {limit / GIB:.3g} GiB"
        used, most = round(found.size / GIB, 3), limit / GIB
        facts = {"area": place.area, "level": level, "used_gib": used, "limit_gib": most, "message": sentence}
        key = f"storage:{place.area}:{place.folder}:{level}:{limit}:{now:%G-W%V}"
        username = account.partition(":")[2] if account.startswith("person:") else None
        event = Event(key, now, "storage", account, username, None, facts)
        if username is None or place.area != "home":
            self._events.record(event)
            return
        kind, severity = _MESSAGES[level]
        told: dict[str, Fact] = {"used": used, "limit": most}
        self._events.record(event, Message(key, kind, username, now, told, severity, now + _WEEK))

    def where(self, place: Place) -> Path:
        """Return the folder itself, which need not be there."""
        return self._path(place)

    # What stands where --------------------------------------------------------------------------

    def _there(self) -> Iterator[Place]:
        for area, root in self._roots.items():
            try:
                entries = os.scandir(root)
            except OSError:
                continue  # nobody has one yet
            with entries:
                names = [one.name for one in entries if len(one.name) <= _LONGEST_FOLDER and _is_folder(one)]
            yield from (Place(area, name) for name in names)

    def _path(self, place: Place) -> Path:
        return self._roots[place.area] / place.folder

    def _account(self, place: Place) -> str:
        """Return whose a folder is; a name cannot be read from every folder's."""
        kind = _KINDS[place.area]
        if slug(place.folder) == place.folder:
            return f"{kind}:{place.folder}"
        with self._engine.connect() as connection:
            names = connection.execute(select(AccountRow.name).where(AccountRow.kind == kind)).scalars()
            known = next((name for name in names if slug(name.partition(":")[2]) == place.folder), None)
        return known or f"{kind}:{place.folder}"

    def _room(self, place: Place, account: str, now: datetime) -> Room:
        with Session(self._engine) as session:
            return self._allowed(session, place, account, now)

    def _allowed(self, session: Session, place: Place, account: str, now: datetime) -> Room:
        given = {one.group for one in self._quotas.storage.given if one.group}
        row = session.get(HolderRow, account.partition(":")[2]) if given and account.startswith("person:") else None
        return room_of(self._quotas, place.area, account, row.groups if row else (), now.date())

    def _kept(self, session: Session, row: StorageRow, now: datetime) -> Kept:
        area: Area = row.area  # type: ignore[assignment]
        place = Place(area, row.folder)
        room = self._allowed(session, place, row.account, now)
        spare = self._held.spare(self._path(place), room.hard)
        return Kept(
            place=place,
            account=row.account,
            at=row.at,
            size=row.size,
            files=row.files,
            unreadable=row.unreadable,
            complete=row.complete,
            largest=list(row.largest),
            room=room,
            level=room.level(row.size, spare),
        )


def shown(path: bytes) -> str:
    """Return a path as one harmless line: what is no printable character is escaped."""
    text = path.decode("utf-8", "backslashreplace")
    line = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return line if len(line) <= _NAME else f"{line[:_NAME]}…"


def _roots(settings: Settings) -> Mapping[Area, Path]:
    scratch = settings.quotas.storage.folders.scratch or StateFolder(settings.state).scratch
    return {"home": settings.home_folders, "scratch": scratch, "project": settings.project_folders}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False

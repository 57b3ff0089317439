"""The servers of all kinds that run, as the hub told a moment ago; and who is let into those of projects."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, literal, select

from gaia_vre.core.amounts import plain
from gaia_vre.core.kinds import PROJECT_USER, ServerKind, kind_of
from gaia_vre.database.projects import MemberRow, ProjectRow, ProjectShareRow
from gaia_vre.database.quotas import AccountRow, LeaseRow
from gaia_vre.database.visits import VisitRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection, Engine

    from gaia_vre.service.hub import Hub, Server
    from gaia_vre.service.sandboxes.owners import Owners

ROWS = 50
_FRESH = timedelta(seconds=10)
"""What the hub told this long ago is shown as it is."""
_USABLE = timedelta(minutes=2)
"""What it told this long ago is shown while it is asked anew."""
_AT_ONCE = 500
Sort = Literal["age", "idle", "size", "name"]


class Running:
    """The last list of what runs: reading it takes the hub a request for every 200 servers, a page of it none."""

    def __init__(self, hub: Hub, owners: Owners, clock: Callable[[], datetime]) -> None:
        self._hub, self._owners, self._clock = hub, owners, clock
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._found: tuple[datetime, list[Server]] | None = None

    def keep(self, servers: list[Server]) -> None:
        """Take a list that somebody else has read."""
        with self._lock:
            self._found = (self._clock(), servers)

    def servers(self) -> tuple[datetime, list[Server]]:
        """Return what runs, and when the hub told so."""
        with self._lock:
            found = self._found
        age = self._clock() - found[0] if found else _USABLE
        if found is None or age >= _USABLE:
            self.read()
        elif age > _FRESH and self._reading.acquire(blocking=False):
            threading.Thread(target=self._read_aside, daemon=True).start()
        with self._lock:
            return self._found or (self._clock(), [])

    def stopping(self, username: str, name: str) -> None:
        """Show at once that a server was told to stop."""
        with self._lock:
            if self._found:
                at, servers = self._found
                changed = [
                    replace(one, pending="stop") if (one.username, one.name) == (username, name) else one
                    for one in servers
                ]
                self._found = (at, changed)

    def read(self) -> list[Server]:
        """Ask the hub what runs, remember and return it, sandboxes as those of their people.

        Raises
        ------
        Unavailable
            The hub is silent.
        """
        servers = self._owners.servers(self._hub.active_servers())
        self.keep(servers)
        return servers

    def _read_aside(self) -> None:
        try:
            self.read()
        finally:
            self._reading.release()


@dataclass(frozen=True)
class Line:
    """One server with what it holds."""

    server: Server
    kind: ServerKind
    cores: float
    memory_gib: float
    site: str
    payer: str


@dataclass(frozen=True)
class Wanted:
    """Which servers an administrator looks for."""

    word: str = ""
    kind: str = ""
    site: str = ""
    sort: Sort = "age"


@dataclass(frozen=True)
class Share:
    """Somebody who is let into the server of a project."""

    slug: str
    title: str
    username: str
    role: str | None
    confirmed: bool
    last: datetime | None


def lines_of(engine: Engine, servers: Iterable[Server], wanted: Wanted, now: datetime) -> list[Line]:
    """Return the servers looked for, each with its lease."""
    leases, word = _leases(engine), wanted.word.lower()
    found = []
    for one in servers:
        cores, memory, payer, site = leases.get((one.username, one.name), (0.0, 0.0, "", ""))
        line = Line(one, kind_of(one.username, one.name), cores, memory, site, payer)
        if word not in f"{one.username} {one.name}".lower() or wanted.kind not in ("", line.kind):
            continue
        if wanted.site in ("", site):
            found.append(line)
    return sorted(found, key=lambda line: _order(line, wanted.sort, now))


def sites(engine: Engine) -> list[tuple[str, str]]:
    """Return the names and titles of the sites."""
    row = AccountRow
    with engine.connect() as connection:
        rows = connection.execute(select(row.name, row.title).where(row.kind == "site").order_by(row.name))
        return [(name, title or name) for name, title in rows]


def shares_of(engine: Engine, word: str, page: int) -> tuple[list[Share], int]:
    """Return one page of who is let into whose server, and how many those are."""
    share, project, member, visit = ProjectShareRow, ProjectRow, MemberRow, VisitRow
    last = (
        select(func.max(visit.last))
        .where(visit.username == literal(PROJECT_USER) + project.slug, visit.visitor == share.username)
        .scalar_subquery()
    )
    query = (
        select(project.slug, project.title, share.username, member.role, share.granted, last)
        .join(project, project.id == share.project_id)
        .outerjoin(member, (member.project_id == share.project_id) & (member.username == share.username))
    )
    if word:
        text = func.lower(project.slug + " " + project.title + " " + share.username)
        query = query.where(text.contains(word.lower(), autoescape=True))
    with engine.connect() as connection:
        total = int(connection.scalar(select(func.count()).select_from(query.subquery())) or 0)
        rows = connection.execute(
            query.order_by(project.slug, share.username).limit(ROWS).offset(ROWS * (page - 1))
        ).all()
    return [Share(*row) for row in rows], total


def _leases(engine: Engine) -> dict[tuple[str, str], tuple[float, float, str, str]]:
    lease = LeaseRow
    query = select(lease.username, lease.thing, lease.cores, lease.memory, lease.account_id).where(
        lease.state != "ended", lease.kind == "server"
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
        payers = _payers(connection, {row.account_id for row in rows})
    return {
        (row.username, row.thing): (plain(row.cores), plain(row.memory), *payers.get(row.account_id, ("", "")))
        for row in rows
    }


def _payers(connection: Connection, numbers: set[int]) -> dict[int, tuple[str, str]]:
    """Return the names of accounts, each with the site above it; a question for each level, whatever their number."""
    known: dict[int, tuple[str, str, int | None]] = {}
    missing = numbers
    row = AccountRow
    while missing:
        wanted = sorted(missing)
        for first in range(0, len(wanted), _AT_ONCE):
            some = select(row.id, row.name, row.kind, row.parent_id).where(row.id.in_(wanted[first : first + _AT_ONCE]))
            known |= {one.id: (one.name, one.kind, one.parent_id) for one in connection.execute(some)}
        missing = {above for _, _, above in known.values() if above is not None} - known.keys()
    return {one: (known[one][0], _site(known, one)) for one in numbers if one in known}


def _site(known: dict[int, tuple[str, str, int | None]], number: int) -> str:
    above: int | None = number
    while above is not None and above in known:
        name, kind, parent = known[above]
        if kind == "site":
            return name
        above = parent
    return ""


def _order(line: Line, sort: Sort, now: datetime) -> tuple[float | str, str, str]:
    server = line.server
    first: dict[Sort, float | str] = {
        "age": (server.started or now).timestamp(),
        "idle": (server.last_activity or server.started or now).timestamp(),
        "size": -line.cores,
        "name": server.username,
    }
    return first[sort], server.username, server.name

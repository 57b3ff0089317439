"""Apps that projects publish: programs that run while somebody visits them, for members, those signed in, or all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gaia_vre.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from gaia_vre.database.apps import AppRow, AppVisitorRow
from gaia_vre.database.projects import ProjectRow
from gaia_vre.projects import rules
from gaia_vre.projects.app_kinds import PROGRAMS, check_kind, kind_of
from gaia_vre.projects.audience import Changes, Wanted, is_for, title_of
from gaia_vre.projects.model import Event
from gaia_vre.projects.store import note, project_of, role_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from gaia_vre.core.app_rooms import AppKind
    from gaia_vre.core.app_settings import Apps as AppSettings
    from gaia_vre.projects.audience import Audience
    from gaia_vre.projects.folders import Folders
    from gaia_vre.projects.model import Actor, Project, Role
    from gaia_vre.projects.store import Projects

_SHOWN, _MOST_BYTES = 500, 20 * 2**20


@dataclass(frozen=True)
class App:
    """A program that a project lets others visit."""

    id: int
    path: str
    kind: AppKind
    title: str
    audience: Audience
    listed: bool
    open_to_all: bool
    """Its server was started last so that nobody is asked who they are."""
    by: str
    at: datetime


@dataclass(frozen=True)
class ShownApp:
    """An app that somebody may visit, its project, and what they are in that."""

    app: App
    project: Project
    role: Role | None = None


class Apps:
    """The apps of one database.

    Parameters
    ----------
    public
        Whether the operator lets everybody visit what is published so.
    """

    def __init__(self, projects: Projects, folders: Folders, settings: AppSettings, *, public: bool = False) -> None:
        self._projects, self._folders, self._settings, self._public = projects, folders, settings, public

    # Publishing ---------------------------------------------------------------------------------

    def publish(self, slug: str, wanted: Wanted, by: Actor, kind: AppKind | None = None) -> App:
        """Let others visit a program of a project's folder; it runs as it is whenever it is woken.

        Parameters
        ----------
        kind
            Whose program it is; None: as its source tells.

        Raises
        ------
        NotAllowed
            That is for editors, while the project lives; or the operator lets nothing be public, or no apps.
        NotFound, InvalidInput
            There is no such program, or it is none that can be an app.
        Conflict
            The project has as many apps as one may, or this one already.
        """
        mine = self._projects.seen_by(slug, by)
        rules.check_may(mine.role, "write", mine.project)
        title = self._check(wanted, public=self._public)
        kind = kind_of(wanted.path, self._folders.read(slug, wanted.path, _MOST_BYTES), kind)
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, self._projects.clock()), "write", project)
            self._check_room(connection, project, wanted.path)
            values = {"project_id": project.id, "path": wanted.path, "title": title, "open_to_all": False}
            values |= {"kind": kind, "audience": wanted.audience, "listed": wanted.listed}
            made = insert(AppRow).values(**values, by=by.name, at=self._projects.clock()).returning(AppRow.id)
            number = connection.execute(made).scalar_one()
            facts = {"title": title, "path": wanted.path, "kind": kind, "audience": wanted.audience}
            note(connection, project.id, Event(self._projects.clock(), by.name, "app-published", facts))
            return _one(connection, number)

    def _check_room(self, connection: Connection, project: Project, path: str) -> None:
        living = (AppRow.project_id == project.id) & AppRow.withdrawn.is_(None)
        same = connection.scalar(select(AppRow.id).where(living, AppRow.path == path))
        if same is not None:
            raise Conflict(f"{path[:80]!a} is the app {same} of {project.slug} already: change or withdraw that")
        most = self._settings.most
        if (connection.scalar(select(func.count()).where(living)) or 0) >= most:
            raise Conflict(f"{project.slug} publishes {most} apps, which is the most: withdraw one first")

    def change(self, slug: str, number: int, changes: Changes, by: Actor, kind: AppKind | None = None) -> App:
        """Say anew for whom an app is, whether it stands in the list, its title or kind.

        Raises
        ------
        NotFound, NotAllowed
            It is not there, or that is for editors.
        InvalidInput
            Its program is of no such kind.
        """
        said: dict[str, Any] = {name: value for name, value in vars(changes).items() if value is not None}
        with self._projects.changing(slug) as (connection, project):
            rules.check_may(role_in(connection, project.id, by, self._projects.clock()), "write", project)
            before = _living(connection, project, number)
            wanted = Wanted(before.path, before.title, before.audience, before.listed)
            said["title"] = self._check(replace(wanted, **said), public=self._public or "audience" not in said)
            if kind is not None:
                said["kind"] = check_kind(before.path, kind)
            connection.execute(update(AppRow).where(AppRow.id == number).values(**said))
            after = _one(connection, number)
            facts = {"title": after.title, "audience": after.audience, "before": before.audience}
            note(connection, project.id, Event(self._projects.clock(), by.name, "app-changed", facts))
            return after

    def withdraw(self, slug: str, number: int, by: Actor) -> None:
        """Let nobody visit an app any more; raises NotFound, NotAllowed."""
        with self._projects.changing(slug) as (connection, project):
            role = role_in(connection, project.id, by, self._projects.clock())
            rules.check_may_withdraw(role, project)
            found = _living(connection, project, number)
            now = self._projects.clock()
            connection.execute(update(AppRow).where(AppRow.id == number).values(withdrawn=now))
            note(connection, project.id, Event(now, by.name, "app-withdrawn", {"title": found.title}))

    def _check(self, wanted: Wanted, *, public: bool) -> str:
        """Return the title; raises InvalidInput or NotAllowed for what cannot be said of an app."""
        if not self._settings.enabled:
            raise NotAllowed("Here projects publish no apps: the operators have switched them off")
        name = wanted.path.rpartition("/")[2]
        if not name.endswith(PROGRAMS) or name.startswith("."):
            raise InvalidInput(f"{wanted.path[:80]!a} is no app: a program ends in .py or .ipynb")
        return title_of(wanted, public=public)

    # Visiting -----------------------------------------------------------------------------------

    def find(self, number: int, who: Actor | None) -> ShownApp:
        """Return an app that somebody, or anybody, may visit; raises NotFound for what is not there for them."""
        shown = self._first(_rows().where(AppRow.id == number), who)
        if shown is None:
            raise NotFound(f"There is no app {number} for you to visit")
        return shown

    def of(self, slug: str, who: Actor) -> list[App]:
        """Return what somebody may visit of a project's, newest first; raises NotFound."""
        project = self._projects.seen_by(slug, who).project
        return [one.app for one in self._shown(_rows().where(ProjectRow.id == project.id), who)]

    def listed(self, who: Actor | None) -> list[ShownApp]:
        """Return what stands in the list of somebody, or of anybody, newest first."""
        return self._shown(_rows().where(AppRow.listed.is_(True)), who)

    def is_open(self, app: App) -> bool:
        """Say whether nobody is asked who they are."""
        return app.audience == "public" and self._public

    def _first(self, query: Select[tuple[object, ...]], who: Actor | None) -> ShownApp | None:
        return next(iter(self._shown(query, who)), None)

    def _shown(self, query: Select[tuple[object, ...]], who: Actor | None) -> list[ShownApp]:
        found = []
        with self._projects.engine.connect() as connection:
            for row in connection.execute(query.limit(_SHOWN)).all():
                app, project = _app(row, "app_"), project_of(row)
                role = role_in(connection, project.id, who, self._projects.clock()) if who else None
                if is_for(app.audience, role, who, public=self._public):
                    found.append(ShownApp(app, project, role))
        return found

    # Running ------------------------------------------------------------------------------------

    def all(self, numbers: Iterable[int]) -> dict[int, ShownApp]:
        """Return the apps of these numbers that are published, whoever may visit them."""
        if not (asked := sorted(set(numbers))):
            return {}  # as at most passes
        with self._projects.engine.connect() as connection:
            rows = connection.execute(_rows().where(AppRow.id.in_(asked)))
            return {row.app_id: ShownApp(_app(row, "app_"), project_of(row)) for row in rows}

    def starts(self, app: App) -> None:
        """Write down whom the server of an app asks who they are, as it starts."""
        with self._projects.engine.begin() as connection:
            connection.execute(update(AppRow).where(AppRow.id == app.id).values(open_to_all=self.is_open(app)))

    def visitors(self) -> dict[int, set[str]]:
        """Return whom the hub was told to let in, by the app."""
        found: dict[int, set[str]] = {}
        with self._projects.engine.connect() as connection:
            for row in connection.execute(select(AppVisitorRow.app_id, AppVisitorRow.username)):
                found.setdefault(row.app_id, set()).add(row.username)
        return found

    def visits(self, number: int, username: str) -> None:
        """Write down that somebody is let into an app, before the hub is asked."""
        with self._projects.engine.begin() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(AppVisitorRow).values(app_id=number, username=username))
            except IntegrityError:
                return  # was here before

    def forget(self, number: int, username: str | None = None) -> None:
        """Write down that somebody, or everybody, is let into an app no longer."""
        whose = AppVisitorRow.app_id == number
        if username is not None:
            whose &= AppVisitorRow.username == username
        with self._projects.engine.begin() as connection:
            connection.execute(delete(AppVisitorRow).where(whose))


def _rows() -> Select[tuple[object, ...]]:
    named = [getattr(AppRow, name).label(f"app_{name}") for name in App.__dataclass_fields__]
    query = select(ProjectRow.__table__, *named).join(AppRow, AppRow.project_id == ProjectRow.id)
    return query.where(AppRow.withdrawn.is_(None)).order_by(AppRow.at.desc(), AppRow.id.desc())


def _one(connection: Connection, number: int) -> App:
    return _app(connection.execute(select(AppRow.__table__).where(AppRow.id == number)).one())


def _living(connection: Connection, project: Project, number: int) -> App:
    here = (AppRow.id == number) & (AppRow.project_id == project.id) & AppRow.withdrawn.is_(None)
    row = connection.execute(select(AppRow.__table__).where(here)).first()
    if row is None:
        raise NotFound(f"{project.slug} publishes no app {number}")
    return _app(row)


def _app(row: object, before: str = "") -> App:
    return App(**{name: getattr(row, before + name) for name in App.__dataclass_fields__})

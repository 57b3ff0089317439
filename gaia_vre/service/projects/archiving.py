"""Archive projects that are over, remove their folders later, find heirs; in a thread of its own: copying takes hours.

Each step looks at what is, so a kill at any moment is made up for by the next step.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaia_vre.bundles.journal import Journal
from gaia_vre.bundles.places import sink_at
from gaia_vre.bundles.writing import Stopped, write_bag
from gaia_vre.core.errors import Conflict, GaiaError, Unavailable
from gaia_vre.core.state import StateFolder
from gaia_vre.projects.lives import Life
from gaia_vre.projects.people import PLATFORM
from gaia_vre.service.projects.facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gaia_vre.projects.model import Project
    from gaia_vre.service.dependencies import Parts

log = logging.getLogger(__name__)
_LOOK_SECONDS = 30.0
_AGAIN = timedelta(hours=1)
"""After a failure, and between two looks for owners who are gone."""


class Archivist:
    """The loop that ends projects."""

    def __init__(self, parts: Parts, stop: threading.Event) -> None:
        self.parts, self.stop, self.registry = parts, stop, parts.registry
        self.policy = parts.settings.projects.archive
        self._state = StateFolder(parts.settings.state)
        self._looked: datetime | None = None

    def run(self) -> None:
        """Step after step until asked to stop."""
        while not self.stop.is_set():
            try:
                self.step()
            except Exception:
                log.exception("Ending projects failed; the next try is in %.0f s", _LOOK_SECONDS)
            self.stop.wait(_LOOK_SECONDS)

    def step(self) -> None:
        """Archive and remove what is due, one project after the other."""
        now = self.parts.clock()
        self._find_heirs(now)
        lives = self.registry.lives.all()
        for project in self.registry.projects.all("archived"):
            life = lives.get(project.id, Life())
            if self.stop.is_set() or (life.tried is not None and life.trouble and now - life.tried < _AGAIN):
                continue
            try:
                if life.archived is None:
                    self._archive(project, now)
                elif life.purged is None and self._is_over(life, now):
                    self._purge(project, now)
            except Stopped:
                return
            except (GaiaError, OSError) as error:
                said = error.message if isinstance(error, GaiaError) else str(error)
                log.warning("%s could not be ended (%s); the next try is in an hour", project.slug, said)
                self.registry.lives.note_trouble(project.slug, said, now)

    def _archive(self, project: Project, now: datetime) -> None:
        name = f"{project.slug}-{project.ends:%Y-%m-%d}"
        place = self.policy.to or str(self._state.archives)
        with Journal(self._state.service / "archiving" / f"{project.slug}.sqlite") as notes:
            receipt = json.loads(notes.receipt) if notes.receipt else None
            try:
                with sink_at(place, name, self.policy.s3_endpoint) as sink, self._files(project) as folder:
                    facts = facts_of(self.registry, project, PLATFORM, now)
                    receipt = asdict(write_bag(folder, facts, sink, notes, self.stop.is_set))
            except Conflict:
                if receipt is None:  # another bag of this name
                    raise
            self._record(project, receipt, now)
            notes.forget()

    def _record(self, project: Project, receipt: dict[str, Any], now: datetime) -> None:
        self.registry.lives.note_archive(project.slug, receipt, now)
        log.info("The project %s is archived as %s", project.slug, receipt["where"])

    def _is_over(self, life: Life, now: datetime) -> bool:
        if life.deleted is not None:
            return True
        days = self.policy.purge_days
        return days is not None and life.archived is not None and now - life.archived >= timedelta(days=days)

    def _purge(self, project: Project, now: datetime) -> None:
        folder = self.registry.folder(project.slug)
        aside = folder.with_name(f".purged-{project.slug}")
        if aside.exists():
            shutil.rmtree(aside)
        if folder.exists():
            folder.rename(aside)  # out of everybody's way at once, whatever removing takes
            shutil.rmtree(aside)
        self.registry.lives.note_purge(project.slug, now)
        log.info("The folder of the project %s is removed", project.slug)

    @contextmanager
    def _files(self, project: Project) -> Iterator[Path]:
        folder = self.registry.folder(project.slug)
        if folder.is_dir():
            yield folder
            return
        if not self.registry.root.parent.is_dir():
            raise Unavailable(f"The folder of the projects, {self.registry.root}, is not there")
        with tempfile.TemporaryDirectory() as empty:  # nobody ever put a file there
            yield Path(empty)

    def _find_heirs(self, now: datetime) -> None:
        if self._looked is not None and now - self._looked < _AGAIN:
            return
        known: dict[str, bool] = {}

        def knows(name: str) -> bool:
            if name not in known:
                known[name] = self.parts.hub.knows(name)
            return known[name]

        try:
            for slug, owners in self.registry.inheriting.owners().items():
                if not any(knows(one) for one in sorted(owners)):
                    project = self.registry.projects.find(slug)
                    stewards = self.registry.founding.stewards(project)
                    told = [*stewards, *self.parts.settings.login.administrators]
                    if heir := self.registry.inheriting.inherit(slug, knows, told, now):
                        log.warning("The owners of %s are gone; its heir %s owns it", slug, heir)
        except GaiaError as error:
            log.warning("Owners were not looked for: %s", error.message)
            return
        self._looked = now


def archiving_thread(parts: Parts, stop: threading.Event) -> threading.Thread:
    """Return the thread that ends projects."""
    return threading.Thread(target=Archivist(parts, stop).run, name="archiving", daemon=True)

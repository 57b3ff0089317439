"""The service is killed at every boundary of a step, one after the other: one pass later the state is whole.

A boundary is a commit, a request to the hub and its answer, and a file of an archive.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import bagit
import httpx2
import pytest
from sqlalchemy import event

from gaia_vre.bundles.sinks import FolderSink
from gaia_vre.core.errors import NotFound
from gaia_vre.projects.founding import Wish
from gaia_vre.projects.joining import Terms
from gaia_vre.projects.model import Actor
from gaia_vre.service.hub import Hub
from gaia_vre.service.projects.archiving import Archivist
from gaia_vre.service.reconcile import Reconciler
from tests.service.conftest import World
from tests.service.fakes import SERVICE_TOKEN, server

ADA, BOB = Actor("ada"), Actor("bob")
MOST = 80
"""More boundaries than any act here has."""


class Killed(BaseException):
    """What nothing catches, as nothing outlives kill -9."""


@dataclass
class Fate:
    """Lets the service die at one boundary."""

    at: int | None = None
    crossed: int = 0
    died: bool = False
    names: list[str] = field(default_factory=list)

    def cross(self, name: str) -> None:
        self.crossed += 1
        self.names.append(name)
        if self.at is not None and self.crossed > self.at:
            self.at, self.died = None, True
            raise Killed(name)

    def lets(self, act: Callable[[], Any], at: int) -> bool:
        """Do something and die at a boundary of it; say whether it came that far."""
        self.at, self.crossed, self.died = at, 0, False
        try:
            act()
        except Killed:
            return True
        finally:
            self.at = None
        return self.died


@pytest.fixture
def fate() -> Fate:
    return Fate()


@pytest.fixture
def mortal(world: World, fate: Fate, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, with a service that dies as its fate is."""
    event.listen(world.parts.engine, "commit", lambda _: fate.cross("commit"))

    def answer(request: httpx2.Request) -> httpx2.Response:
        fate.cross(f"before {request.method} {request.url.path}")
        answered = world.hub.answer(request)
        fate.cross(f"after {request.method} {request.url.path}")
        return answered

    hub = Hub("http://hub/hub/api", SERVICE_TOKEN, httpx2.MockTransport(answer))
    for name in ("put", "finish"):
        monkeypatch.setattr(FolderSink, name, _crossing(fate, getattr(FolderSink, name)))
    return replace(world, parts=replace(world.parts, hub=hub))


def _crossing(fate: Fate, method: Callable[..., Any]) -> Callable[..., Any]:
    def crossed(*given: Any, **more: Any) -> Any:
        fate.cross(f"before {method.__name__}")
        done = method(*given, **more)
        fate.cross(f"after {method.__name__}")
        return done

    return crossed


def one_pass(world: World) -> None:
    """Do what the loops of a service that was started anew do: nothing is remembered from before."""
    fresh = replace(world.parts)
    Reconciler(fresh).step()
    Archivist(fresh, threading.Event()).step()


def each_boundary(fate: Fate, prepare: Callable[[int], Callable[[], Any]], check: Callable[[int], None]) -> None:
    """Die at the first boundary, then at the second, until the act is done without dying."""
    for number in range(MOST):
        died = fate.lets(prepare(number), number)
        check(number)
        if not died:
            assert number > 1, "the act has no boundaries"
            return
    raise AssertionError(f"over {MOST} boundaries: {fate.names[-MOST:]}")


def test_a_kill_while_a_project_is_made(mortal: World, fate: Fate) -> None:
    registry = mortal.parts.registry

    def prepare(number: int) -> Callable[[], Any]:
        return lambda: registry.founding.found(Wish("Heat", f"heat-{number}"), ADA)

    def check(number: int) -> None:
        one_pass(mortal)
        slug = f"heat-{number}"
        try:
            registry.projects.find(slug)
        except NotFound:
            registry.founding.found(Wish("Heat", slug), ADA)  # nothing of it is in the way
        assert [(one.username, one.role) for one in registry.people.of(slug)] == [("ada", "owner")]
        assert [one.kind for one in registry.projects.history(slug)] == ["created"]
        assert mortal.parts.office.accounts.find(f"project:{slug}").limits["credits"]
        registry.lives.delete(slug, slug, ADA)  # one owns ten at most

    each_boundary(fate, prepare, check)


def test_a_kill_while_somebody_is_invited_and_comes_in(mortal: World, fate: Fate) -> None:
    registry = mortal.parts.registry
    registry.founding.found(Wish("Heat", "heat"), ADA)

    def prepare(number: int) -> Callable[[], Any]:
        terms = Terms("editor", mortal.time[0] + timedelta(days=1), 1)
        return lambda: registry.joinings.accept(registry.joinings.invite("heat", terms, ADA)[1], f"user-{number}")

    def check(number: int) -> None:
        one_pass(mortal)
        inside = f"user-{number}" in {one.username for one in registry.people.of("heat")}
        left = registry.joinings.links("heat")
        said = [one.kind for one in registry.projects.history("heat", 1000)]
        assert said.count("joined") == sum(one.username.startswith("user") for one in registry.people.of("heat"))
        assert not (inside and left), "whoever is in has used the link up"
        assert said.count("invited") == len(left) + said.count("joined") + said.count("revoked")
        for link in left:  # nobody has its secret: it is seen, and taken back
            registry.joinings.revoke("heat", link.id, ADA)

    each_boundary(fate, prepare, check)


def test_a_kill_while_somebody_is_taken_out_of_a_server_that_runs(mortal: World, fate: Fate) -> None:
    parts, registry = mortal.parts, mortal.parts.registry
    registry.founding.found(Wish("Heat", "heat"), ADA)

    def prepare(number: int) -> Callable[[], Any]:
        registry.people.put("heat", "bob", "editor", ADA)
        parts.project_servers.start(registry.projects.seen_by("heat", ADA), "ada", None)
        mortal.hub.servers["p-heat"] = {"": server()}
        assert mortal.hub.shares["p-heat"] == {"ada", "bob"}

        def act() -> None:
            registry.people.remove("heat", "bob", ADA)
            parts.project_servers.settle("heat")
            one_pass(mortal)

        return act

    def check(number: int) -> None:
        one_pass(mortal)
        inside = {one.username for one in registry.people.of("heat")}
        assert mortal.hub.shares["p-heat"] == inside, "the hub lets in who is in it, and nobody else"
        assert {one.visit.username for one in parts.visitors.told("heat")} == inside
        assert ("bob" in inside) == (number == 0), "the removal is lost only before it was written down"

    each_boundary(fate, prepare, check)


def test_a_kill_while_a_project_is_archived_and_removed(mortal: World, fate: Fate) -> None:
    registry = mortal.parts.registry

    def prepare(number: int) -> Callable[[], Any]:
        slug = f"heat-{number}"
        registry.founding.found(Wish("Heat", slug), ADA)
        (mortal.parts.folders.make(slug) / "sst.txt").write_text("12.5\n")
        registry.lives.delete(slug, slug, ADA)

        def act() -> None:
            for _ in range(2):  # the archive, then the folder
                Archivist(replace(mortal.parts), threading.Event()).step()

        return act

    def check(number: int) -> None:
        slug = f"heat-{number}"
        for _ in range(2):
            one_pass(mortal)
        life = registry.lives.of(slug)
        assert life.archive_where
        assert life.purged
        bagit.Bag(life.archive_where).validate()
        kinds = [one.kind for one in registry.projects.history(slug)]
        assert (kinds.count("archived"), kinds.count("purged")) == (1, 1)
        assert not registry.folder(slug).exists()
        beside = sorted(one.name for one in Path(life.archive_where).parent.iterdir() if slug in one.name)
        assert len([one for one in beside if one.startswith(f"{slug}-2026")]) == 2, beside

    each_boundary(fate, prepare, check)

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from gaia_vre.core.errors import Unavailable
from gaia_vre.lab.members import Watch


class Connection:
    """A websocket of somebody, as the watch sees one."""

    def __init__(self, name: str, path: str = "/api/events/subscribe", kernel: str | None = None) -> None:
        self.current_user = SimpleNamespace(username=name)
        self.request = SimpleNamespace(path=path)
        self.path_kwargs: dict[str, str] = {}
        self.ws_connection: object | None = object()
        self.closed: int | None = None
        if kernel:
            self.kernel_id = kernel

    def close(self, code: int, _reason: str) -> None:
        self.closed, self.ws_connection = code, None


@dataclass
class Lab:
    """A project's lab: who may be in it, who is told to be, what was ended."""

    members: set[str] | None
    present: list[set[str]] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = Watch("p-heat", self._ask, self._end)

    async def _ask(self, present: set[str]) -> set[str]:
        self.present.append(present)
        if self.members is None:
            raise Unavailable("The service does not answer")
        return self.members

    async def _end(self, kind: str, name: str) -> None:
        self.ended.append((kind, name))

    def open(self, *arguments: Any, **more: Any) -> Connection:
        connection = Connection(*arguments, **more)
        self.watch.opened(connection)  # type: ignore[arg-type]
        return connection

    def look(self) -> None:
        asyncio.run(self.watch.look())


def test_connections_of_who_is_out_are_cut_and_no_others() -> None:
    lab = Lab({"ada", "bob"})
    ada, bob, own = lab.open("ada"), lab.open("bob"), lab.open("p-heat")
    lab.look()
    assert [one.closed for one in (ada, bob, own)] == [None, None, None]
    lab.members = {"ada"}
    lab.look()
    assert [one.closed for one in (ada, bob, own)] == [None, 1008, None]


def test_what_only_they_used_ends_and_what_others_use_goes_on() -> None:
    lab = Lab({"ada"})
    bob = [lab.open("bob", kernel="k1"), lab.open("bob", kernel="k2")]
    ada = lab.open("ada", kernel="k2")
    terminal = lab.open("bob", "/user/p-heat/terminals/websocket/3")
    lab.look()
    assert lab.ended == [("kernel", "k1"), ("terminal", "3")]
    assert [one.closed for one in (*bob, ada, terminal)] == [1008, 1008, None, 1008]
    lab.look()
    assert len(lab.ended) == 2


def test_somebody_without_a_name_is_out() -> None:
    lab = Lab({"ada"})
    nobody = lab.open("")
    lab.look()
    assert nobody.closed == 1008


def test_a_silent_service_changes_nothing() -> None:
    lab = Lab(None)
    ada = lab.open("ada", kernel="k1")
    lab.look()
    assert (ada.closed, lab.ended) == (None, [])


def test_the_service_is_told_who_is_there() -> None:
    lab = Lab({"ada", "bob"})
    there, gone = [lab.open("ada"), lab.open("p-heat")], lab.open("bob")
    gone.ws_connection = None
    lab.look()
    assert lab.present == [{"ada"}]
    assert [one.closed for one in there] == [None, None]

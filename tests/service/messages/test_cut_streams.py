"""Whatever breaks and when: each message comes once, in order, to whom it is for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gaia_vre.database.engine import make_engine
from gaia_vre.database.migrate import upgrade
from gaia_vre.messages.model import Message
from gaia_vre.service.messages.stream import Events
from tests.service.conftest import World, make_world
from tests.service.messages.listening import Line, Reader, listening, until

PEOPLE = ("ada", "bob", None)
CONNECTION = st.tuples(
    st.lists(st.sampled_from(PEOPLE), max_size=4),  # sent while nobody listens
    st.lists(st.sampled_from(PEOPLE), max_size=4),  # sent while it listens
    st.integers(0, 2000),  # bytes that come through
    st.booleans(),  # the service is started anew
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("cut")
    engine = make_engine(f"sqlite:///{folder / 'gaia.sqlite'}")
    upgrade(engine)
    world = make_world(engine, folder)
    yield world
    world.close()


class Story:
    """One reader's life, with a name that no other example has."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.name, self.number = world, f"ada-{number}", number
        self.reader, self.sent, self.count = Reader(), list[str](), 0
        world.hub.tokens[f"{self.name}-token"] = world.hub.tokens["ada-token"] | {"name": self.name}
        self.begin()

    def begin(self) -> None:
        self.events = Events(self.world.parts, look_seconds=0.005)

    def send(self, to: str | None) -> None:
        self.count += 1
        key = f"{self.number} {self.count}"
        name = self.name if to == "ada" else to
        self.world.parts.messages.send(Message(key, "operators", name, self.world.time[0], {"title_en": key}))
        if to != "bob":
            self.sent.append(key)

    @property
    def mine(self) -> list[str]:
        return [title for title in self.reader.titles if title.startswith(f"{self.number} ")]

    async def connect(self, before: list[str | None], during: list[str | None], cut: int, anew: bool) -> None:
        for to in before:
            self.send(to)
        line = Line(self.reader, cut)
        async with listening(self.events, line, f"{self.name}-token") as task:
            for to in during:
                self.send(to)
                await asyncio.sleep(0)
            await until(lambda: task.done() or self.mine == self.sent, "it is cut, or has all")
        if anew:
            await self.events.close()
            self.begin()

    async def finish(self) -> None:
        async with listening(self.events, Line(self.reader), f"{self.name}-token"):
            await until(lambda: len(self.mine) >= len(self.sent), "all came")
        await self.events.close()


@given(connections=st.lists(CONNECTION, max_size=6))
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_each_message_comes_once_wherever_the_connection_is_cut(
    shared: World, connections: list[tuple[list[str | None], list[str | None], int, bool]]
) -> None:
    async def test() -> None:
        # What earlier examples told everybody is over.
        shared.later(days=31)
        story = Story(shared, len(shared.hub.tokens))
        for one in connections:
            await story.connect(*one)
        await story.finish()
        assert story.mine == story.sent
        numbers = [one["id"] for one in story.reader.seen]
        assert numbers == sorted(set(numbers))

    asyncio.run(asyncio.wait_for(test(), 20))

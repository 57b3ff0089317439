from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request

from gaia_vre.core.errors import Conflict, NotSignedIn, Unavailable
from gaia_vre.messages.model import Message
from gaia_vre.service.messages import listeners, stream
from gaia_vre.service.messages.stream import Events
from tests.service.conftest import World, with_settings
from tests.service.fakes import NOON
from tests.service.messages.listening import Line, Reader, listening, scope, until

HOSTILE = "<img src=x onerror=alert(1)>\u202e\n\nid: 9\nevent: message\ndata: {}\n\n" + "x" * 10_000


def send(world: World, key: str, username: str | None = "ada", **facts: Any) -> None:
    words = {"title_en": key, "title_fr": f"{key} (fr)"} | facts
    world.parts.messages.send(Message(key, "operators", username, NOON, words))


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[Events]:
    """Serve the stream; what a process keeps ends with it."""
    events = Events(world.parts, look_seconds=0.01)
    try:
        yield events
    finally:
        await events.close()


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 30))


def test_what_is_unread_comes_first_then_what_happens(any_world: World) -> None:
    async def test() -> None:
        send(any_world, "before")
        send(any_world, "for bob", "bob")
        line = Line(Reader())
        async with serving(any_world) as events, listening(events, line):
            await until(lambda: line.reader.titles == ["before"] and line.reader.last == "2", "what is unread comes")
            send(any_world, "for bob too", "bob")
            send(any_world, "after")
            send(any_world, "all", None)
            await until(lambda: len(line.reader.seen) == 3, "what happens comes")
        assert line.reader.titles == ["before", "after", "all"]
        assert line.headers["content-type"].startswith("text/event-stream")
        assert line.headers["cache-control"] == "no-store"

    run(test())


def test_a_restart_of_the_service_loses_and_doubles_nothing(any_world: World) -> None:
    async def until_restarted(reader: Reader, number: int) -> None:
        line = Line(reader)
        async with serving(any_world) as events:
            async with listening(events, line):
                send(any_world, f"{number} while it listens")
                await until(lambda: f"{number} while it listens" in reader.titles, "it comes")
                closing = asyncio.create_task(events.close())
                await until(lambda: line.ended, "the stream ends in order")
                await closing
            send(any_world, f"{number} meanwhile")

    async def test() -> None:
        reader = Reader()
        for number in range(4):
            await until_restarted(reader, number)
        async with serving(any_world) as events, listening(events, Line(reader)):
            await until(lambda: len(reader.seen) == 8, "all came")
        assert reader.titles == [
            f"{number} {when}" for number in range(4) for when in ("while it listens", "meanwhile")
        ]

    run(test())


def test_each_reads_its_own_language_and_the_words_are_bounded_and_inert(world: World) -> None:
    async def test() -> None:
        send(world, "hostile", None, title_en=HOSTILE, text_en=HOSTILE, title_fr="\u05d0" * 600)
        english, french = Line(Reader()), Line(Reader())
        async with (
            serving(world) as events,
            listening(events, english, query="language=en"),
            listening(events, french, query="language=fr"),
        ):
            await until(lambda: english.reader.seen and french.reader.seen, "it comes to both")
        (said,) = english.reader.seen
        assert said["title"].startswith("<img src=x onerror=alert(1)> id: 9 event: message data: {} xxx")
        assert len(said["title"]) == 500
        assert french.reader.titles == ["\u2068" + "\u05d0" * 499 + "…\u2069"]

    run(test())


def test_a_reader_that_takes_nothing_is_dropped_and_finds_all_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "MOST_PENDING", 5)

    async def test() -> None:
        reader = Reader()
        line = Line(reader)
        async with serving(world) as events:
            async with listening(events, line) as task:
                await until(lambda: reader.last is not None, "it listens")
                line.open.clear()
                for number in range(20):
                    send(world, f"m{number}")
                (listener,) = events.listeners._by_name["ada"]
                await until(lambda: listener.dropped, "it is dropped")
                assert not listener.pending
                line.open.set()
                await until(task.done, "the stream ends")
            async with listening(events, Line(reader)):
                await until(lambda: len(reader.seen) == 20, "all came")
            assert len(events.listeners) == 0
        assert reader.titles == [f"m{number}" for number in range(20)]

    run(test())


def test_a_reader_that_never_takes_anything_again_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_SEND_SECONDS", 0.05)

    async def test() -> None:
        line = Line(Reader())
        async with serving(world) as events, listening(events, line) as task:
            await until(lambda: line.reader.last is not None, "it listens")
            line.open.clear()
            send(world, "never read")
            await until(task.done, "the stream ends")
            line.open.set()

    run(test())


@pytest.mark.parametrize("last", ["", "x", "-1", "1e9", "9" * 30, "99", "1\u0661"], ids=repr)
def test_an_invented_number_brings_what_is_unread_and_nothing_of_others(world: World, last: str) -> None:
    async def test() -> None:
        send(world, "mine")
        send(world, "for bob", "bob")
        reader = Reader(last=last)
        async with serving(world) as events, listening(events, Line(reader)):
            await until(lambda: reader.last == "2", "the stream begins")
        assert reader.titles == ["mine"]

    run(test())


def test_who_is_not_known_hears_nothing(world: World) -> None:
    async def test() -> None:
        async with serving(world) as events:
            with pytest.raises(NotSignedIn):
                async with listening(events, Line(Reader()), token="no-token"):
                    pass

    run(test())


def test_the_number_of_streams_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "MOST_OF_ONE", 1)
    narrow = with_settings(world, streams_limit=2)

    async def refused(events: Events, token: str, error: type[Exception]) -> None:
        with pytest.raises(error):
            async with listening(events, Line(Reader()), token=token):
                pass

    async def test() -> None:
        async with serving(narrow) as events:
            first, second = Line(Reader()), Line(Reader())
            async with listening(events, first):
                await until(lambda: len(events.listeners) == 1, "it listens")
                await refused(events, "ada-token", Conflict)
                async with listening(events, second, token="bob-token"):
                    await until(lambda: len(events.listeners) == 2, "both listen")
                    await refused(events, "root-token", Unavailable)

    run(test())


def test_a_stream_beats_and_ends_with_its_time_or_its_session(world: World) -> None:
    async def test() -> None:
        old, other = Line(Reader()), Line(Reader())
        async with serving(world) as events, listening(events, old), listening(events, other, token="bob-token"):
            await until(lambda: old.reader.last and other.reader.last, "both listen")
            for _ in range(listeners.BEAT_SECONDS):
                events.listeners.beat(time.monotonic(), stream.STREAM_SECONDS)
            await until(lambda: old.reader.beats == other.reader.beats == 1, "both hear that they live")
            events.end_session(world.parts.login.caller(Request(scope("ada-token"))))
            await until(lambda: old.ended, "the stream of who signed out ends")
            assert not other.ended
            for _ in range(listeners.BEAT_SECONDS):
                events.listeners.beat(time.monotonic() + stream.STREAM_SECONDS, stream.STREAM_SECONDS)
            await until(lambda: other.ended, "an old stream ends")

    run(test())


def test_a_message_that_is_over_is_not_sent_late(world: World) -> None:
    async def test() -> None:
        reader = Reader()
        async with serving(world) as events:
            async with listening(events, Line(reader)):
                await until(lambda: reader.last is not None, "it listens")
            world.parts.messages.send(
                Message("short", "operators", "ada", NOON, {"title_en": "short"}, expires=NOON + timedelta(minutes=1))
            )
            send(world, "long")
            world.later(minutes=2)
            async with listening(events, Line(reader)):
                await until(lambda: reader.seen, "it comes")
        assert reader.titles == ["long"]

    run(test())
